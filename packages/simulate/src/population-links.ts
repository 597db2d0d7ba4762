/**
 * Populations and the projections between them, for dialects with `links: one-step`: a projection is one weight node
 * between two populations, or between an Input and a population.
 */
import {
  type Diagnostic,
  isNeuron,
  type NirGraph,
  NirkitError,
  type NirNode,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import { finiteValues, parameter } from "./float-array.ts";
import type { ProjectionScale } from "./step/step.ts";

type WeightNode = Extract<NirNode, { type: "Affine" | "Linear" | "Conv1d" | "Conv2d" }>;

/**
 * The scale of each population, also under the names of the weight nodes that lead to it.
 *
 * weightScale = 127 / max|W| over all projections into a population, with `weightQuant: int8-trunc-127`; else 1.
 *
 * @throws E_DIALECT_NODE for every node that no population or projection is made of, E_SHARED_WEIGHT where one weight
 *   node leads to populations of different scales
 */
export function populationLinks(graph: NirGraph, dialect: Dialect): ReadonlyMap<string, ProjectionScale> {
  const refused: Diagnostic[] = [];
  for (const [name, node] of graph.nodes()) {
    const why = refusal(graph, name, node);
    if (why === undefined) continue;
    const detail = { dialect: dialect.name, type: node.type, why };
    refused.push(simulateDiagnostic("E_DIALECT_NODE", `nodes.${name}`, detail));
  }
  if (refused.length > 0) throw new NirkitError(refused);
  const scales = new Map<string, ProjectionScale>();
  for (const [name, node] of graph.nodes()) {
    if (!isNeuron(node)) continue;
    const weights = weightsInto(graph, name);
    const scale = scaleOf(graph, name, weights, dialect);
    scales.set(name, scale);
    for (const [weight] of weights) {
      const other = scales.get(weight)?.weightScale;
      if (other !== undefined && other !== scale.weightScale)
        throw new NirkitError([
          simulateDiagnostic("E_SHARED_WEIGHT", `nodes.${weight}`, { population: name }),
        ]);
      scales.set(weight, scale);
    }
  }
  return scales;
}

const weightTypes: readonly string[] = ["Affine", "Linear", "Conv1d", "Conv2d"];

function isWeight(node: NirNode): node is WeightNode {
  return weightTypes.includes(node.type);
}

/** Why a node has no place among populations and projections. */
function refusal(graph: NirGraph, name: string, node: NirNode): string | undefined {
  const before = sourcesOf(graph, name).map((other) => graph.node(other));
  switch (node.type) {
    case "Input":
      return before.length > 0 ? "an Input takes nothing in" : undefined;
    case "Output":
      return before.every((other) => isNeuron(other))
        ? undefined
        : "an Output collects the spikes of populations and nothing else";
    case "IF":
    case "LIF":
    case "CubaLIF":
      return before.every(isWeight) ? undefined : "a population takes in what comes through weights";
    case "Affine":
    case "Linear":
    case "Conv1d":
    case "Conv2d":
      return before.some(isWeight) ? "two weight nodes follow each other" : undefined;
    case "Flatten":
      return undefined;
    case "SumPool2d":
      return graph.successors(name).every((other) => graph.node(other).type === "Conv2d")
        ? undefined
        : "a pool is run as part of the convolution behind it, and there is none";
    default:
      return "populations are IF, LIF and CubaLIF, projections Affine, Linear and convolutions";
  }
}

/** What a node takes in, seen through Flatten and SumPool2d. */
function sourcesOf(graph: NirGraph, name: string): readonly string[] {
  const found = new Set<string>();
  const open = [...graph.predecessors(name)];
  const seen = new Set(open);
  for (const other of open) {
    const { type } = graph.node(other);
    if (type !== "Flatten" && type !== "SumPool2d") {
      found.add(other);
      continue;
    }
    for (const before of graph.predecessors(other))
      if (!seen.has(before)) {
        seen.add(before);
        open.push(before);
      }
  }
  return [...found];
}

function weightsInto(graph: NirGraph, population: string): readonly (readonly [string, WeightNode])[] {
  return sourcesOf(graph, population).flatMap((name) => {
    const node = graph.node(name);
    return isWeight(node) ? [[name, node] as const] : [];
  });
}

function scaleOf(
  graph: NirGraph,
  population: string,
  weights: readonly (readonly [string, WeightNode])[],
  dialect: Dialect,
): ProjectionScale {
  const types = graph.types();
  const bias = new Float64Array(sizeOf(types.outputShape(population) ?? []));
  let largest = 0;
  for (const [name, node] of weights) {
    for (const w of finiteValues(node.weight, `nodes.${name}.weight`))
      largest = Math.max(largest, Math.abs(w));
    if (!("bias" in node)) continue;
    const values = broadcastBias(node.bias, node.type, types.outputShape(name) ?? [], name);
    for (const [n, value] of values.entries()) bias[n] = (bias[n] ?? 0) + value;
  }
  const quantized = dialect.weightQuant === "int8-trunc-127" && largest > 0;
  return { weightScale: quantized ? 127 / largest : 1, bias };
}

/** A bias per element of the output; that of a convolution is one value per channel. */
function broadcastBias(bias: Tensor, type: string, shape: readonly number[], name: string): Float64Array {
  if (!type.startsWith("Conv")) return parameter(bias, shape, `nodes.${name}.bias`);
  const perChannel = toFloat64(bias);
  const area = sizeOf(shape.slice(1));
  return Float64Array.from({ length: sizeOf(shape) }, (_, n) => perChannel[Math.floor(n / area)] ?? 0);
}
