export type { Compression } from "./hdf5-writer.ts";
export { type Inspected, inspectNir, type ReadOptions, readNir } from "./read.ts";
export { type WriteOptions, writeNir } from "./write.ts";
