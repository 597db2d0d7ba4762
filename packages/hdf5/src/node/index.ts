export type { TensorReading } from "./large-arrays.ts";
export {
  inspectNirFile,
  type ReadFileOptions,
  readNirDataFile,
  readNirFile,
  type WriteFileOptions,
  writeNirDataFile,
  writeNirFile,
} from "./nir-file.ts";
