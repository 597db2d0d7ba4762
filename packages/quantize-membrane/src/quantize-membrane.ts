/** New membrane grids for a graph that is quantised already, as a function and as a pass. */
import {
  type Diagnostic,
  definePass,
  isNeuron,
  type NirGraph,
  NirkitError,
  type NirNode,
  type Pass,
  type PassResult,
  toFloat64,
} from "@nirkit/graph";
import {
  annotateNeuron,
  bitsMembrane,
  type MembraneScheme,
  type NeuronArithmetic,
  type QuantizedNeuron,
  quantizeDiagnostic,
  readQuantized,
} from "@nirkit/quantize";
import * as z from "zod";
import { imSnnMembrane } from "./im-snn.ts";
import { mintMembrane } from "./mint.ts";

/** What is stored of one population after the change. */
export interface MembraneReport {
  readonly path: string;
  readonly neurons: number;
  readonly stateBits: number;
  readonly storedBits: number;
  /** Number of levels; absent where every integer of the range may be stored. */
  readonly levels?: number;
  readonly vMin: number;
  readonly vMax: number;
}

/** The changed graph, and one report per population. */
export interface MembraneResult extends PassResult {
  readonly report: readonly MembraneReport[];
}

/**
 * Gives the spiking neurons of a quantised graph another grid; thresholds, leaks and weights stay as they are.
 *
 * Fractional bits stay too: to have them chosen for the grid, quantise with the driver's option `membrane` instead.
 *
 * @param scheme a number of bits, or a scheme
 * @throws E_NOT_QUANTIZED and what `readQuantized` finds; E_MEMBRANE_GRID, E_STATE_TOO_NARROW; E_STATE_OVERFLOW for neurons
 *   whose states wrap around
 * @example quantizeMembrane(graph, 8)
 */
export function quantizeMembrane(graph: NirGraph, scheme: number | MembraneScheme): MembraneResult {
  const view = readQuantized(graph);
  const grid = typeof scheme === "number" ? bitsMembrane(scheme) : scheme;
  const report: MembraneReport[] = [];
  const found: Diagnostic[] = [];
  const change = (node: NirNode, path: string): NirNode => {
    if (node.type === "NIRGraph")
      return "graph" in node ? { ...node, graph: changeAll(node.graph, `${path}/`) } : node;
    const quantized = view.neurons.get(path);
    if (quantized === undefined || !isNeuron(node) || !("vThreshold" in node)) return node;
    try {
      const size = toFloat64(node.vThreshold).length;
      const { neuron, one } = regrid(quantized, grid, path, size);
      report.push(one);
      return annotateNeuron(node, neuron);
    } catch (cause) {
      if (!(cause instanceof NirkitError)) throw cause;
      found.push(...cause.diagnostics);
      return node;
    }
  };
  const changeAll = (part: NirGraph, prefix: string): NirGraph =>
    part.with({
      setNodes: [...part.nodes()].map(([name, node]) => [name, change(node, `${prefix}${name}`)]),
    });
  const changed = changeAll(graph, "");
  if (found.length > 0) throw new NirkitError(found);
  return { graph: changed, diagnostics: [], report };
}

function regrid(
  quantized: QuantizedNeuron,
  scheme: MembraneScheme,
  path: string,
  neurons: number,
): { readonly neuron: QuantizedNeuron; readonly one: MembraneReport } {
  const { arithmetic, theta, vReset, stateScale } = quantized;
  const place = `nodes.${path}`;
  if (arithmetic.overflow === "wrap")
    throw new NirkitError([
      quantizeDiagnostic("E_STATE_OVERFLOW", place, { stateBits: arithmetic.stateBits, needed: undefined }),
    ]);
  const { fracBits } = arithmetic;
  const { storedBits, ...grid } = scheme.grid({ path: place, theta, vReset, fracBits, stateScale });
  const { stateLevels: _old, ...rest } = arithmetic;
  const next: NeuronArithmetic = { ...rest, ...grid };
  const { stateBits, vMin, vMax, stateLevels } = grid;
  const levels = stateLevels === undefined ? {} : { levels: stateLevels.length };
  return {
    neuron: { ...quantized, arithmetic: next },
    one: { path, neurons, stateBits, storedBits, vMin, vMax, ...levels },
  };
}

/** Options of {@link quantizeMembranePass}. */
export interface MembraneOptions {
  readonly kind: "bits" | "im-snn" | "mint";
  /** For kinds bits and mint. */
  readonly bits: number;
  /** For kind im-snn. */
  readonly lowest: number;
}

/** A scheme by its words. @throws E_BAD_OPTION */
export function membraneScheme({ kind, bits, lowest }: MembraneOptions): MembraneScheme {
  if (kind === "im-snn") return imSnnMembrane({ lowest });
  return kind === "mint" ? mintMembrane(bits) : bitsMembrane(bits);
}

/** Before: states as wide as their bound. After: states on a grid. Text form `quantize-membrane{bits=4}`. */
export const quantizeMembranePass: Pass<MembraneOptions> = definePass<MembraneOptions>({
  name: "quantize-membrane",
  summary: "Stores the membranes of a quantized graph on a grid of few bits",
  options: z.object({
    kind: z.enum(["bits", "im-snn", "mint"]).default("bits").describe("Grid of the stored states"),
    bits: z.number().int().min(2).max(16).default(8).describe("Bits of kinds bits and mint"),
    lowest: z.number().int().max(-1).default(-3).describe("Lowest level of kind im-snn, in thresholds"),
  }),
  run: (graph, options) => quantizeMembrane(graph, membraneScheme(options)),
});
