export {
  readNirDataFile,
  readNirFile,
  type WriteFileOptions,
  writeNirDataFile,
  writeNirFile,
} from "./nir-file.ts";
