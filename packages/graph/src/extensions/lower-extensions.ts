/** Extension nodes written with plain ones, so that any NIR reader can take the graph. */
import * as z from "zod/mini";
import { graphDiagnostic } from "../diagnostics.ts";
import { assertNoErrors, type Diagnostic, NirkitError } from "../diagnostics-core.ts";
import { flattenParts } from "../flatten.ts";
import { type Edge, NirGraph } from "../graph.ts";
import { type GraphTypes, inferTypes } from "../infer/infer-types.ts";
import type { ExtensionNode, NirNode } from "../node.ts";
import { definePass, type Pass } from "../passes/pass.ts";
import { conv3d } from "./conv3d.ts";
import type { ExtensionNodeType, Lowering } from "./extension.ts";
import { lowerRegion } from "./lower-region.ts";
import { regionOf } from "./region.ts";

/** Options of {@link lowerExtensions}. */
export interface LowerExtensionsOptions {
  /** Most weights that one node may get; 2^24, 64 MiB of float32, by default. */
  readonly maxWeights?: number;
}

/** One lowered node. */
export interface LoweredNode {
  readonly path: string;
  readonly type: string;
  /** Name of the way that was taken; "chain" for plain nodes on the same shapes. */
  readonly strategy: string;
  /** Weights of the plain node; undefined for a chain. */
  readonly weights?: number;
}

/** A graph without extension nodes, and how each was lowered. */
export interface LoweredGraph {
  readonly graph: NirGraph;
  readonly report: { readonly lowered: readonly LoweredNode[] };
}

/**
 * The graph with every extension node written with plain nodes, exactly up to the order of summation; the same graph
 * when there is none. Nested graphs are flattened where there is one.
 *
 * A value that the plain nodes need in another arrangement is followed both ways: parameters of neurons are
 * reordered, rows and columns of the dense layers beyond too, a Flatten is put in after an Input where that is enough, and an
 * Input or Output that has to change its shape says in `nirkit:layout` where its elements were: JSON
 * `{"v":1,"from":[1,200,5,5],"axes":[2,3,0,1]}`, the old shape and its axes in their new order.
 *
 * @throws E_NOT_LOWERED with the reason for each node that cannot be; E_UNKNOWN_TYPE for a type that is not passed in,
 * and the other errors of inference
 * @example lowerExtensions(net, [conv3d]).report.lowered // [{ path: "conv1", strategy: "spatial", weights: 13500, … }]
 */
export function lowerExtensions(
  graph: NirGraph,
  extensions: readonly ExtensionNodeType[],
  { maxWeights = 2 ** 24 }: LowerExtensionsOptions = {},
): LoweredGraph {
  if (!hasExtension(graph)) return { graph, report: { lowered: [] } };
  const parts = flattenParts(graph, extensions);
  let current = parts === undefined ? graph : NirGraph.from(parts);
  const lowered: LoweredNode[] = [];
  const refused: Diagnostic[] = [];
  const passed = new Set<string>();
  for (;;) {
    const types = inferTypes(current, { extensions });
    assertNoErrors(types.diagnostics);
    const next = extensionNodes(current).find(([name]) => !passed.has(name));
    if (next === undefined) break;
    const [name] = next;
    const chained = lowerChain(current, types, next, extensions);
    if (chained !== undefined) {
      current = chained;
      lowered.push({ path: name, type: next[1].type, strategy: "chain" });
      continue;
    }
    const result = lowerAround(current, types, name, extensions, maxWeights);
    if (result.graph === undefined) refused.push(...result.refused);
    else current = result.graph;
    lowered.push(...result.lowered);
    for (const one of result.region) passed.add(one);
  }
  if (refused.length > 0) throw new NirkitError(refused);
  return { graph: current, report: { lowered } };
}

function hasExtension(graph: NirGraph): boolean {
  return [...graph.nodes().values()].some(
    (node) => "params" in node || (node.type === "NIRGraph" && "graph" in node && hasExtension(node.graph)),
  );
}

/** Extension nodes of a flat graph, by name. */
function extensionNodes(graph: NirGraph): (readonly [string, ExtensionNode])[] {
  const found = [...graph.nodes()].filter((entry): entry is [string, ExtensionNode] => "params" in entry[1]);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function ruleOf(node: NirNode, extensions: readonly ExtensionNodeType[]): ExtensionNodeType | undefined {
  return extensions.find((e) => e.type === node.type);
}

/** The node replaced by a chain on the same shapes; undefined when its type knows none. */
function lowerChain(
  graph: NirGraph,
  types: GraphTypes,
  [name, node]: readonly [string, ExtensionNode],
  extensions: readonly ExtensionNodeType[],
): NirGraph | undefined {
  const input = types.inputShape(name);
  const chain = input && ruleOf(node, extensions)?.rules.lower?.(node, input);
  if (chain === undefined || chain.length === 0) return undefined;
  const names = chain.map(([suffix]) => (suffix === "" ? name : `${name}/${suffix}`));
  const [first = name, last = name] = [names[0], names.at(-1)];
  const edges = graph
    .edges()
    .map(([from, to]): Edge => [from === name ? last : from, to === name ? first : to]);
  const inner = names.slice(1).map((to, i): Edge => [names[i] ?? "", to]);
  const nodes = [...graph.nodes()].flatMap(([n, old]): (readonly [string, NirNode])[] =>
    n === name ? chain.map(([, plain], i) => [names[i] ?? "", plain]) : [[n, old]],
  );
  const { metadata, version } = graph;
  return NirGraph.from({
    nodes,
    edges: [...edges, ...inner],
    metadata,
    ...(version === undefined ? {} : { version }),
  });
}

/** Lowers the node of that name and all whose values hang together with its own, by the cheapest strategy that fits. */
function lowerAround(
  graph: NirGraph,
  types: GraphTypes,
  name: string,
  extensions: readonly ExtensionNodeType[],
  maxWeights: number,
): {
  graph?: NirGraph;
  region: readonly string[];
  lowered: readonly LoweredNode[];
  refused: readonly Diagnostic[];
} {
  const region = regionOf(graph, name);
  const choices = new Map(region.map((n) => [n, loweringsOf(graph, types, n, extensions)]));
  const names = [...(choices.get(name) ?? [])].map(({ strategy }) => strategy);
  const why: string[] = [];
  const plans = names.flatMap((strategy) => {
    const plan = new Map<string, Lowering>();
    for (const [n, lowerings] of choices) {
      const own = lowerings.find((l) => l.strategy === strategy);
      if (own !== undefined) plan.set(n, own);
    }
    const missing = region.find((n) => !plan.has(n));
    if (missing !== undefined) why.push(`${strategy}: "${missing}" has no such form`);
    return missing === undefined ? [{ strategy, plan, weights: total(plan) }] : [];
  });
  plans.sort((a, b) => a.weights - b.weights);
  for (const { strategy, plan } of plans) {
    const heavy = [...plan].find(([, { weights }]) => weights > maxWeights);
    const lowered = heavy === undefined ? lowerRegion(graph, types, plan) : undefined;
    if (heavy !== undefined)
      why.push(
        `${strategy}: "${heavy[0]}" would have ${heavy[1].weights} weights, the limit is ${maxWeights}`,
      );
    else if (typeof lowered === "string") why.push(`${strategy}: ${lowered}`);
    else if (lowered !== undefined) {
      const done = [...plan].map(([path, { weights }]) => {
        const { type } = graph.node(path);
        return { path, type, strategy, weights };
      });
      return { graph: lowered, region, lowered: done, refused: [] };
    }
  }
  const refused = region.map((n) =>
    graphDiagnostic("E_NOT_LOWERED", `nodes.${n}`, { name: n, type: graph.node(n).type, why }),
  );
  return { region, lowered: [], refused };
}

function loweringsOf(
  graph: NirGraph,
  types: GraphTypes,
  name: string,
  extensions: readonly ExtensionNodeType[],
): readonly Lowering[] {
  const [node, input] = [graph.node(name), types.inputShape(name)];
  if (input === undefined || !("params" in node)) return [];
  return ruleOf(node, extensions)?.rules.lowerings?.(node, input) ?? [];
}

function total(plan: ReadonlyMap<string, Lowering>): number {
  let sum = 0;
  for (const { weights } of plan.values()) sum += weights;
  return sum;
}

/** {@link lowerExtensions} of nirkit's own extension types as a pass. */
export const lowerExtensionsPass: Pass<{ maxWeights: number }> = definePass({
  name: "lower-extensions",
  summary: "Write extension nodes with plain ones: a Conv3d becomes a Conv1d or a Conv2d",
  options: z.strictObject({ maxWeights: z._default(z.int().check(z.positive()), 2 ** 24) }),
  example: {
    before: "in [1, 200, 5, 5] -> nirkit:Conv3d 20×1×3×3×3 -> out [20, 198, 3, 3]",
    after: "in [25, 200] -> Conv1d 180×25×3 -> out [180, 198]",
  },
  run: (graph, options) => {
    const { graph: plain, report } = lowerExtensions(graph, [conv3d], options);
    return { graph: plain, diagnostics: [], report };
  },
});
