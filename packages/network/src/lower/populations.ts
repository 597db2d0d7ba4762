/** One node of the graph to one population with its projections. */
import { type Diagnostic, type NirNode, type Shape, sizeOf } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { networkDiagnostic } from "../diagnostics.ts";
import type { IntegerNeuron, Population, Projection } from "../network.ts";
import { type BiasPart, biasFractionBits, biasPart, sumBiases } from "./bias.ts";
import { type Draft, draftProjection } from "./draft-projection.ts";
import { float32Neuron, isFloat32Node, realBias } from "./float32-neuron.ts";
import { type Incoming, type LoweringPlan, traceIncoming } from "./incoming.ts";
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
  const parts = biasParts(plan, request, drafts, common.scale);
  const quantized = plan.view.neurons.get(name);
  const found = [...incoming.diagnostics, ...gradedSources(plan, request), ...common.diagnostics];
  if (quantized !== undefined && plan.neuron === "float32" && isFloat32Node(node)) {
    const bias = realBias(plan, incoming.biases, size);
    const weightScale = drafts.length === 0 ? quantized.stateScale : common.scale;
    const made = float32Neuron({
      path: `nodes.${name}`,
      node,
      quantized,
      weightScale: spreadOver(weightScale, size),
      bias,
      dt: plan.view.dt,
    });
    const population = { name, shape: request.shape, neuron: made.neuron, bias: new Int32Array(size) };
    const unit = made.neuron.spiking ? spikes : { scale: made.neuron.stateScale, bound: 2 ** 31 - 1 };
    return { population, projections, unit, diagnostics: [...found, ...made.diagnostics] };
  }
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
function gradedSources(plan: LoweringPlan, request: NodeToLower): Diagnostic[] {
  const { node, incoming } = request;
  const readsAsIs = node.type === "Output" || node.type === "Delay";
  return incoming.paths.flatMap(({ source, weightNode, poolsAfter }) => {
    const isDirect = weightNode === undefined && poolsAfter.length === 0;
    if (isDirect && readsAsIs) return [];
    const type = gradedType(plan, source);
    if (type !== undefined)
      return [
        networkDiagnostic("E_GRADED_SOURCE", `nodes.${source}`, { type, target: weightNode ?? node.type }),
      ];
    // What has one unit per element can be passed on, but not added up.
    const { scale } = request.unitOf(source);
    const odd = isDirect ? -1 : scale.findIndex((s) => s !== scale[0]);
    if (odd < 0) return [];
    const detail = { neuron: odd, scale: scale[odd] ?? 1, otherScale: scale[0] ?? 1, other: "neuron 0" };
    return [networkDiagnostic("E_SCALE_MISMATCH", `nodes.${source}`, detail)];
  });
}

/** The readout that a source is, or that a Delay with unequal entries repeats. */
function gradedType(plan: LoweringPlan, source: string, seen = new Set<string>()): string | undefined {
  const { type } = plan.graph.node(source);
  if (type === "I" || type === "LI" || type === "CubaLI") return type;
  if (type !== "Delay" || seen.has(source)) return undefined;
  seen.add(source);
  for (const path of traceIncoming(plan, source).paths) {
    const found = gradedType(plan, path.source, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withShift(projection: Projection, shift: number): Projection {
  return shift === 0 ? projection : { ...projection, shift };
}

function biasParts(
  plan: LoweringPlan,
  { incoming, shape }: NodeToLower,
  drafts: readonly Draft[],
  common: Float64Array,
): BiasPart[] {
  return incoming.biases.flatMap((bias) => {
    const quantized = plan.view.weights.get(bias.weightNode);
    const draft = drafts.find(({ route }) => route === bias.route);
    return quantized === undefined ? [] : [biasPart(bias, quantized, draft?.scale, common, sizeOf(shape))];
  });
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
  const drive = sum.drafts.reduce((total, draft, k) => total + draft.bound * 2 ** (sum.shifts[k] ?? 0), 0);
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
