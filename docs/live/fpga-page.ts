/** The page's side of the worker: one request at a time, and a stop that ends the thread. */
import type { FpgaAnswer, FpgaRequest } from "./fpga-worker.ts";

/** A running worker. */
export interface FpgaWorker {
  ask(request: FpgaRequest): Promise<FpgaAnswer>;
  stop(): void;
}

/** Starts the thread. */
export function startFpgaWorker(): FpgaWorker {
  const worker = new Worker(new URL("./fpga-worker.ts", import.meta.url), { type: "module" });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<FpgaAnswer>) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
        worker.postMessage(request);
      }),
    stop: () => worker.terminate(),
  };
}
