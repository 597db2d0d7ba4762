/** What runs inside a worker thread of `batchThread`. */
import { parentPort, workerData } from "node:worker_threads";
import { serveBatches } from "../batch/worker-batches.ts";
import type { DatasetOptions } from "../dataset/dataset-options.ts";
import { openDataset } from "./open-dataset.ts";

const { argument, options } = workerData as { readonly argument: string; readonly options: DatasetOptions };

if (parentPort !== null) {
  const port = parentPort;
  serveBatches(
    {
      post: (message, transfer) => port.postMessage(message, transfer),
      listen: (onMessage) => {
        port.on("message", onMessage);
      },
    },
    () => openDataset(argument, options),
  );
}
