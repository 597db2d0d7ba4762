/** What runs in which order: nodes of the flattened graph in components, loops apart. */
import {
  assertNoErrors,
  type Diagnostic,
  type ExtensionNodeType,
  graphDiagnostic,
  inferTypes,
  type NirGraph,
  NirkitError,
  type NirNode,
  nodeTypes,
  type Schedule,
  type Shape,
  schedule,
} from "@nirkit/graph";
import { trainError } from "../diagnostics.ts";
import type { TrainableNode } from "../extension/trainable-node.ts";
import type { DialectRequest } from "./train-dialect.ts";
import { jsonObject, type TrainDialect, trainDialect } from "./train-dialect.ts";

/** A node with all that is known of its place. */
export interface PlanNode {
  readonly name: string;
  readonly node: NirNode;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** What it reads, in the order in which it is summed. */
  readonly sources: readonly PlanSource[];
  /** Steps per element of a Delay. */
  readonly delays: Int32Array | undefined;
  /** True inside a loop. */
  readonly recurrent: boolean;
}

/** An edge: a feedback edge delivers the value of the step before. */
interface PlanSource {
  readonly name: string;
  readonly feedback: boolean;
}

/** Nodes that run together: one alone over all steps at once, or a loop step by step. */
export interface PlanComponent {
  readonly nodes: readonly PlanNode[];
  readonly recurrent: boolean;
}

/** The network, ready to be run. */
export interface Plan {
  /** As given. */
  readonly graph: NirGraph;
  readonly dt: number;
  readonly dialect: TrainDialect;
  readonly components: readonly PlanComponent[];
  readonly nodes: ReadonlyMap<string, PlanNode>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Plans a network.
 *
 * @throws E_TRAIN_NODE, E_ALGEBRAIC_LOOP, E_DT_MISSING, E_TRAIN_DT_CONFLICT and the errors of type inference
 */
export function planNetwork(
  graph: NirGraph,
  asked: {
    readonly dt?: number | undefined;
    readonly dialect?: DialectRequest | undefined;
    readonly extensions?: readonly TrainableNode[];
  },
): Plan {
  const dialect = trainDialect(graph, asked.dialect);
  const dt = resolveDt(graph, asked.dt);
  const extensions = (asked.extensions ?? []).map(({ type }) => type);
  assertNoErrors(inferTypes(graph, { extensions }).diagnostics);
  const scheduled = schedule(graph, { dt, extensions });
  const components = componentsOf(scheduled, extensions);
  const nodes = new Map(components.flatMap((component) => component.nodes.map((node) => [node.name, node])));
  return { graph, dt, dialect, components, nodes, diagnostics: scheduled.diagnostics };
}

function resolveDt(graph: NirGraph, asked: number | undefined): number {
  const stored = jsonObject(graph.metadata.get("nirkit:graph")).dt;
  const trained = jsonObject(graph.metadata.get("nirkit:training")).dt;
  const known = typeof stored === "number" ? stored : typeof trained === "number" ? trained : undefined;
  const dt = asked ?? known;
  if (dt === undefined) throw new NirkitError([graphDiagnostic("E_DT_MISSING", "dt", { usual: 1e-4 })]);
  if (!(dt > 0 && Number.isFinite(dt))) throw trainError("E_TRAIN_DT_VALUE", "dt", { dt });
  if (known !== undefined && dt !== known)
    throw trainError("E_TRAIN_DT_CONFLICT", "dt", { given: dt, stored: known });
  return dt;
}

function componentsOf(scheduled: Schedule, extensions: readonly ExtensionNodeType[]): PlanComponent[] {
  const { graph, order } = scheduled;
  const types = inferTypes(graph, { extensions });
  const position = new Map(order.map((name, at) => [name, at]));
  const fed = new Set(scheduled.feedback.map((edge) => JSON.stringify(edge)));
  const loops = stronglyConnected(order, (name) => graph.successors(name));
  return loops.map((names) => {
    const recurrent = names.length > 1 || graph.successors(names[0] as string).includes(names[0] as string);
    const sorted = [...names].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
    const nodes = sorted.map((name): PlanNode => {
      const before = [...graph.predecessors(name)].sort(
        (a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0),
      );
      return {
        name,
        node: known(name, graph, extensions),
        inputShape: types.inputShape(name) ?? [],
        outputShape: types.outputShape(name) ?? [],
        sources: before.map((source) => ({
          name: source,
          feedback: fed.has(JSON.stringify([source, name])),
        })),
        delays: scheduled.delaySteps.get(name),
        recurrent,
      };
    });
    return { nodes, recurrent };
  });
}

function known(name: string, graph: NirGraph, extensions: readonly ExtensionNodeType[]): NirNode {
  const node = graph.node(name);
  const types: readonly string[] = [...nodeTypes, ...extensions.map(({ type }) => type)];
  if (!types.includes(node.type))
    throw trainError("E_TRAIN_NODE", `nodes.${name}`, { type: node.type, known: types });
  return node;
}

/** Components in topological order (Kosaraju: finishing times forward, then collected backward). */
function stronglyConnected(names: readonly string[], next: (name: string) => readonly string[]): string[][] {
  const before = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const name of names) for (const to of next(name)) before.get(to)?.push(name);
  const finished = postorder(names, next);
  const seen = new Set<string>();
  const found: string[][] = [];
  for (const root of finished.reverse()) {
    if (seen.has(root)) continue;
    const members = [root];
    seen.add(root);
    for (const member of members)
      for (const from of before.get(member) ?? [])
        if (!seen.has(from)) {
          seen.add(from);
          members.push(from);
        }
    found.push(members);
  }
  return found;
}

function postorder(names: readonly string[], next: (name: string) => readonly string[]): string[] {
  const seen = new Set<string>();
  const finished: string[] = [];
  for (const root of names) {
    if (seen.has(root)) continue;
    seen.add(root);
    const stack: { name: string; rest: string[] }[] = [{ name: root, rest: [...next(root)] }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const to = top.rest.pop();
      if (to === undefined) {
        finished.push(top.name);
        stack.pop();
      } else if (!seen.has(to)) {
        seen.add(to);
        stack.push({ name: to, rest: [...next(to)] });
      }
    }
  }
  return finished;
}
