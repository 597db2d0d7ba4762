export { type CheckpointFolderOptions, checkpointFolder } from "./checkpoint-folder.ts";
export { gradientThread } from "./gradient-threads.ts";
