export { npyFolderSink } from "./npy-folder-sink.ts";
export { openSimulatorPool, type PoolOptions } from "./thread-pool.ts";
