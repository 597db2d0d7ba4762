/** From values to spikes. */
import type { Events, Shape, Tensor } from "@nirkit/graph";
import { sizeOf } from "@nirkit/graph";
import { type Random, roundHalfEven } from "@nirkit/integer";
import { eventsError } from "../diagnostics.ts";
import { naturalLog } from "./natural-log.ts";

/** Values of one sample, row-major. */
export interface Values {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

const maxSteps = 10_000_000;

function assertInput({ shape, data }: Values, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > maxSteps)
    throw eventsError("E_ENCODE", "steps", {
      why: `${steps} steps`,
      hint: `It is an integer of 1 to ${maxSteps}`,
    });
  if (sizeOf(shape) !== data.length)
    throw eventsError("E_ENCODE", "data", {
      why: `Shape [${shape}] holds ${sizeOf(shape)} values, there are ${data.length}`,
    });
}

function refuseValue(index: number, value: number, expected: string): Error {
  return eventsError("E_ENCODE", `data[${index}]`, {
    why: `The value is ${value}`,
    hint: `Expected is ${expected}`,
  });
}

/** Collects spikes step by step. */
class Rows {
  readonly #index: number[] = [];
  readonly #start: Uint32Array;
  constructor(steps: number) {
    this.#start = new Uint32Array(steps + 1);
  }
  spike(cell: number): void {
    this.#index.push(cell);
  }
  endStep(step: number): void {
    this.#start[step + 1] = this.#index.length;
  }
  events(shape: Shape): Events {
    return { steps: this.#start.length - 1, shape, start: this.#start, index: Uint32Array.from(this.#index) };
  }
}

/**
 * Rate code: in every step each value v of [0, 1] spikes with probability v (Bernoulli), one draw per value and step,
 * steps first.
 *
 * @throws E_ENCODE for values outside [0, 1]
 */
export function encodeRate(values: Values, steps: number, random: Random): Events {
  assertInput(values, steps);
  const { data, shape } = values;
  assertUnit(data);
  const rows = new Rows(steps);
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < data.length; i++) if (random.uniform() < (data[i] as number)) rows.spike(i);
    rows.endStep(step);
  }
  return rows.events(shape);
}

function assertUnit(data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!(value >= 0 && value <= 1)) throw refuseValue(i, value, "0 to 1");
  }
}

/** Options of {@link encodeLatency}. */
export type LatencyOptions =
  | { readonly kind?: "linear" }
  /** Time to threshold of a membrane that is charged by v: tau ln(v / (v - theta)) steps. */
  | { readonly kind: "log"; readonly tau: number; readonly theta: number };

/**
 * Latency code: one spike per value, the earlier the larger it is. Linear: step round((1 - v)(steps - 1)), ties to the
 * even step; 0 does not spike. Logarithmic: floor(tau ln(v / (v - theta))); values up to theta, and spikes behind the
 * last step, are left out. The logarithm is nirkit's own, so that engines agree.
 *
 * @throws E_ENCODE for values outside [0, 1]
 */
export function encodeLatency(values: Values, steps: number, options: LatencyOptions = {}): Events {
  assertInput(values, steps);
  const { data, shape } = values;
  assertUnit(data);
  const at = new Int32Array(data.length).fill(-1);
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (options.kind === "log") {
      const step = v > options.theta ? Math.floor(options.tau * naturalLog(v / (v - options.theta))) : -1;
      at[i] = step < steps ? step : -1;
    } else if (v > 0) at[i] = roundHalfEven((1 - v) * (steps - 1));
  }
  const rows = new Rows(steps);
  const order = Uint32Array.from(at, (_, i) => i).sort(
    (a, b) => (at[a] as number) - (at[b] as number) || a - b,
  );
  let next = 0;
  while (next < order.length && (at[order[next] as number] as number) < 0) next++;
  for (let step = 0; step < steps; step++) {
    for (; next < order.length && at[order[next] as number] === step; next++)
      rows.spike(order[next] as number);
    rows.endStep(step);
  }
  return rows.events(shape);
}

/**
 * Delta modulation of signals over time: a spike each time a value has moved by `threshold` from where it last
 * spiked, several in one step as a count. Shape [2, ...shape]: channel 0 falls, channel 1 rises. The first step sets
 * the start.
 *
 * @param signal [T, ...shape]
 * @throws E_ENCODE
 */
export function encodeDelta(signal: Values, threshold: number): Events {
  const [steps = 0, ...shape] = signal.shape;
  assertInput(signal, steps);
  if (!(threshold > 0 && Number.isFinite(threshold)))
    throw eventsError("E_ENCODE", "threshold", {
      why: `The threshold is ${threshold}`,
      hint: "It is positive",
    });
  const size = sizeOf(shape);
  const level = Float64Array.from({ length: size }, (_, i) => finite(signal.data, i));
  const start = new Uint32Array(steps + 1);
  const [index, value]: [number[], number[]] = [[], []];
  for (let step = 1; step < steps; step++) {
    const counts = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      const moved = Math.trunc((finite(signal.data, step * size + i) - (level[i] as number)) / threshold);
      if (Math.abs(moved) > 32767)
        throw refuseValue(step * size + i, moved, "at most 32767 thresholds a step");
      counts[i] = moved;
      level[i] = (level[i] as number) + moved * threshold;
    }
    for (const [offset, sign] of [
      [0, -1],
      [size, 1],
    ] as const)
      counts.forEach((moved, i) => {
        if (moved * sign <= 0) return;
        index.push(offset + i);
        value.push(moved * sign);
      });
    start[step + 1] = index.length;
  }
  return {
    steps,
    shape: [2, ...shape],
    start,
    index: Uint32Array.from(index),
    value: Int16Array.from(value),
  };
}

function finite(data: ArrayLike<number>, i: number): number {
  const value = data[i] as number;
  if (!Number.isFinite(value)) throw refuseValue(i, value, "a finite number");
  return value;
}

/** Direct (analogue) code: the values themselves in every step, float32 [T, ...shape]. @throws E_ENCODE */
export function encodeDirect(values: Values, steps: number): Tensor<"float32"> {
  assertInput(values, steps);
  const { data, shape } = values;
  const once = Float32Array.from({ length: data.length }, (_, i) => finite(data, i));
  const repeated = new Float32Array(data.length * steps);
  for (let step = 0; step < steps; step++) repeated.set(once, step * once.length);
  return { dtype: "float32", shape: [steps, ...shape], data: repeated };
}

/** Options of {@link encodePhase}. */
export interface PhaseOptions {
  /** Value that spikes in every step; 16 when absent (pixels of 4 bits). */
  readonly level?: number;
  /** Where the accumulator starts; half the level when absent. */
  readonly start?: number;
}

/**
 * Phase code: an integer accumulator per value adds it in every step, spikes at `level` and subtracts it. Exact, with
 * no chance in it: after T steps of value v there are floor((start + T v) / level) spikes.
 *
 * @param values integers of 0 … level
 * @throws E_ENCODE
 */
export function encodePhase(values: Values, steps: number, options: PhaseOptions = {}): Events {
  assertInput(values, steps);
  const { level = 16 } = options;
  const { start = Math.floor(level / 2) } = options;
  const { data, shape } = values;
  if (!Number.isInteger(level) || level < 1 || !Number.isInteger(start) || start < 0 || start >= level)
    throw eventsError("E_ENCODE", "level", {
      why: `Level ${level}, start ${start}`,
      hint: "Both are integers, 0 <= start < level",
    });
  const state = new Float64Array(data.length).fill(start);
  const rows = new Rows(steps);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!Number.isInteger(value) || value < 0 || value > level)
      throw refuseValue(i, value, `an integer of 0 to ${level}`);
  }
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < data.length; i++) {
      const sum = (state[i] as number) + (data[i] as number);
      if (sum >= level) rows.spike(i);
      state[i] = sum >= level ? sum - level : sum;
    }
    rows.endStep(step);
  }
  return rows.events(shape);
}
