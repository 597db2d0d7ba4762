/**
 * One scale group cut out of its network and run on recorded inputs, so that a search over its scales does not run the
 * layers before it again.
 */
import {
  type Edge,
  hasWeight,
  InternalError,
  NirGraph,
  type NirNode,
  type PassContext,
  type Shape,
  type SpikeInput,
  type Tensor,
  type Trace,
} from "@nirkit/graph";
import type { ScaleGroup } from "./projections.ts";

/** What a replay needs of the run. */
export interface ReplayContext {
  readonly simulate: NonNullable<PassContext["simulate"]>;
  readonly shapeInto: (path: string) => Shape;
  readonly shapeOf: (path: string) => Shape;
  readonly feedback: ReadonlySet<string>;
}

/** One cut edge: what comes over it is recorded as an Output, and given back as an Input. */
interface Tap {
  readonly name: string;
  readonly from: string;
  readonly into: string;
  readonly shape: Shape;
  /** A feedback edge delivers the value of the step before. */
  readonly late: boolean;
}

/** Recorded inputs of a group, one per sample. */
export type TapInput = ReadonlyMap<string, Tensor>;

/** A cut-out group. */
export interface Replay {
  /** Records what comes into the group when the network `flat` runs. */
  record(flat: NirGraph, input: SpikeInput): TapInput;
  /** Runs the group with some of its nodes replaced; one trace with the wanted records of the populations. */
  run(nodes: ReadonlyMap<string, NirNode>, input: TapInput): Trace;
  /** Weighted inputs of every population, by path; undefined for a group that feeds itself. */
  currents(nodes: ReadonlyMap<string, NirNode>, input: TapInput): ReadonlyMap<string, Tensor> | undefined;
  /** Runs one population on its weighted inputs. */
  fire(path: string, node: NirNode, current: Tensor): Trace;
}

const signals = ["out", "vpre"] as const;

/** Cuts a group out of a flattened network. */
export function cutOut(flat: NirGraph, group: ScaleGroup, context: ReplayContext): Replay {
  const { inner, recurrent } = innerNodes(flat, group);
  const taps = tapsOf(flat, inner, context);
  const populations = group.populations.filter(({ node }) => node !== undefined).map(({ path }) => path);
  const part = (kept: ReadonlySet<string>, nodes: ReadonlyMap<string, NirNode>): NirGraph =>
    partOf(flat, kept, taps, nodes, populations, context);
  // A simulator is compiled per graph, so one graph serves all samples of one candidate.
  let last: { readonly nodes: ReadonlyMap<string, NirNode>; readonly graph: NirGraph } | undefined;
  const cached = (nodes: ReadonlyMap<string, NirNode>, kept: ReadonlySet<string>): NirGraph => {
    if (last?.nodes !== nodes) last = { nodes, graph: part(kept, nodes) };
    return last.graph;
  };
  const tapped = new WeakMap<NirGraph, NirGraph>();
  const single = new WeakMap<NirNode, NirGraph>();
  const withoutPopulations = new Set([...inner].filter((name) => !populations.includes(name)));
  return {
    record: (network, input) => {
      const graph = tapped.get(network) ?? withTaps(network, taps);
      tapped.set(network, graph);
      const { outputs } = context.simulate(graph, input, { nodes: [], signals: [] });
      return new Map(taps.map((tap) => [tap.name, tapped1(outputs.get(tap.name), tap)]));
    },
    run: (nodes, input) =>
      context.simulate(cached(nodes, inner), input, { nodes: populations, signals: [...signals] }),
    currents: (nodes, input) => {
      if (recurrent) return undefined;
      const { outputs } = context.simulate(cached(nodes, withoutPopulations), input, {
        nodes: [],
        signals: [],
      });
      return new Map(populations.flatMap((path) => entryOf(path, outputs.get(path))));
    },
    fire: (path, node, current) => {
      const graph = single.get(node) ?? alone(flat, path, node, context);
      single.set(node, graph);
      const input = new Map([[inputName(path), current]]);
      return context.simulate(graph, input, { nodes: [path], signals: [...signals] });
    },
  };
}

const passive: ReadonlySet<string> = new Set(["Flatten", "Delay", "SumPool2d", "AvgPool2d"]);

/** Weights, populations, and what lies between them. */
function innerNodes(
  flat: NirGraph,
  group: ScaleGroup,
): { readonly inner: ReadonlySet<string>; readonly recurrent: boolean } {
  const weights = new Set(group.weights.map(({ path }) => path));
  const populations = new Set(
    group.populations.flatMap(({ path, node }) => (node === undefined ? [] : path)),
  );
  const inner = new Set([...weights, ...populations]);
  const afterWeights = passiveReach(flat, weights, (name) => flat.successors(name));
  const beforePopulations = passiveReach(flat, populations, (name) => flat.predecessors(name));
  for (const name of afterWeights) if (beforePopulations.has(name)) inner.add(name);
  const afterPopulations = passiveReach(flat, populations, (name) => flat.successors(name));
  const beforeWeights = passiveReach(flat, weights, (name) => flat.predecessors(name));
  let recurrent = false;
  for (const name of afterPopulations)
    if (beforeWeights.has(name)) {
      inner.add(name);
      recurrent = true;
    }
  for (const name of weights)
    if (flat.predecessors(name).some((from) => populations.has(from))) recurrent = true;
  return { inner, recurrent };
}

function passiveReach(
  flat: NirGraph,
  start: ReadonlySet<string>,
  next: (name: string) => readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const stack = [...start].flatMap((name) => next(name));
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (found.has(name) || !passive.has(flat.node(name).type)) continue;
    found.add(name);
    stack.push(...next(name));
  }
  return found;
}

function tapsOf(flat: NirGraph, inner: ReadonlySet<string>, context: ReplayContext): readonly Tap[] {
  const taken = new Set(flat.nodes().keys());
  const taps: Tap[] = [];
  for (const into of inner)
    for (const from of flat.predecessors(into)) {
      if (inner.has(from)) continue;
      let name = `tap${taps.length}`;
      while (taken.has(name)) name = `${name}_`;
      taken.add(name);
      taps.push({
        name,
        from,
        into,
        shape: context.shapeInto(into),
        late: context.feedback.has(edgeKey(from, into)),
      });
    }
  return taps;
}

/** One text for an edge; names may hold anything but a line break in JSON. */
export function edgeKey(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

function withTaps(network: NirGraph, taps: readonly Tap[]): NirGraph {
  return network.with({
    setNodes: taps.map(({ name, shape }): [string, NirNode] => [name, { type: "Output", shape }]),
    addEdges: taps.map(({ name, from }): Edge => [from, name]),
  });
}

function tapped1(recorded: Tensor | undefined, { late, name }: Tap): Tensor {
  if (recorded === undefined) throw new InternalError(`the simulator gave no output for ${name}`);
  return late ? delayed(recorded) : recorded;
}

/** The values of one step before; nothing in the first. */
function delayed(signal: Tensor): Tensor {
  const per = signal.data.length / Math.max(1, signal.shape[0] ?? 1);
  const data = new Float32Array(signal.data.length);
  for (let i = per; i < data.length; i++) data[i] = Number(signal.data[i - per]);
  return { dtype: "float32", shape: signal.shape, data };
}

/** The kept nodes with an Input per tap; populations that are not kept become Outputs of their own name. */
function partOf(
  flat: NirGraph,
  kept: ReadonlySet<string>,
  taps: readonly Tap[],
  replaced: ReadonlyMap<string, NirNode>,
  populations: readonly string[],
  context: ReplayContext,
): NirGraph {
  const nodes: [string, NirNode][] = taps.map(({ name, shape }) => [name, { type: "Input", shape }]);
  for (const [name, node] of flat.nodes()) {
    if (kept.has(name)) nodes.push([name, replaced.get(name) ?? node]);
    else if (populations.includes(name))
      nodes.push([name, { type: "Output", shape: context.shapeInto(name) }]);
  }
  const there = new Set(nodes.map(([name]) => name));
  const edges: Edge[] = [
    ...taps.filter(({ into }) => there.has(into)).map(({ name, into }): Edge => [name, into]),
    ...flat.edges().filter(([from, to]) => there.has(from) && there.has(to) && kept.has(from)),
  ];
  const ends = [...kept].filter((name) => populations.includes(name));
  for (const path of ends) {
    let name = `out_${path}`;
    while (there.has(name)) name = `${name}_`;
    nodes.push([name, { type: "Output", shape: context.shapeOf(path) }]);
    edges.push([path, name]);
  }
  return NirGraph.from({ nodes, edges, metadata: flat.metadata });
}

function alone(flat: NirGraph, path: string, node: NirNode, context: ReplayContext): NirGraph {
  const input = inputName(path);
  return NirGraph.from({
    nodes: [
      [input, { type: "Input", shape: context.shapeInto(path) }],
      [path, node],
      [`${path}_out`, { type: "Output", shape: context.shapeOf(path) }],
    ],
    edges: [
      [input, path],
      [path, `${path}_out`],
    ],
    metadata: flat.metadata,
  });
}

function inputName(path: string): string {
  return `${path}_in`;
}

function entryOf(path: string, tensor: Tensor | undefined): readonly (readonly [string, Tensor])[] {
  return tensor === undefined ? [] : [[path, tensor]];
}

/** What arrives at the weight nodes of a group, step by step: `[T, ...shape]` by path. */
export function weightInputs(
  flat: NirGraph,
  group: ScaleGroup,
  input: SpikeInput,
  context: ReplayContext,
): ReadonlyMap<string, Tensor> {
  const taken = new Set(flat.nodes().keys());
  const names = new Map<string, string>();
  for (const { path } of group.weights) {
    let name = "seen";
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    names.set(path, name);
  }
  const graph = flat.with({
    setNodes: [...names].map(([path, name]) => [name, { type: "Output", shape: context.shapeInto(path) }]),
    addEdges: [...names].flatMap(([path, name]) => flat.predecessors(path).map((from): Edge => [from, name])),
  });
  const { outputs } = context.simulate(graph, input, { nodes: [], signals: [] });
  return new Map(
    [...names].flatMap(([path, name]) =>
      hasWeight(flat.node(path)) ? entryOf(path, outputs.get(name)) : [],
    ),
  );
}
