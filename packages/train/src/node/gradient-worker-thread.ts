/** What runs inside a worker thread of `gradientThread`. */
import { parentPort, workerData } from "node:worker_threads";
import { serveGradients, type TrainingTask } from "../trainer/gradient-workers.ts";

const { module, data } = workerData as { readonly module: string; readonly data: unknown };

if (parentPort !== null) {
  const port = parentPort;
  serveGradients(
    {
      post: (message, transfer) => port.postMessage(message, transfer),
      listen: (onMessage) => {
        port.on("message", onMessage);
      },
    },
    async () => {
      const task = (await import(module)) as { readonly default: (data: unknown) => Promise<TrainingTask> };
      return task.default(data);
    },
  );
}
