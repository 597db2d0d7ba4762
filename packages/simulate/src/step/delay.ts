/** Delay: y[t] = x[t - k] per element, 0 before the first sample. */
import { InternalError, NirkitError, sizeOf } from "@nirkit/graph";
import { simulateDiagnostic } from "../diagnostics.ts";
import { type FloatArray, floats } from "../float-array.ts";
import { type History, noSignals, type Step, type StepContext } from "./step.ts";

/** Most values that the buffer of one Delay may hold: 2 GiB of float64. */
const mostValues = 2 ** 28;

/**
 * A ring buffer with one row per step. With all delays at least one step the output is known before the input
 * (`emit`), which is how a loop through the node runs; otherwise elements of delay 0 pass through.
 *
 * The buffer never has more rows than the sample has steps (and what was carried over), however long the delay.
 *
 * @throws E_DELAY_MEMORY when a run starts that would need more than 2^28 values
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
  let total = 0;
  let loaded = 0;
  let ring: FloatArray = floats(context.precision, 0);
  const allocate = (): void => {
    rows = Math.min(longest, total + loaded) + 1;
    if (rows * size > mostValues)
      throw new NirkitError([
        simulateDiagnostic("E_DELAY_MEMORY", `nodes.${context.name}.delay`, {
          steps: longest,
          values: rows * size,
        }),
      ]);
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
    save: (t) => {
      const count = Math.min(longest, t + loaded);
      const saved = floats(context.precision, count * size);
      for (let k = count; k >= 1; k--)
        saved.set(ring.subarray(rowOf(t - k), rowOf(t - k) + size), (count - k) * size);
      return saved;
    },
    load: (values) => {
      loaded = size === 0 ? 0 : Math.min(longest, values.length / size);
      allocate();
      const first = values.length - loaded * size;
      for (let k = 1; k <= loaded; k++) {
        const from = first + (loaded - k) * size;
        ring.set(values.subarray(from, from + size), rowOf(-k));
      }
    },
  };
  const reset = (steps: number): void => {
    total = steps;
    loaded = 0;
    allocate();
  };
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
