/** A pool of worker threads. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { createSimulatorPool, type PoolWorker, type SimulatorPool } from "../pool.ts";
import type { Simulator } from "../simulator.ts";

/** How many threads. */
export interface PoolOptions {
  /** As many as the machine runs at once when absent. */
  readonly workers?: number;
}

/**
 * Opens the network of a simulator in worker threads of this process; close the pool to let the process end.
 *
 * @example
 * const pool = openSimulatorPool(simulator, { workers: 4 });
 * const traces = await pool.runBatch(samples);
 * await pool.close();
 */
export function openSimulatorPool(
  simulator: Simulator,
  { workers = availableParallelism() }: PoolOptions = {},
): SimulatorPool {
  return createSimulatorPool(
    simulator,
    Array.from({ length: Math.max(1, Math.floor(workers)) }, startThread),
  );
}

function startThread(): PoolWorker {
  // Run from source, the worker is source too, and so are the packages it needs.
  const fromSource = import.meta.url.endsWith(".ts");
  const script = new URL(fromSource ? "./pool-thread.ts" : "./pool-thread.js", import.meta.url);
  const worker = new Worker(script, fromSource ? { execArgv: ["--conditions=@nirkit/source"] } : {});
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage: (listen) => void worker.on("message", listen),
    onError: (listen) => void worker.on("error", listen),
    terminate: () => worker.terminate(),
  };
}
