/** Delay: y[t] = x[t - k] per element, 0 before the first sample. */
import { InternalError, sizeOf } from "@nirkit/graph";
import { type FloatArray, floats } from "../float-array.ts";
import { type History, noSignals, type Step, type StepContext } from "./step.ts";

/**
 * A ring buffer with one row per step. With all delays at least one step the output is known before the input
 * (`emit`), which is how a loop through the node runs; otherwise elements of delay 0 pass through.
 *
 * The buffer never has more rows than the sample has steps, however long the delay.
 */
export function delayStep(context: StepContext): Step {
  const steps = context.delaySteps;
  const size = sizeOf(context.outputShape);
  if (steps === undefined || steps.length !== size)
    throw new InternalError(
      `Delay ${context.name}: the schedule has no step counts for its ${size} elements`,
    );
  const out = floats(context.precision, size);
  const longest = steps.reduce((a, b) => Math.max(a, b), 0);
  let rows = 1;
  let ring: FloatArray = floats(context.precision, 0);
  const allocate = (count: number): void => {
    rows = count;
    if (ring.length === rows * size) ring.fill(0);
    else ring = floats(context.precision, rows * size);
  };
  // A row is found for every step that an element reaches back to; one that reaches beyond the buffer reads silence.
  const rowOf = (t: number): number => (((t % rows) + rows) % rows) * size;
  const read = (t: number): void => {
    for (let i = 0; i < size; i++) {
      const k = steps[i] ?? 0;
      out[i] = k >= rows ? 0 : (ring[rowOf(t - k) + i] ?? 0);
    }
  };
  const write = (x: FloatArray, t: number): void => ring.set(x, rowOf(t));
  const history: History = {
    length: longest,
    save: (t) => {
      const saved = floats(context.precision, longest * size);
      for (let k = Math.min(longest, rows - 1); k >= 1; k--)
        saved.set(ring.subarray(rowOf(t - k), rowOf(t - k) + size), (longest - k) * size);
      return saved;
    },
    load: (values) => {
      allocate(longest + 1);
      for (let k = 1; k <= longest; k++)
        ring.set(values.subarray((longest - k) * size, (longest - k + 1) * size), rowOf(-k));
    },
  };
  const reset = (total: number): void => allocate(Math.min(longest, total) + 1);
  const base = { out, reset, signals: noSignals, dynamic: true, history };
  if (steps.every((k) => k >= 1)) return { ...base, emit: read, step: write };
  return {
    ...base,
    step: (x, t) => {
      write(x, t);
      read(t);
    },
  };
}
