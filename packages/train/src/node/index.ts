export { type CheckpointFolderOptions, checkpointFolder } from "./checkpoint-folder.ts";
