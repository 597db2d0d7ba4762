export type { Compression } from "./hdf5-writer.ts";
export type { Leniency } from "./leniency.ts";
export { checkNirData } from "./observables/check-nir-data.ts";
export { eventsToGrid, type GridToEventsOptions, gridToEvents } from "./observables/convert.ts";
export type {
  NirGraphData,
  NirNodeData,
  Observable,
  TimedEvents,
  TimeGridded,
  ValuedEvents,
} from "./observables/nir-data.ts";
export { readNirData } from "./observables/read-nir-data.ts";
export { type WriteDataOptions, writeNirData } from "./observables/write-nir-data.ts";
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
