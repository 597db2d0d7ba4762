/**
 * Batch normalisation as NIR can carry it, y = s ⊙ x + c in an Affine with a diagonal weight, taken into the weights
 * before it. A diagonal weight that spikes arrive at is a weight as any other and stays.
 */
import {
  type Affine,
  broadcastTo,
  type Linear,
  type NirGraph,
  type NirNode,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { editNested, type NestedEdits } from "./edit-nested.ts";

type Dense = Affine | Linear;

/**
 * Folds every diagonal Affine or Linear whose sources are dense weights that feed it alone: W' = s·W, b' = s·b + c.
 *
 * @example W [[1, 2], [3, 4]], b [1, 1], then diag(2, 4), c [5, 6]: W' [[2, 4], [12, 16]], b' [7, 10]
 */
export function foldDiagonal(graph: NirGraph): NirGraph {
  let result = graph;
  for (;;) {
    const flat = result.flatten();
    const found = [...flat.nodes()].find(([path, node]) => isFoldable(flat, path, node));
    if (found === undefined) return result;
    result = editNested(result, foldOne(flat, found[0]));
  }
}

function isFoldable(flat: NirGraph, path: string, node: NirNode): boolean {
  if (!isDense(node)) return false;
  const sources = flat.predecessors(path);
  // One source alone: with several the shift would be added once for each.
  const [source] = sources;
  if (source === undefined || sources.length !== 1 || source === path) return false;
  const before = flat.node(source);
  return (
    isDense(before) &&
    before.weight.shape.length === 2 &&
    flat.successors(source).length === 1 &&
    isDiagonal(node)
  );
}

function isDense(node: NirNode): node is Dense {
  return node.type === "Affine" || node.type === "Linear";
}

function isDiagonal(node: Dense): boolean {
  const [n = 0, m = 0] = node.weight.shape;
  if (node.weight.shape.length !== 2 || n !== m) return false;
  const { data } = node.weight;
  // The first entry beside the diagonal decides for almost every weight.
  if (n > 1 && Number(data[1]) !== 0) return false;
  return toFloat64(node.weight).every((w, i) => w === 0 || i % (n + 1) === 0);
}

function foldOne(flat: NirGraph, path: string): NestedEdits {
  const diagonal = flat.node(path) as Dense;
  const source = flat.predecessors(path)[0] as string;
  const before = flat.node(source) as Dense;
  const [rows = 1, columns = 1] = before.weight.shape;
  const factors = toFloat64(diagonal.weight);
  const factor = (row: number): number => factors[row * (rows + 1)] ?? 1;
  const weight = toFloat64(before.weight).map((w, i) => w * factor(Math.floor(i / columns)));
  const biasOf = (node: Dense): Float64Array =>
    node.type === "Affine" ? toFloat64(broadcastTo(node.bias, [rows])) : new Float64Array(rows);
  const [old, shift] = [biasOf(before), biasOf(diagonal)];
  const bias = old.map((b, row) => b * factor(row) + (shift[row] ?? 0));
  const dtype = before.weight.dtype === "float64" ? "float64" : "float32";
  const folded = { ...before, weight: tensor(dtype, before.weight.shape, weight) };
  const withBias = before.type === "Affine" || diagonal.type === "Affine";
  return new Map<string, NirNode | undefined>([
    [source, withBias ? { ...folded, type: "Affine", bias: tensor(dtype, [rows], bias) } : folded],
    [path, undefined],
  ]);
}
