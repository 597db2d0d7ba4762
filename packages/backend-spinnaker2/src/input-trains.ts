/** A sample as spike lists: what the chip's sources send. */
import {
  type Events,
  NirkitError,
  type SpikeInput,
  sameShape,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { s2Diagnostic } from "./diagnostics.ts";
import type { SpikeTrain } from "./engine/population-engine.ts";
import type { S2Mapping, S2Port } from "./map/mapping.ts";

/** Spikes by population, all over the same steps. */
export interface InputTrains {
  readonly steps: number;
  readonly trains: ReadonlyMap<number, SpikeTrain>;
}

/**
 * The spike lists of a sample.
 *
 * @throws E_S2_SHAPE, E_S2_INPUT_RANGE where a value is not 0 or 1; option `encode: clip` makes counts above 1 one spike
 */
export function inputTrains({ inputs, options }: S2Mapping, input: SpikeInput): InputTrains {
  const trains = new Map<number, SpikeTrain>();
  let steps: number | undefined;
  const shapeError = (port: string, found: string, expected: string): NirkitError =>
    new NirkitError([s2Diagnostic("E_S2_SHAPE", `inputs.${port}`, { found, expected })]);
  for (const name of input.keys())
    if (!inputs.some((port) => port.name === name))
      throw shapeError(name, "There is no such input", inputs.map((port) => port.name).join(", "));
  for (const port of inputs) {
    const data = input.get(port.name);
    if (data === undefined) throw shapeError(port.name, "There is no data", `[T, ${port.shape.join(", ")}]`);
    const own = "steps" in data ? data.steps : (data.shape[0] ?? 0);
    const shape = "steps" in data ? data.shape : data.shape.slice(1);
    if (!sameShape(shape, port.shape))
      throw shapeError(port.name, `Data of shape [T, ${shape.join(", ")}]`, `[T, ${port.shape.join(", ")}]`);
    steps ??= own;
    if (own !== steps) throw shapeError(port.name, `${own} steps`, `${steps}, as of the other inputs`);
    const clips = options.encode === "clip";
    const train = "steps" in data ? eventTrain(port, data, clips) : tensorTrain(port, data, clips);
    trains.set(port.populations[0] ?? 0, train);
  }
  return { steps: steps ?? 0, trains };
}

function tensorTrain(port: S2Port, data: Tensor, clips: boolean): SpikeTrain {
  const values = toFloat64(data);
  const size = sizeOf(port.shape);
  const steps = data.shape[0] ?? 0;
  const start = new Uint32Array(steps + 1);
  const index: number[] = [];
  const wrong = values.filter((value) => !isSpike(value, clips));
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < size; i++) {
      const value = values[t * size + i] as number;
      if (!isSpike(value, clips)) throw notBinary(port, value, t, i, wrong.length);
      if (value > 0) index.push(i);
    }
    start[t + 1] = index.length;
  }
  return { start, index: Uint32Array.from(index) };
}

function eventTrain(port: S2Port, { steps, start: from, index, value }: Events, clips: boolean): SpikeTrain {
  const start = new Uint32Array(steps + 1);
  const kept: number[] = [];
  const size = sizeOf(port.shape);
  for (let t = 0; t < steps; t++) {
    let last = -1;
    for (let k = from[t] as number; k < (from[t + 1] as number); k++) {
      const at = index[k] as number;
      const count = (value === undefined ? 1 : (value[k] as number)) + (at === last ? 1 : 0);
      if (at >= size || at < last || !isSpike(count, clips)) throw notBinary(port, count, t, at, 1);
      if (count > 0 && at !== last) kept.push(at);
      last = at;
    }
    start[t + 1] = kept.length;
  }
  return { start, index: Uint32Array.from(kept) };
}

function isSpike(value: number, clips: boolean): boolean {
  return value === 0 || value === 1 || (clips && value > 1 && Number.isInteger(value));
}

function notBinary(port: S2Port, value: number, step: number, neuron: number, count: number): NirkitError {
  const found = `Input ${neuron} has ${value} in step ${step}, a spike list holds 0 or 1`;
  return new NirkitError([s2Diagnostic("E_S2_INPUT_RANGE", `inputs.${port.name}`, { found, count })]);
}
