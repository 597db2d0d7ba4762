/** Worker threads that open a data set by name and make batches of it. */
import { Worker } from "node:worker_threads";
import type { BatchWorker } from "../batch/worker-batches.ts";
import type { DatasetOptions } from "../dataset/dataset-options.ts";

/**
 * A factory of threads for `workerBatches`: each opens the data set of an argument `NAME:PATH` itself.
 *
 * @example workerBatches({ ...options, length: dataset.length, createWorker: batchThread("nmnist:data"), workers: 2 })
 */
export function batchThread(argument: string, options: DatasetOptions = {}): () => BatchWorker {
  // In a checkout this file is TypeScript, and so is the thread's; published, both are JavaScript.
  const source = import.meta.url.endsWith(".ts");
  const file = new URL(source ? "./batch-thread.ts" : "./batch-thread.js", import.meta.url);
  const execArgv = source ? ["--conditions=@nirkit/source"] : [];
  return () => {
    const thread = new Worker(file, { workerData: { argument, options }, execArgv });
    return {
      post: (message) => thread.postMessage(message),
      listen: (onMessage, onFailure) => {
        thread.on("message", onMessage);
        thread.on("error", (error) => onFailure(error instanceof Error ? error.message : String(error)));
        thread.on("exit", (code) => onFailure(`it ended with code ${code}`));
      },
      terminate: () => {
        void thread.terminate();
      },
    };
  };
}
