/** Parameters of a node in a few words. */
import { isTensor, type NirGraph, type NirNode, sizeOf, type Tensor } from "@nirkit/graph";

/** One parameter tensor of a graph, by node path and wire name. */
export interface NamedTensor {
  readonly node: string;
  readonly name: string;
  readonly tensor: Tensor;
}

/** Every node of a graph and of the graphs inside it, by path (`block/lif`), in file order. */
export function nodesDeep(graph: NirGraph, prefix = ""): readonly (readonly [path: string, node: NirNode])[] {
  return [...graph.nodes()].flatMap(([name, node]) => [
    [`${prefix}${name}`, node] as const,
    ...(node.type === "NIRGraph" ? nodesDeep(node.graph, `${prefix}${name}/`) : []),
  ]);
}

/** Parameter tensors of one node, by wire name. */
export function tensorsOf(path: string, node: NirNode): readonly NamedTensor[] {
  const entries: readonly (readonly [string, unknown])[] =
    "params" in node
      ? [...node.params]
      : Object.entries(node).map(([key, value]) => [wireName(key), value] as const);
  return entries.flatMap(([name, value]) => (isTensor(value) ? [{ node: path, name, tensor: value }] : []));
}

/**
 * Parameters in words: `weight float32 [96, 64] -1.31 … 1.27`, `bias float32 [96] = 0`.
 * A tensor of one repeated value is shown as that value, others with their range.
 */
export function parameterItems(node: NirNode): readonly string[] {
  const tensors = tensorsOf("", node).map(({ name, tensor }) => `${name} ${tensorText(tensor)}`);
  const entries: readonly (readonly [string, unknown])[] =
    "params" in node ? [...node.params] : Object.entries(node);
  const plain = entries.flatMap(([key, value]) => {
    if (
      ["type", "metadata", "shape", "graph", "params"].includes(key) ||
      isTensor(value) ||
      value === undefined
    )
      return [];
    return [`${wireName(key)} ${Array.isArray(value) ? `(${value.join(", ")})` : String(value)}`];
  });
  return [...tensors, ...plain];
}

/** A shape as text: `[2, 34, 34]`; `?` where it is not known. */
export function shapeText(shape: readonly number[] | undefined): string {
  return shape === undefined ? "?" : `[${shape.join(", ")}]`;
}

/** `vThreshold` as the file spells it: `v_threshold`. */
function wireName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function tensorText(tensor: Tensor): string {
  const head = `${tensor.dtype}${tensor.shape.length === 0 ? "" : ` [${tensor.shape.join(", ")}]`}`;
  if (sizeOf(tensor.shape) === 0) return `${head} empty`;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const element of tensor.data) {
    const value = Number(element);
    if (Number.isNaN(value)) return `${head} with NaN`;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least === most ? `${head} = ${short(least)}` : `${head} ${short(least)} … ${short(most)}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
