/** Worker threads that compute gradients. */
import { Worker } from "node:worker_threads";
import type { GradientWorker } from "../trainer/gradient-workers.ts";

/**
 * A factory of threads for `gradientWorkers`. Each imports a module and calls its default export with `data` (cloned):
 * it returns the model and the objective, built as those of the thread that trains.
 *
 * @example gradientWorkers({ model, objective, createWorker: gradientThread(new URL("./task.js", import.meta.url)), workers: 1 })
 */
export function gradientThread(module: URL, data?: unknown): () => GradientWorker {
  // In a checkout this file is TypeScript, and so is the thread's; published, both are JavaScript.
  const source = import.meta.url.endsWith(".ts");
  const file = new URL(
    source ? "./gradient-worker-thread.ts" : "./gradient-worker-thread.js",
    import.meta.url,
  );
  const execArgv = source ? ["--conditions=@nirkit/source"] : [];
  return () => {
    const thread = new Worker(file, { workerData: { module: module.href, data }, execArgv });
    let ending = false;
    return {
      post: (message) => thread.postMessage(message),
      listen: (onMessage, onFailure) => {
        thread.on("message", onMessage);
        thread.on("error", (error) => onFailure(error instanceof Error ? error.message : String(error)));
        thread.on("exit", (code) => {
          if (!ending) onFailure(`it ended with code ${code}`);
        });
      },
      terminate: () => {
        ending = true;
        void thread.terminate();
      },
    };
  };
}
