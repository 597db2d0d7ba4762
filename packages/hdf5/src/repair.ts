/** Opt-in repairs of what exporters are known to get wrong; every hint of the H_ codes has one. */
import {
  type Diagnostic,
  type Edge,
  NirGraph,
  NirkitError,
  type NirNode,
  type Shape,
  type Tensor,
  tensorParam,
  type ValidateOptions,
  validateGraph,
} from "@nirkit/graph";
import { hdf5Diagnostic } from "./diagnostics.ts";

/**
 * `transpose-weight` turns `[in, out]` into `[out, in]`; `drop-time-axis` and `drop-batch-axis` remove a leading axis of
 * a shape (the latter also counts the axes of a Flatten without batch); `squeeze-ones` gives an Input or Output the
 * shape of its neighbor; `rename-node` leads a dangling edge to the node of nearly the same name.
 */
export type RepairName =
  | "transpose-weight"
  | "drop-time-axis"
  | "drop-batch-axis"
  | "squeeze-ones"
  | "rename-node";

/** The repair that belongs to a hint. */
const repairs: ReadonlyMap<string, RepairName> = new Map([
  ["H_TRANSPOSED_WEIGHT", "transpose-weight"],
  ["H_TIME_AXIS", "drop-time-axis"],
  ["H_BATCH_AXIS", "drop-batch-axis"],
  ["H_SQUEEZE_ONES", "squeeze-ones"],
  ["H_RENAMED_NODE", "rename-node"],
]);

/** Repairs may uncover the next problem, as a stack of transposed layers does; each is done once per place. */
const mostRounds = 1000;

/**
 * Applies the chosen repairs where a hint calls for them, until none does.
 *
 * @returns the mended graph with one W_REPAIRED per change
 * @throws E_UNKNOWN_REPAIR for a name that is none
 */
export function repairGraph(
  graph: NirGraph,
  chosen: readonly RepairName[],
  options: ValidateOptions,
): { readonly graph: NirGraph; readonly diagnostics: readonly Diagnostic[] } {
  const known = [...repairs.values()];
  for (const name of chosen)
    if (!known.includes(name))
      throw new NirkitError([hdf5Diagnostic("E_UNKNOWN_REPAIR", "/", { name, known })]);
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  let mended = graph;
  for (let round = 0; chosen.length > 0 && round < mostRounds; round++) {
    const step = firstStep(mended, chosen, options, done);
    if (step === undefined) break;
    mended = step.graph;
    done.add(step.key);
    diagnostics.push(hdf5Diagnostic("W_REPAIRED", step.path, { repair: step.repair, what: step.what }));
  }
  return { graph: mended, diagnostics };
}

interface Step {
  readonly graph: NirGraph;
  readonly key: string;
  readonly path: string;
  readonly repair: RepairName;
  readonly what: string;
}

function firstStep(
  graph: NirGraph,
  chosen: readonly RepairName[],
  options: ValidateOptions,
  done: ReadonlySet<string>,
): Step | undefined {
  const findings = validateGraph(graph, { ...options, paths: "file" });
  for (const hint of findings) {
    const repair = repairs.get(hint.code);
    if (repair === undefined || !chosen.includes(repair)) continue;
    const ends = findings.find((d) => d.path === hint.path && d.code === "E_TYPE_MISMATCH")?.detail;
    const changed = apply(graph, repair, hint, ends);
    const key = `${repair} ${changed?.what}`;
    if (changed !== undefined && !done.has(key)) return { ...changed, key, path: hint.path, repair };
  }
  return undefined;
}

type Changed = Pick<Step, "graph" | "what">;
type Detail = Diagnostic["detail"];

function apply(graph: NirGraph, repair: RepairName, hint: Diagnostic, ends: Detail): Changed | undefined {
  if (repair === "rename-node") return renamed(graph, hint);
  if (repair === "squeeze-ones") return squeezed(graph, hint.detail, ends);
  const path = String(hint.detail?.node ?? "");
  const change = {
    "transpose-weight": transposed,
    "drop-time-axis": shortened,
    "drop-batch-axis": unbatched,
  }[repair];
  let what: string | undefined;
  const changed = changeNode(graph, path.split("/"), (node) => {
    const [mended, words] = change(node) ?? [node, undefined];
    what = words;
    return mended;
  });
  return what === undefined ? undefined : { graph: changed, what: `"${path}" ${what}` };
}

type NodeChange = readonly [node: NirNode, what: string] | undefined;

function transposed(node: NirNode): NodeChange {
  if ((node.type !== "Affine" && node.type !== "Linear") || !("weight" in node)) return undefined;
  const { dtype, shape, data } = node.weight;
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const turned = data.slice();
  for (let i = 0; i < data.length; i++) {
    const within = i % (rows * columns);
    const target = i - within + (within % columns) * rows + Math.floor(within / columns);
    turned[target] = data[i] as never;
  }
  const weight = { dtype, shape: [...shape.slice(0, -2), columns, rows], data: turned } as Tensor;
  return [{ ...node, weight }, `has its weight transposed to ${text(weight.shape)}`];
}

function shortened(node: NirNode): NodeChange {
  if ((node.type !== "Input" && node.type !== "Output") || !("shape" in node) || node.shape === undefined)
    return undefined;
  const shape = node.shape.slice(1);
  return [{ ...node, shape }, `gets the shape ${text(shape)}`];
}

/** A leading axis of 1 in a port or in every parameter of a neuron, or Flatten axes counted with a batch. */
function unbatched(node: NirNode): NodeChange {
  if (node.type === "Flatten" && "startDim" in node) {
    const startDim = node.startDim - 1;
    const endDim = node.endDim > 0 ? node.endDim - 1 : node.endDim;
    return [{ ...node, startDim, endDim }, `gets start_dim ${startDim} and end_dim ${endDim}`];
  }
  if (node.type === "Input" || node.type === "Output") return shortened(node);
  const dropped = Object.keys(node).flatMap((key) => {
    const value = tensorParam(node, key);
    return value !== undefined && value.shape.length > 1 && value.shape[0] === 1
      ? [[key, { ...value, shape: value.shape.slice(1) }] as const]
      : [];
  });
  if (dropped.length === 0) return undefined;
  return [{ ...node, ...Object.fromEntries(dropped) }, "loses its leading axis of 1"];
}

function squeezed(graph: NirGraph, hint: Detail, ends: Detail): Changed | undefined {
  const sides = [
    { path: String(ends?.target ?? ""), shape: hint?.gives as Shape, type: "Output" },
    { path: String(ends?.source ?? ""), shape: hint?.takes as Shape, type: "Input" },
  ];
  for (const { path, shape, type } of sides) {
    let found = false;
    const changed = changeNode(graph, path.split("/"), (node) => {
      found = node.type === type;
      return found ? ({ ...node, shape } as NirNode) : node;
    });
    if (found) return { graph: changed, what: `"${path}" gets the shape ${text(shape)}` };
  }
  return undefined;
}

/** `/node/nodes/sub/edges[3]`: the names that lead to the graph, and the edge in it. */
function renamed(graph: NirGraph, hint: Diagnostic): Changed | undefined {
  const place = /^\/node(.*)\/edges\[(\d+)\]$/.exec(hint.path);
  const { name, nearest } = hint.detail as { name: string; nearest: string };
  if (place === null) return undefined;
  const names = (place[1] ?? "").split("/nodes/").slice(1);
  const index = Number(place[2]);
  const lead = (end: string): string => (end === name ? nearest : end);
  const changed = changeGraph(graph, names, (inner) =>
    rebuilt(
      inner,
      inner.nodes(),
      inner.edges().map((edge, i): Edge => (i === index ? [lead(edge[0]), lead(edge[1])] : edge)),
    ),
  );
  return { graph: changed, what: `edge ${index} leads to "${nearest}" instead of "${name}"` };
}

function changeNode(graph: NirGraph, names: readonly string[], change: (node: NirNode) => NirNode): NirGraph {
  const last = names.at(-1) ?? "";
  return changeGraph(graph, names.slice(0, -1), (inner) => {
    const node = inner.nodes().get(last);
    return node === undefined
      ? inner
      : rebuilt(inner, new Map([...inner.nodes(), [last, change(node)]]), inner.edges());
  });
}

function changeGraph(
  graph: NirGraph,
  names: readonly string[],
  change: (inner: NirGraph) => NirGraph,
): NirGraph {
  const [first, ...rest] = names;
  if (first === undefined) return change(graph);
  const node = graph.nodes().get(first);
  if (node?.type !== "NIRGraph" || !("graph" in node)) return graph;
  const inner: NirNode = { ...node, graph: changeGraph(node.graph, rest, change) };
  return rebuilt(graph, new Map([...graph.nodes(), [first, inner]]), graph.edges());
}

/** Unchecked: a graph under repair may have further problems. */
function rebuilt(graph: NirGraph, nodes: ReadonlyMap<string, NirNode>, edges: readonly Edge[]): NirGraph {
  const { metadata, version } = graph;
  return NirGraph.unchecked({ nodes, edges, metadata, ...(version === undefined ? {} : { version }) });
}

function text(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
