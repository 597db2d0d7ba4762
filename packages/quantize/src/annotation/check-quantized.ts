/** Says everything that is wrong with a graph's quantisation, without throwing. */
import {
  type Diagnostic,
  hasWeight,
  isNeuron,
  type NirGraph,
  NirkitError,
  type NirNode,
} from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { InputEncoding, QuantizedInput, QuantizedNeuron, QuantizedWeight } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import { checkAccumulators } from "./check-accumulators.ts";
import { readEncoding, readGraphWords, readInput } from "./decode.ts";
import { readNeuron } from "./read-neuron.ts";
import { readWeight } from "./read-weight.ts";

/** What was read, and everything that is to be said about it. */
export interface CheckedGraph {
  readonly dt: number | undefined;
  readonly weights: ReadonlyMap<string, QuantizedWeight>;
  readonly neurons: ReadonlyMap<string, QuantizedNeuron>;
  readonly inputs: ReadonlyMap<string, QuantizedInput>;
  readonly encodings: ReadonlyMap<string, InputEncoding>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Checks every annotation of a graph: versions, weights against their SHA-256 and against fround(scale · int), levels,
 * codes, thresholds, grids, widths, and that the sums fit 32 bits.
 *
 * Levels and codes are checked for the schemes that are given.
 *
 * @returns all diagnostics, errors and warnings
 */
export function checkQuantized(
  graph: NirGraph,
  schemes: readonly AnyQuantizer[] = [],
): readonly Diagnostic[] {
  const checked = readAll(graph, schemes);
  // Sums of integers that could not be read say nothing.
  if (checked.diagnostics.some(({ level }) => level === "error")) return checked.diagnostics;
  return [...checked.diagnostics, ...checkAccumulators(graph, checked)];
}

/** Reads all annotations; what cannot be read is left out and reported. */
export function readAll(graph: NirGraph, schemes: readonly AnyQuantizer[]): CheckedGraph {
  const diagnostics: Diagnostic[] = [];
  const weights = new Map<string, QuantizedWeight>();
  const neurons = new Map<string, QuantizedNeuron>();
  const inputs = new Map<string, QuantizedInput>();
  const encodings = new Map<string, InputEncoding>();
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (cause) {
      if (!(cause instanceof NirkitError)) throw cause;
      diagnostics.push(...cause.diagnostics);
    }
  };
  let dt: number | undefined;
  attempt(() => {
    dt = readGraphWords(graph)?.dt;
    if (dt === undefined)
      diagnostics.push(quantizeDiagnostic("E_NOT_QUANTIZED", "metadata", { type: "The graph" }));
  });
  for (const [path, node] of flatNodes(graph)) {
    const place = `nodes.${path}`;
    attempt(() => {
      if (hasWeight(node)) weights.set(path, readWeight(node, place, schemes, diagnostics));
      else if (isNeuron(node) || node.type === "Threshold") neurons.set(path, readNeuron(node, place));
      else if (node.type === "Input" && !path.includes("/")) {
        const input = readInput(node, place);
        if (input !== undefined) inputs.set(path, input);
        const encoding = readEncoding(node, place);
        if (encoding !== undefined) encodings.set(path, encoding);
      }
    });
  }
  return { dt, weights, neurons, inputs, encodings, diagnostics };
}

function flatNodes(graph: NirGraph, prefix = ""): readonly (readonly [string, NirNode])[] {
  return [...graph.nodes()].flatMap(([name, node]) =>
    node.type === "NIRGraph"
      ? flatNodes(node.graph, `${prefix}${name}/`)
      : [[`${prefix}${name}`, node] as const],
  );
}
