/** Probes: which signals of which populations are kept, and of which steps. */
import { NirkitError, type RecordSpec, type Shape, type Signal, sizeOf, type Tensor } from "@nirkit/graph";
import { networkDiagnostic } from "../diagnostics.ts";
import type { Accumulator } from "../fan-out.ts";
import type { Network, Population } from "../network.ts";

/** What to record, and of which steps: all by default. */
export interface NetworkRecordSpec extends RecordSpec {
  /** Every n-th step, counted from `from`; 1 by default. */
  readonly every?: number;
  /** First step. */
  readonly from?: number;
  /** One past the last step. */
  readonly to?: number;
}

/** One kept signal. */
export interface Recorder {
  readonly population: string;
  readonly signal: Signal;
  readonly tensor: Tensor;
  /** Row of the tensor that step t goes to, or −1 where it is not kept. */
  row(t: number): number;
}

/** Rows of a window of steps. */
interface StepWindow {
  readonly rows: number;
  row(t: number): number;
}

/**
 * The window of a record over a number of steps.
 *
 * @throws E_RECORD_WINDOW for numbers that make no window
 * @example every 3 from 2 over 10 steps: steps 2, 5 and 8
 */
function stepWindow(spec: Pick<NetworkRecordSpec, "every" | "from" | "to">, steps: number): StepWindow {
  const { every = 1, from = 0, to = steps } = spec;
  if (![every, from, to].every(Number.isSafeInteger) || every < 1 || from < 0 || to < from)
    throw new NirkitError([networkDiagnostic("E_RECORD_WINDOW", "record", { every, from, to })]);
  const end = Math.min(to, steps);
  const rows = Math.max(0, Math.ceil((end - from) / every));
  return { rows, row: (t) => (t < from || t >= end || (t - from) % every !== 0 ? -1 : (t - from) / every) };
}

/** Which signals a population has, and whether they may pass int32 (float64 then). */
export type SignalWidth = (population: Population, signal: Signal) => "int32" | "float64" | undefined;

/**
 * One recorder per listed signal that exists.
 *
 * @throws E_UNKNOWN_POPULATION, E_RECORD_WINDOW
 */
export function createRecorders(
  network: Network,
  spec: NetworkRecordSpec | undefined,
  steps: number,
  widthOf: SignalWidth,
): Recorder[] {
  if (spec === undefined) return [];
  const known = network.populations.map(({ name }) => name);
  if (spec.nodes !== "all")
    for (const name of spec.nodes)
      if (!known.includes(name))
        throw new NirkitError([networkDiagnostic("E_UNKNOWN_POPULATION", "record.nodes", { name, known })]);
  const { rows, row } = stepWindow(spec, steps);
  return network.populations
    .filter(({ name }) => spec.nodes === "all" || spec.nodes.includes(name))
    .flatMap((population) =>
      spec.signals.flatMap((signal): Recorder[] => {
        const width = widthOf(population, signal);
        if (width === undefined) return [];
        const tensor = integerTensor(width === "float64", [rows, ...population.shape]);
        return [{ population: population.name, signal, tensor, row }];
      }),
    );
}

/** Copies one step into its row. */
export function recordStep({ tensor, row }: Recorder, t: number, values: Accumulator): void {
  const at = row(t);
  if (at >= 0) (tensor.data as Int32Array | Float64Array).set(values, at * values.length);
}

/** A tensor of integers: int32, or float64 where the static bound passes 2^31 − 1. */
export function integerTensor(isWide: boolean, shape: Shape): Tensor {
  const size = sizeOf(shape);
  return isWide
    ? { dtype: "float64", shape, data: new Float64Array(size) }
    : { dtype: "int32", shape, data: new Int32Array(size) };
}
