/** Times of steps, where there is a clock. */
import type { StepEvent } from "./events.ts";

type Times = Pick<StepEvent, "ms" | "samplesPerSec" | "etaSec">;

/** Times since the last call; the rate is a mean over the last steps. */
export function clockOf(clock: (() => number) | undefined): (samples: number, stepsLeft: number) => Times {
  if (clock === undefined) return () => ({});
  let last = clock();
  let mean: number | undefined;
  return (samples, stepsLeft) => {
    const now = clock();
    const ms = now - last;
    last = now;
    mean = mean === undefined ? ms : 0.9 * mean + 0.1 * ms;
    return { ms, samplesPerSec: (1000 * samples) / Math.max(mean, 1e-3), etaSec: (mean * stepsLeft) / 1000 };
  };
}
