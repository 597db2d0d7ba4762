/** The thread of the page on training. */
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { type TrainChoices, type TrainProgress, trainDigits } from "./train-digits.ts";

/** Requests of the page. */
export type TrainRequest =
  | { readonly kind: "start"; readonly choices: TrainChoices }
  | { readonly kind: "stop" };

/** What the thread tells. */
export type TrainAnswer =
  | { readonly kind: "progress"; readonly progress: TrainProgress; readonly samplesPerSecond: number }
  | { readonly kind: "done"; readonly bytes: Uint8Array; readonly stopped: boolean }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] };

const tell = (answer: TrainAnswer): void => self.postMessage(answer);

/** Milliseconds between two reports, and between two looks at the messages of the page. */
const pause = 100;
let running: AbortController | undefined;

async function train(choices: TrainChoices): Promise<void> {
  const abort = new AbortController();
  running = abort;
  const begin = performance.now();
  let last = begin;
  const listen = async (progress: TrainProgress): Promise<void> => {
    const now = performance.now();
    if (progress.test === undefined && now - last < pause) return;
    last = now;
    const samplesPerSecond = ((progress.step * 50) / (now - begin)) * 1000;
    tell({ kind: "progress", progress, samplesPerSecond });
    // Messages of the page come in when nothing else is to be done.
    await new Promise((resolve) => setTimeout(resolve));
  };
  try {
    const network: NirGraph = await trainDigits(choices, listen, abort.signal);
    tell({ kind: "done", bytes: await writeNir(network), stopped: abort.signal.aborted });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const diagnostics =
      error instanceof NirkitError
        ? error.diagnostics
        : [{ code: "E_LIVE", level: "error", path: "", message } as const];
    tell({ kind: "refused", diagnostics });
  } finally {
    running = undefined;
  }
}

self.addEventListener("message", ({ data }: MessageEvent<TrainRequest>) => {
  if (data.kind === "stop") running?.abort();
  else void train(data.choices);
});
