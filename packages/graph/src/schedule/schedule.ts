/**
 * The order in which the nodes of a graph are computed within one step, and which edges carry the value of the step
 * before. Independent of the order of nodes and edges in the file.
 */

import { graphDiagnostic } from "../diagnostics.ts";
import { assertNoErrors, type Diagnostic, NirkitError } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { flattenParts } from "../flatten.ts";
import { type Edge, NirGraph } from "../graph.ts";
import { compareNames } from "../infer/elaborate.ts";
import { type GraphTypes, inferTypes } from "../infer/infer-types.ts";
import { isNeuron, type NirNode } from "../node.ts";
import { dedupeEdges } from "../passes/dedupe-edges.ts";
import { placeOf } from "../place.ts";
import { cycleThrough, loops } from "./components.ts";
import { delaySteps } from "./delay-steps.ts";
import { dominance } from "./dominators.ts";

/** Options of {@link schedule}. */
export interface ScheduleOptions {
  /** Time step in the unit of tau and delay; needed when the graph has a Delay. */
  readonly dt?: number;
  readonly extensions?: readonly ExtensionNodeType[];
}

/** How to execute one step; see {@link schedule}. */
export interface Schedule {
  /** The flattened graph without duplicate edges. */
  readonly graph: NirGraph;
  /** All nodes; sources before targets, feedback edges and edges into latched Delays aside. */
  readonly order: readonly string[];
  /** Edges that deliver the value their source had in the step before; sorted. */
  readonly feedback: readonly Edge[];
  /** Delays of at least one step everywhere: read at the start of a step, fed at its end. Steps per element. */
  readonly latched: ReadonlyMap<string, Int32Array>;
  /** Steps per element of every Delay, latched or not. */
  readonly delaySteps: ReadonlyMap<string, Int32Array>;
  /** Warnings: W_DUPLICATE_EDGE, W_DELAY_ROUNDED, W_IRREDUCIBLE_LOOP, W_BROADCAST. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Schedules a graph for simulation in steps.
 *
 * A Delay whose entries all are at least one step is latched: edges into it are no dependency within a step. In the
 * rest an edge a → b is a feedback edge when b dominates a seen from the Inputs, so a loop costs exactly one step, on
 * the edge into the node nearer the Input. A loop with several entries is cut at its first name, with a warning.
 *
 * @throws E_ALGEBRAIC_LOOP naming the cycle, E_DT_MISSING with a Delay and no dt, and the errors of type inference
 */
export function schedule(graph: NirGraph, options: ScheduleOptions = {}): Schedule {
  const { extensions = [] } = options;
  const parts = flattenParts(graph, extensions);
  const deduped = dedupeEdges(parts === undefined ? graph : NirGraph.from(parts));
  const flat = deduped.graph;
  const types = extensions.length === 0 ? flat.types() : inferTypes(flat, { extensions });
  assertNoErrors(types.diagnostics);
  const delays = allDelays(flat, types, options.dt);
  const latched = new Map([...delays.steps].filter(([, steps]) => steps.every((k) => k >= 1)));

  const names = [...flat.nodes().keys()].sort(compareNames);
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const index = (name: string): number => indexOf.get(name) as number;
  const successors: number[][] = names.map(() => []);
  for (const [from, to] of flat.edges()) if (!latched.has(to)) successors[index(from)]?.push(index(to));
  for (const targets of successors) targets.sort((a, b) => a - b);

  const stateless = names.map((name) => !isDynamic(flat.node(name), latched.has(name)));
  refuseAlgebraicLoops(names, successors, stateless);
  const inputs = names.flatMap((name, i) => (flat.node(name).type === "Input" ? [i] : []));
  const { feedback, warnings } = cutLoops(names, successors, inputs);
  return {
    graph: flat,
    order: topologicalOrder(successors).map((i) => names[i] as string),
    feedback,
    latched,
    delaySteps: delays.steps,
    diagnostics: [...deduped.diagnostics, ...types.diagnostics, ...delays.diagnostics, ...warnings],
  };
}

function allDelays(
  graph: NirGraph,
  types: GraphTypes,
  dt: number | undefined,
): { steps: Map<string, Int32Array>; diagnostics: Diagnostic[] } {
  const steps = new Map<string, Int32Array>();
  const diagnostics: Diagnostic[] = [];
  const named = [...graph.nodes()].sort(([a], [b]) => compareNames(a, b));
  for (const [name, node] of named) {
    if (node.type !== "Delay" || !("delay" in node)) continue;
    if (dt === undefined) throw new NirkitError([graphDiagnostic("E_DT_MISSING", `nodes.${name}`, {})]);
    const result = delaySteps(name, node.delay, types.outputShape(name) ?? node.delay.shape, dt);
    steps.set(name, result.steps);
    diagnostics.push(...result.diagnostics);
  }
  return { steps, diagnostics: [...assertNoErrors(diagnostics)] };
}

/** True when the output of a step does not follow from the input of the same step alone. */
function isDynamic(node: NirNode, latched: boolean): boolean {
  return isNeuron(node) || latched;
}

function refuseAlgebraicLoops(
  names: readonly string[],
  successors: readonly (readonly number[])[],
  stateless: readonly boolean[],
): void {
  const instant = successors.map((targets, i) => (stateless[i] ? targets.filter((t) => stateless[t]) : []));
  const found = loops(instant);
  if (found.length === 0) return;
  throw new NirkitError(
    found.map((loop) => {
      const nodes = cycleThrough(instant, loop).map((i) => names[i] as string);
      return graphDiagnostic("E_ALGEBRAIC_LOOP", placeOf("memory").edges([]), { nodes });
    }),
  );
}

/** Takes the feedback edges out of `successors` until no loop is left. */
function cutLoops(
  names: readonly string[],
  successors: number[][],
  inputs: readonly number[],
): { feedback: Edge[]; warnings: Diagnostic[] } {
  const cut: (readonly [number, number])[] = [];
  const warnings: Diagnostic[] = [];
  const cutWhere = (isFeedback: (from: number, to: number) => boolean): void => {
    for (const [from, targets] of successors.entries())
      successors[from] = targets.filter((to) => {
        const feeds = isFeedback(from, to);
        if (feeds) cut.push([from, to]);
        return !feeds;
      });
  };
  const fromInputs = dominance(successors, inputs);
  cutWhere((from, to) => fromInputs.dominates(to, from));
  // What no Input reaches is entered where nothing comes before it.
  const entered = new Set(successors.flat());
  const fromSources = dominance(
    successors,
    [...names.keys()].filter((i) => !fromInputs.reached(i) && !entered.has(i)),
  );
  cutWhere((from, to) => !fromInputs.reached(to) && fromSources.dominates(to, from));
  for (let left = loops(successors); left.length > 0; left = loops(successors))
    for (const loop of left) {
      const inside = new Set(loop);
      const first = loop[0] as number;
      cutWhere((from, to) => to === first && inside.has(from));
      const nodes = loop.map((i) => names[i] as string);
      const detail = { nodes, cut: names[first] as string };
      warnings.push(graphDiagnostic("W_IRREDUCIBLE_LOOP", placeOf("memory").edges([]), detail));
    }
  cut.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { feedback: cut.map(([from, to]) => [names[from] as string, names[to] as string]), warnings };
}

/** Kahn's algorithm by layers; within a layer by index, that is by name. */
function topologicalOrder(successors: readonly (readonly number[])[]): number[] {
  const waiting = new Int32Array(successors.length);
  for (const targets of successors) for (const to of targets) waiting[to] = (waiting[to] as number) + 1;
  const order: number[] = [];
  let layer = [...successors.keys()].filter((i) => waiting[i] === 0);
  while (layer.length > 0) {
    const next: number[] = [];
    for (const node of layer) {
      order.push(node);
      for (const to of successors[node] ?? []) {
        waiting[to] = (waiting[to] as number) - 1;
        if (waiting[to] === 0) next.push(to);
      }
    }
    layer = next.sort((a, b) => a - b);
  }
  return order;
}
