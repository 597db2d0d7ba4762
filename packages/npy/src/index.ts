export { crc32 } from "./crc32.ts";
export type { NpyArray, NpyData, NpyDType } from "./dtype.ts";
export { readNpy, writeNpy } from "./npy.ts";
export { type NpyCode, NpyError } from "./npy-error.ts";
export { type ReadNpzOptions, readNpz, writeNpz } from "./npz.ts";
export { readNpyRecords } from "./records.ts";
export { unzipEntry } from "./zip.ts";
export { readZipDirectory, type ZipEntry } from "./zip-directory.ts";
