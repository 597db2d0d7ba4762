export { batchThread } from "./batch-threads.ts";
export { filePieces, folderFiles } from "./folder-files.ts";
export { openDataset } from "./open-dataset.ts";
