export type { Compression } from "./hdf5-writer.ts";
export { type Inspected, inspectNir, type ReadOptions, readNir } from "./read.ts";
export type { RepairName } from "./repair.ts";
export {
  type SidecarGraph,
  type SidecarNode,
  type SidecarNumber,
  type SidecarType,
  type SidecarValue,
  sidecar,
} from "./sidecar.ts";
export { type WriteOptions, writeNir, writeNirWithReport } from "./write.ts";
