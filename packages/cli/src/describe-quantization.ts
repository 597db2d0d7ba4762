/** Integers of a quantized network, node by node, as data and in words. */
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import {
  type IntegerLeak,
  type NeuronArithmetic,
  type QuantizedInput,
  readQuantized,
} from "@nirkit/quantize";
import { percent } from "./table.ts";

/** Weights of one node. */
interface WeightPrecision {
  readonly scheme: string;
  readonly bits: number;
  /** Axis with one scale per index; null for one scale. */
  readonly axis: number | null;
  readonly weights: number;
  readonly zeroFraction: number;
}

/** What the annotations of a network say. */
export interface Precision {
  readonly dt?: number;
  readonly weights: ReadonlyMap<string, WeightPrecision>;
  readonly neurons: ReadonlyMap<string, NeuronArithmetic>;
  readonly inputs: ReadonlyMap<string, QuantizedInput>;
  /** Why the integers cannot be used: they do not belong to the weights any more, or are damaged. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the annotations of a graph; undefined where it has none. */
export function precisionOf(graph: NirGraph): Precision | undefined {
  if (!graph.metadata.has("nirkit:graph")) return undefined;
  try {
    const { dt, weights, neurons, inputs, diagnostics } = readQuantized(graph);
    return {
      dt,
      weights: new Map(
        [...weights].map(([path, { weight }]) => {
          const { scheme, bits, axis, ints, stats } = weight;
          return [path, { scheme, bits, axis, weights: ints.length, zeroFraction: stats.zeroFraction }];
        }),
      ),
      neurons: new Map([...neurons].map(([path, { arithmetic }]) => [path, arithmetic])),
      inputs,
      diagnostics,
    };
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    return { weights: new Map(), neurons: new Map(), inputs: new Map(), diagnostics: error.diagnostics };
  }
}

/**
 * Integers of one node in words, empty for a node without.
 *
 * @example "uniform:4/axis0", "zeros 14.1 %"
 * @example "state 14 bits (4 fraction)", "leak (U * 3890) >> 12 zero", "reset subtract", "compare ge"
 */
export function precisionText(precision: Precision | undefined, path: string): readonly string[] {
  const weight = precision?.weights.get(path);
  if (weight !== undefined) {
    const { scheme, bits, axis, weights, zeroFraction } = weight;
    const per = axis === null ? "" : `/axis${axis}`;
    return [`${scheme}:${bits}${per}`, `zeros ${percent(zeroFraction * weights, weights)}`];
  }
  const neuron = precision?.neurons.get(path);
  if (neuron !== undefined) return neuronText(neuron);
  const input = precision?.inputs.get(path);
  if (input === undefined) return [];
  const { bits, signed, scale } = input;
  return bits === 1 && !signed && scale === 1
    ? ["spikes"]
    : [`input ${bits} bits${signed ? " signed" : ""}`, `scale ${Number(scale.toPrecision(4))}`];
}

function neuronText(neuron: NeuronArithmetic): readonly string[] {
  const { stateBits, fracBits, leak, synLeak, reset, compare, overflow } = neuron;
  return [
    `state ${stateBits} bits${fracBits === 0 ? "" : ` (${fracBits} fraction)`}`,
    `leak ${leakText(leak, "U")}`,
    ...(synLeak.form === "none" ? [] : [`synapse ${leakText(synLeak, "I")}`]),
    `reset ${reset}`,
    `compare ${compare}`,
    ...(overflow === "sat" ? [] : [`overflow ${overflow}`]),
  ];
}

function leakText(leak: IntegerLeak, state: string): string {
  if (leak.form === "none") return "none";
  if (leak.form === "shift") return `${state} - (${state} >> ${leak.shift})`;
  const factor = typeof leak.mul === "number" ? String(leak.mul) : "per neuron";
  return `(${state} * ${factor}) >> ${leak.shift} ${leak.round}`;
}
