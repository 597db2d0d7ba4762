/** The page's side of the training thread. */
import type { TrainAnswer, TrainRequest } from "./train-worker.ts";

/** A running worker. */
export interface TrainWorker {
  send(request: TrainRequest): void;
  end(): void;
}

/** Starts the thread; it tells what it has to tell to `listen`. */
export function startTrainWorker(
  listen: (answer: TrainAnswer) => void,
  fail: (message: string) => void,
): TrainWorker {
  const worker = new Worker(new URL("./train-worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<TrainAnswer>) => listen(data);
  worker.onerror = (event) => fail(event.message || "the worker did not start");
  return { send: (request) => worker.postMessage(request), end: () => worker.terminate() };
}
