export { type Inspected, inspectNir, type ReadOptions, readNir } from "./read.ts";
