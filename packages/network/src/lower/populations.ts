/** One node of the graph to one population with its projections. */
import { type Diagnostic, InternalError, type NirNode, type Shape, sizeOf } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import type { QuantTensor } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";
import type { IntegerNeuron, Population, Projection } from "../network.ts";
import { type BiasPart, biasFractionBits, sumBiases } from "./bias.ts";
import type { Incoming, IncomingPath, LoweringPlan } from "./incoming.ts";
import { annotatedNeuron, statelessNeuron } from "./neuron-model.ts";
import { commonScale, spreadOver } from "./scales.ts";

/** What a source counts in, and how large it gets. */
export interface SourceUnit {
  /** Real value of 1, one entry or one per element. */
  readonly scale: Float64Array;
  /** Largest |value| of one step. */
  readonly bound: number;
}

/** A population, its projections and what was wrong. */
export interface LoweredNode {
  readonly population?: Population;
  readonly projections: readonly Projection[];
  readonly unit?: SourceUnit;
  readonly diagnostics: readonly Diagnostic[];
}

/** A node that becomes a population, with its shape and what is known of the sources. */
export interface NodeToLower {
  readonly name: string;
  readonly node: NirNode;
  readonly shape: Shape;
  readonly incoming: Incoming;
  /** What the output of an Input or a population counts in. */
  readonly unitOf: (source: string) => SourceUnit;
}

/** Unit of a spike. */
export const spikes: SourceUnit = { scale: Float64Array.of(1), bound: 1 };
/** Widest sum that a population without state may need. */
const mostSumBits = 48;

/** Lowers a neuron, Threshold or unequal Delay, or the weighted sums in front of an Output. */
export function lowerNode(plan: LoweringPlan, request: NodeToLower): LoweredNode {
  const { name, node, incoming } = request;
  const size = sizeOf(request.shape);
  const drafts = incoming.paths.map((path) => draftProjection(plan, request, path));
  const common = commonScale(drafts, size);
  const projections = drafts.map(({ projection }, k) => withShift(projection, common.shifts[k] ?? 0));
  const parts = biasParts(plan, request, common.scale);
  const quantized = plan.view.neurons.get(name);
  const found = [...incoming.diagnostics, ...gradedSources(plan, request), ...common.diagnostics];
  if (quantized !== undefined && node.type !== "Output" && node.type !== "Delay") {
    const neuron = annotatedNeuron(node, quantized);
    const { bias, diagnostics } = sumBiases(parts, size, neuron.fracBits);
    const population = { name, shape: request.shape, neuron, bias };
    return { population, projections, unit: neuronUnit(neuron), diagnostics: [...found, ...diagnostics] };
  }
  const sum = lowerSum(plan, request, { size, scale: common.scale, parts, drafts, shifts: common.shifts });
  return { ...sum, projections: sum.projections ?? projections, diagnostics: [...found, ...sum.diagnostics] };
}

/** The state of a readout counts in volts of its own; only an Output, or a Delay before one, reads it as it is. */
function gradedSources(plan: LoweringPlan, { node, incoming }: NodeToLower): Diagnostic[] {
  const readsAsIs = node.type === "Output" || node.type === "Delay";
  return incoming.paths.flatMap(({ source, weightNode }) => {
    const { type } = plan.graph.node(source);
    const isGraded = type === "I" || type === "LI" || type === "CubaLI";
    if (!isGraded || (readsAsIs && weightNode === undefined)) return [];
    return [
      networkDiagnostic("E_GRADED_SOURCE", `nodes.${source}`, { type, target: weightNode ?? node.type }),
    ];
  });
}

interface Draft {
  readonly path: string;
  readonly scale: Float64Array;
  readonly projection: Projection;
  readonly bound: number;
}

function draftProjection(plan: LoweringPlan, request: NodeToLower, path: IncomingPath): Draft {
  const unit = request.unitOf(path.source);
  const weights = path.weightNode === undefined ? identityWeights() : weightsOf(plan, path.weightNode);
  const at = `nodes.${path.weightNode ?? path.source}`;
  const size = sizeOf(request.shape);
  const source = path.weightNode === undefined ? spreadOver(unit.scale, size) : unit.scale.slice(0, 1);
  return {
    path: at,
    bound: unit.bound,
    scale: spreadOver(weights.scale, size).map(
      (s, i) => s * path.factor * (source[source.length === 1 ? 0 : i] ?? 1),
    ),
    projection: {
      name: path.weightNode ?? `${path.source}->${request.name}`,
      source: path.source,
      target: request.name,
      op: { kind: path.weightNode === undefined ? "identity" : "dense" },
      weights,
      delay: path.delay,
    },
  };
}

/** readQuantized throws where a weight node carries no integers. */
function weightsOf(plan: LoweringPlan, name: string): QuantTensor {
  const quantized = plan.view.weights.get(name);
  if (quantized === undefined) throw new InternalError(`weights of ${name} passed without integers`);
  return quantized.weight;
}

function identityWeights(): QuantTensor {
  return {
    scheme: "identity",
    bits: 2,
    intBits: 2,
    shape: [1],
    axis: null,
    scale: Float64Array.of(1),
    ints: Int8Array.of(1),
    codes: Uint8Array.of(1),
    dequant: Float32Array.of(1),
    stats: {
      mse: 0,
      sqnrDb: Number.POSITIVE_INFINITY,
      clippedFraction: 0,
      zeroFraction: 0,
      levelHistogram: Uint32Array.of(1),
    },
  };
}

function withShift(projection: Projection, shift: number): Projection {
  return shift === 0 ? projection : { ...projection, shift };
}

function biasParts(plan: LoweringPlan, request: NodeToLower, common: Float64Array): BiasPart[] {
  return request.incoming.biases.flatMap(({ weightNode, factor }) => {
    const quantized = plan.view.weights.get(weightNode);
    if (quantized === undefined) return [];
    const lsb = (quantized.weight.scale[0] ?? 1) * factor * biasUnit(request, weightNode);
    return [{ path: `nodes.${weightNode}`, quantized, shift: exponent(lsb / (common[0] ?? 1)) }];
  });
}

/** A bias counts in the LSB of its projection, which carries the scale of the projection's source. */
function biasUnit(request: NodeToLower, weightNode: string): number {
  const path = request.incoming.paths.find((p) => p.weightNode === weightNode);
  return path === undefined ? 1 : (request.unitOf(path.source).scale[0] ?? 1);
}

/** The ratio is a power of two where commonScale found no mismatch; else the result is not used. */
function exponent(ratio: number): number {
  let shift = 0;
  for (let rest = ratio; rest >= 2 && shift < 31; rest /= 2) shift++;
  return shift;
}

/** Unit of the output of a neuron: spikes, or the state in its finest LSB. */
export function neuronUnit(neuron: IntegerNeuron): SourceUnit {
  if (neuron.spiking) return spikes;
  const bound = Math.max(-neuron.vMin, neuron.vMax);
  return { scale: neuron.stateScale.map((s) => s * 2 ** -neuron.fracBits), bound };
}

interface SumRequest {
  readonly size: number;
  readonly scale: Float64Array;
  readonly parts: readonly BiasPart[];
  readonly drafts: readonly Draft[];
  readonly shifts: readonly number[];
}

/** `sum` in front of an Output, `delay` for a Delay with unequal entries: wide enough that nothing saturates. */
function lowerSum(
  plan: LoweringPlan,
  request: NodeToLower,
  sum: SumRequest,
): Omit<LoweredNode, "projections"> & { readonly projections?: readonly Projection[] } {
  const { name, node, shape } = request;
  const fracBits = biasFractionBits(sum.parts);
  const { bias, diagnostics } = sumBiases(sum.parts, sum.size, fracBits);
  const drive = sum.drafts.reduce(
    (total, draft, k) => total + draftBound(draft, sum.size) * 2 ** (sum.shifts[k] ?? 0),
    0,
  );
  const bound = drive * 2 ** fracBits + bias.reduce((most, b) => Math.max(most, Math.abs(b)), 0);
  const stateBits = 1 + bitLength(Math.min(bound, 2 ** 53));
  const found = [...diagnostics];
  if (stateBits > mostSumBits)
    found.push(
      networkDiagnostic("E_ACC_TOO_WIDE", `nodes.${name}`, {
        quantity: "sum",
        bits: stateBits,
        limit: mostSumBits,
      }),
    );
  const isDelay = node.type === "Delay";
  const model = statelessNeuron(isDelay ? "delay" : "sum", { stateBits, fracBits, scale: sum.scale });
  if (!isDelay) {
    const population = { name, shape, neuron: model, bias };
    return {
      population,
      unit: { scale: model.stateScale.map((s) => s * 2 ** -fracBits), bound },
      diagnostics: found,
    };
  }
  if (bias.some((b) => b !== 0))
    found.push(networkDiagnostic("E_DELAYED_BIAS", `nodes.${name}`, { steps: 0 }));
  // The common part of the delays goes into the projections, so that no cycle of delay 0 remains.
  const steps = plan.delaySteps.get(name) ?? new Int32Array(sum.size);
  const shortest = steps.reduce((a, b) => Math.min(a, b), steps[0] ?? 0);
  const neuron = { ...model, delaySteps: steps.map((k) => k - shortest) };
  return {
    population: { name, shape, neuron, bias: new Int32Array(sum.size) },
    projections: sum.drafts.map(({ projection }, k) =>
      withShift({ ...projection, delay: projection.delay + shortest }, sum.shifts[k] ?? 0),
    ),
    unit: { scale: model.stateScale, bound },
    diagnostics: found,
  };
}

/** Largest |sum| of one projection: its largest row. */
function draftBound({ projection, bound }: Draft, targets: number): number {
  const { ints } = projection.weights;
  if (projection.op.kind === "identity") return bound;
  const row = ints.length / targets;
  let largest = 0;
  for (let i = 0; i < targets; i++) {
    let sum = 0;
    for (let j = 0; j < row; j++) sum += Math.abs(ints[i * row + j] as number);
    largest = Math.max(largest, sum);
  }
  return largest * bound;
}
