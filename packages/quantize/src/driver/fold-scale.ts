/** Folds Scale nodes into the weights next to them, so that a population sees one scale per channel. */
import {
  type Affine,
  type Conv1d,
  type Conv2d,
  hasWeight,
  type Linear,
  type NirGraph,
  NirkitError,
  type Scale,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { editNested, type NestedEdits } from "./edit-nested.ts";

type WeightNode = Affine | Linear | Conv1d | Conv2d;

/**
 * Removes every Scale: behind weights it multiplies their rows and biases, before weights their columns.
 *
 * @throws E_UNSUPPORTED_NODE where a Scale has no weight on one side that it alone belongs to
 * @example W = [[1, 2]], then Scale 0.5: W becomes [[0.5, 1]]
 */
export function foldScale(graph: NirGraph): NirGraph {
  let result = graph;
  for (;;) {
    const flat = result.flatten();
    const found = [...flat.nodes()].find(([, node]) => node.type === "Scale");
    if (found === undefined) return result;
    const [path, node] = found;
    result = editNested(result, foldOne(flat, path, node as Scale));
  }
}

function foldOne(flat: NirGraph, path: string, node: Scale): NestedEdits {
  const factors = toFloat64(node.scale);
  const before = flat.predecessors(path);
  const after = flat.successors(path);
  const weightsBefore = before.map((name) => flat.node(name)).filter(hasWeight);
  if (
    before.length > 0 &&
    weightsBefore.length === before.length &&
    before.every((name) => flat.successors(name).length === 1)
  )
    return new Map([
      ...before.map((name) => [name, scaleRows(flat.node(name) as WeightNode, factors, path)] as const),
      [path, undefined],
    ]);
  const weightsAfter = after.map((name) => flat.node(name)).filter(hasWeight);
  if (
    after.length > 0 &&
    weightsAfter.length === after.length &&
    after.every((name) => flat.predecessors(name).length === 1)
  )
    return new Map([
      ...after.map((name) => [name, scaleColumns(flat.node(name) as WeightNode, factors, path)] as const),
      [path, undefined],
    ]);
  throw refused(path, "neither all its sources nor all its targets are weights that it alone belongs to");
}

function scaleRows(node: WeightNode, factors: Float64Array, path: string): WeightNode {
  const outputs =
    node.type === "Affine" || node.type === "Linear"
      ? (node.weight.shape.at(-2) ?? 1)
      : (node.weight.shape[0] ?? 1);
  const row = perChannel(factors, outputs, path);
  const per = node.weight.data.length / outputs;
  const weight = scaled(node.weight, (i) => row[Math.floor(i / per)] ?? 1);
  if (node.type === "Linear") return { ...node, weight };
  const bias =
    node.bias.data.length === outputs
      ? node.bias
      : tensor("float32", [outputs], new Float64Array(outputs).fill(toFloat64(node.bias)[0] ?? 0));
  return { ...node, weight, bias: scaled(bias, (i) => row[i] ?? 1) };
}

function scaleColumns(node: WeightNode, factors: Float64Array, path: string): WeightNode {
  const dense = node.type === "Affine" || node.type === "Linear";
  const groups = dense ? 1 : node.groups;
  const inputs = dense ? (node.weight.shape.at(-1) ?? 1) : (node.weight.shape[1] ?? 1) * groups;
  const column = perChannel(factors, inputs, path);
  if (dense) return { ...node, weight: scaled(node.weight, (i) => column[i % inputs] ?? 1) };
  const [outputs = 1, perGroup = 1] = node.weight.shape;
  const taps = node.weight.data.length / (outputs * perGroup);
  const weight = scaled(node.weight, (i) => {
    const channel = Math.floor(i / taps) % perGroup;
    const group = Math.floor((Math.floor(i / (taps * perGroup)) * groups) / outputs);
    return column[group * perGroup + channel] ?? 1;
  });
  return { ...node, weight };
}

/** One factor per channel; the factors of one channel must be equal. */
function perChannel(factors: Float64Array, channels: number, path: string): Float64Array {
  if (factors.length === 1) return new Float64Array(channels).fill(factors[0] ?? 1);
  const per = factors.length / channels;
  if (!Number.isInteger(per))
    throw refused(path, `its ${factors.length} factors do not divide among ${channels} channels`);
  return Float64Array.from({ length: channels }, (_, channel) => {
    const run = factors.subarray(channel * per, (channel + 1) * per);
    if (run.some((x) => x !== run[0]))
      throw refused(path, "its factors differ within one channel of a convolution");
    return run[0] ?? 1;
  });
}

function scaled(source: Tensor, factor: (index: number) => number): Tensor {
  return tensor(
    "float32",
    source.shape,
    toFloat64(source).map((x, i) => x * factor(i)),
  );
}

function refused(path: string, why: string): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_UNSUPPORTED_NODE", `nodes.${path}`, {
      type: "Scale",
      why,
      hint: "Multiply its factors into the weights before quantizing",
    }),
  ]);
}
