/** The chip's population and projection semantics for a case of the data format. */
import { NirkitError } from "@nirkit/graph";
import type { Float32Neuron } from "@nirkit/network";
import type { PopulationCase } from "./case/population-case.ts";
import { type ReadCase, readCase } from "./case/read-case.ts";
import { s2Diagnostic } from "./diagnostics.ts";
import {
  type EngineSignal,
  type LargestSum,
  PopulationEngine,
  type SpikeTrain,
} from "./engine/population-engine.ts";

/** How to run a case. */
export interface SimulatePopulationsOptions {
  /** Rounding of the state; the recordings do not tell them apart. Default `separate`. */
  readonly fp?: Float32Neuron["fp"];
  /** Membranes to record: of all populations with neurons, or of those named. Default none. */
  readonly record?: {
    readonly populations: "all" | readonly string[];
    readonly signals: readonly ("v" | "vpre" | "i")[];
  };
}

/** Result of a case, by population name. */
export interface PopulationTrace {
  readonly steps: number;
  /** Neurons by step: of step t `index[start[t] … start[t + 1] − 1]`. */
  readonly spikes: ReadonlyMap<string, SpikeTrain>;
  /** By `population/v` (after the reset), `/vpre` (before the spike test) and `/i` (Ie − Ii): `[T, size]`. */
  readonly records: ReadonlyMap<string, Float32Array | Float64Array>;
  /** The input sum of largest magnitude. */
  readonly largestSum: ReadonlyMap<string, LargestSum>;
}

/** A case made ready to run again and again. */
export interface PopulationSimulator {
  /** One run from the start values; same case, same result. */
  run(options?: Pick<SimulatePopulationsOptions, "record">): PopulationTrace;
}

/**
 * Runs populations and projections as the chip does, spike for spike.
 *
 * Integer weights and input sums, float state; a spike of step t is felt in step t + 1 + delay field.
 *
 * @param given a case of format `nirkit-s2-case/1`; `expected` and other further members are not read
 * @throws E_S2_CASE, E_S2_MODEL, E_S2_REFRACTORY, E_S2_SHAPE, E_S2_INPUT_RANGE, E_S2_WEIGHT_RANGE,
 *   E_S2_WEIGHTS_NOT_INTEGER, E_S2_DELAY_RANGE, E_S2_CONV_DELAY, all that were found; E_S2_OPTION
 * @example simulatePopulations(JSON.parse(text)).spikes.get("field")
 */
export function simulatePopulations(
  given: PopulationCase,
  options: SimulatePopulationsOptions = {},
): PopulationTrace {
  return createPopulationSimulator(given, options).run(options);
}

/** Prepares a case: checked, synapses sorted by source. Throws as {@link simulatePopulations}. */
export function createPopulationSimulator(
  given: PopulationCase,
  { fp = "separate" }: Pick<SimulatePopulationsOptions, "fp"> = {},
): PopulationSimulator {
  if (!roundings.includes(fp)) throw unsuitable("fp", fp, roundings);
  const read = readCase(given, fp);
  const engine = new PopulationEngine(read.populations, read.links);
  return { run: (options = {}) => runCase(read, engine, options) };
}

const roundings: readonly string[] = ["separate", "fused", "float64"];
const signalNames: readonly string[] = ["v", "vpre", "i"];

function unsuitable(option: string, found: string, expected: readonly string[]): NirkitError {
  return new NirkitError([
    s2Diagnostic("E_S2_OPTION", `options.${option}`, { option, found, expected: expected.join(", ") }),
  ]);
}

function runCase(
  { populations, sources, steps }: ReadCase,
  engine: PopulationEngine,
  { record }: SimulatePopulationsOptions,
): PopulationTrace {
  const known = populations.map(({ name }) => name);
  const ghost =
    record?.populations === "all" ? undefined : record?.populations.find((p) => !known.includes(p));
  if (ghost !== undefined) throw unsuitable("record.populations", ghost, known);
  const odd = record?.signals.find((signal) => !signalNames.includes(signal));
  if (odd !== undefined) throw unsuitable("record.signals", odd, signalNames);
  const wanted = populations.flatMap(
    ({ name }, population): { population: number; signal: EngineSignal }[] =>
      record !== undefined && (record.populations === "all" || record.populations.includes(name))
        ? record.signals.map((signal) => ({ population, signal }))
        : [],
  );
  const trace = engine.run(sources, steps, wanted);
  const byName = <T>(values: readonly T[]): Map<string, T> =>
    new Map(populations.map(({ name }, p) => [name, values[p] as T]));
  return {
    steps,
    spikes: byName(trace.spikes),
    records: trace.membranes,
    largestSum: byName(trace.largestSum),
  };
}

/**
 * Spikes as the data format writes them: steps by neuron, silent neurons left out.
 *
 * @example spikeTimes({ start: Uint32Array.of(0, 1, 1, 2), index: Uint32Array.of(4, 4) }) // Map { 4 => [0, 2] }
 */
export function spikeTimes({ start, index }: SpikeTrain): Map<number, number[]> {
  const times = new Map<number, number[]>();
  for (let t = 0; t + 1 < start.length; t++)
    for (let k = start[t] as number; k < (start[t + 1] as number); k++) {
      const neuron = index[k] as number;
      const list = times.get(neuron);
      if (list === undefined) times.set(neuron, [t]);
      else list.push(t);
    }
  return new Map([...times].sort(([a], [b]) => a - b));
}
