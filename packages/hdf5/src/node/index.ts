export { readNirFile, type WriteFileOptions, writeNirFile } from "./nir-file.ts";
