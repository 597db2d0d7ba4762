/** One group of extension nodes lowered, and everything rearranged that touches their values. */
import { type Edge, NirGraph } from "../graph.ts";
import { freeName } from "../infer/free-name.ts";
import type { GraphTypes } from "../infer/infer-types.ts";
import type { NirNode } from "../node.ts";
import type { Lowering } from "./extension.ts";
import { isPlain, keepsOrder, type Layout, sameLayout } from "./layout.ts";
import { flattenedLayout, isElementwise, mergeTo, relayNode } from "./relay-node.ts";

/** The graph with the nodes of the plan lowered so; a text that says why it is not possible. */
export function lowerRegion(
  graph: NirGraph,
  types: GraphTypes,
  plan: ReadonlyMap<string, Lowering>,
): NirGraph | string {
  const layouts = new Arrangement(graph, types, plan);
  if (layouts.problem !== undefined) return layouts.problem;
  const changed = new Map<string, NirNode>();
  const split: (readonly [input: string, layout: Layout])[] = [];
  for (const name of layouts.touched()) {
    const node = graph.node(name);
    const [input, output] = [layouts.input.get(name), layouts.output.get(name)];
    const lowering = plan.get(name);
    if (lowering !== undefined) changed.set(name, lowering.build());
    else if (node.type === "Input" && output !== undefined && mergesInput(graph, types, name, output))
      split.push([name, output]);
    else {
      const relaid = relayNode(name, node, input, output, types.inputShape(name));
      if (typeof relaid === "string") return relaid;
      changed.set(name, relaid);
    }
  }
  return insertFlattens(graph.with({ setNodes: changed }), types, split);
}

/** True when a Flatten behind the Input gives the layout, so that the Input can stay. */
function mergesInput(graph: NirGraph, types: GraphTypes, name: string, layout: Layout): boolean {
  const shape = types.outputShape(name);
  if (shape === undefined || isPlain(layout) || graph.predecessors(name).length > 0) return false;
  return keepsOrder(layout) && mergeTo(shape, layout.shape) !== undefined;
}

function insertFlattens(
  graph: NirGraph,
  types: GraphTypes,
  split: readonly (readonly [string, Layout])[],
): NirGraph {
  if (split.length === 0) return graph;
  const taken = new Set(graph.nodes().keys());
  const flattens = new Map<string, readonly [string, NirNode]>();
  for (const [name, layout] of split) {
    const inputType = types.outputShape(name) ?? [];
    const [startDim = 0, endDim = -1] = mergeTo(inputType, layout.shape) ?? [];
    flattens.set(name, [
      freeName(`flatten_${name}`, taken),
      { type: "Flatten", startDim, endDim, inputType },
    ]);
  }
  const edges = graph.edges().map(([from, to]): Edge => [flattens.get(from)?.[0] ?? from, to]);
  const added = [...flattens].map(([input, [flatten]]): Edge => [input, flatten]);
  const nodes = [...graph.nodes()].flatMap((entry) => {
    const flatten = flattens.get(entry[0]);
    return flatten === undefined ? [entry] : [entry, flatten];
  });
  const { metadata, version } = graph;
  return NirGraph.from({
    nodes,
    edges: [...added, ...edges],
    metadata,
    ...(version === undefined ? {} : { version }),
  });
}

/** The layout of every value that the plan reaches; a value that no edge or node rearranges has one layout throughout. */
class Arrangement {
  readonly input: Map<string, Layout> = new Map();
  readonly output: Map<string, Layout> = new Map();
  /** The first contradiction. */
  problem: string | undefined;
  readonly #graph: NirGraph;
  readonly #types: GraphTypes;
  readonly #plan: ReadonlyMap<string, Lowering>;
  readonly #queue: (readonly [side: "input" | "output", name: string, layout: Layout])[] = [];

  constructor(graph: NirGraph, types: GraphTypes, plan: ReadonlyMap<string, Lowering>) {
    this.#graph = graph;
    this.#types = types;
    this.#plan = plan;
    for (const [name, { input, output }] of plan)
      this.#queue.push(["input", name, input], ["output", name, output]);
    for (const [side, name, layout] of this.#queue) {
      if (this.problem !== undefined) return;
      this.#assign(side, name, layout);
    }
  }

  touched(): ReadonlySet<string> {
    return new Set([...this.input.keys(), ...this.output.keys()]);
  }

  #assign(side: "input" | "output", name: string, layout: Layout): void {
    const known = this[side].get(name);
    if (known !== undefined) {
      if (!sameLayout(known, layout)) this.problem = `"${name}" would need its ${side} in two arrangements`;
      return;
    }
    const node = this.#graph.node(name);
    const free = isElementwise(node) || this.#plan.has(name);
    if (isPlain(layout) && !free) return;
    this[side].set(name, layout);
    if (isElementwise(node)) this.#queue.push([side === "input" ? "output" : "input", name, layout]);
    if (side === "input" && node.type === "Flatten" && "startDim" in node) {
      const flattened = flattenedLayout(name, node, layout, this.#types.inputShape(name));
      if (typeof flattened === "string") this.problem = flattened;
      else if (flattened !== undefined) this.#queue.push(["output", name, flattened]);
    }
    if (side === "output")
      for (const next of this.#graph.successors(name)) this.#queue.push(["input", next, layout]);
    else for (const before of this.#graph.predecessors(name)) this.#queue.push(["output", before, layout]);
  }
}
