/** A graph compiled for one dialect, dt and precision: what runs in which order and reads what. */
import { isNeuron, type NirGraph, type NodeType, type Schedule, type Shape, sizeOf } from "@nirkit/graph";
import type { Dialect } from "./dialect.ts";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import { onLoops } from "./on-loops.ts";
import { populationLinks } from "./population-links.ts";
import type { Step } from "./step/step.ts";
import { compileStep } from "./step/steps.ts";

/** One node, compiled. */
export interface Unit {
  readonly name: string;
  readonly type: NodeType;
  readonly shape: Shape;
  readonly step: Step;
  /** What the node takes in: the output of its only source, or the sum of several. */
  readonly x: FloatArray;
  /** Summed into `x`, in order; empty where `x` is the source itself. */
  readonly sources: readonly FloatArray[];
  /** What others read where links cost a step: the output of the step before. */
  readonly sent: FloatArray | undefined;
}

/**
 * What one step does: `first` puts out what it holds, `middle` runs in order, `last` takes in what has settled, `end`
 * collects.
 */
export interface Program {
  /** All units, in the order of the schedule. */
  readonly units: readonly Unit[];
  readonly first: readonly Unit[];
  readonly middle: readonly Unit[];
  readonly last: readonly Unit[];
  readonly end: readonly Unit[];
  /** Sources of feedback edges with the value they have before step 0. */
  readonly feedback: ReadonlyMap<Unit, FloatArray>;
}

/** What to compile for. */
export interface ProgramOptions {
  readonly dialect: Dialect;
  readonly dt: number;
  readonly precision: Precision;
}

/** The same program whatever the order of nodes and edges in the file. */
export function compileProgram(schedule: Schedule, options: ProgramOptions): Program {
  const { dialect } = options;
  const steps = compileSteps(schedule, options);
  const order =
    dialect.links === "same-step" && dialect.fire === "after" ? schedule.order : settled(schedule, steps);
  const sent = sentBy(schedule.graph, steps, options);
  const types = schedule.graph.types();
  const units = order.map((name): Unit => {
    const step = steps.get(name) as Step;
    const type = schedule.graph.node(name).type as NodeType;
    const size = sizeOf(types.inputShape(name) ?? []);
    const wires = type === "Output" ? undefined : sent;
    const wiring = wire(schedule.graph, order, steps, wires, name, floats(options.precision, size));
    return { name, type, shape: types.outputShape(name) ?? [], step, ...wiring, sent: sent?.get(name) };
  });
  return { units, ...phases(units, dialect), feedback: feedbackOf(units, schedule, dialect) };
}

function compileSteps(schedule: Schedule, options: ProgramOptions): ReadonlyMap<string, Step> {
  const { graph, order } = schedule;
  const types = graph.types();
  const positions = new Map(order.map((name, i) => [name, i]));
  const loops = onLoops(
    order.length,
    graph.edges().map(([from, to]) => [positions.get(from) ?? 0, positions.get(to) ?? 0] as const),
  );
  const links = options.dialect.links === "one-step" ? populationLinks(graph, options.dialect) : new Map();
  return new Map(
    order.map((name, i) => {
      const context = {
        ...options,
        name,
        inputShape: types.inputShape(name) ?? [],
        outputShape: types.outputShape(name) ?? [],
        delaySteps: schedule.delaySteps.get(name),
        recurrent: loops.has(i),
        projection: links.get(name),
      };
      return [name, compileStep(graph.node(name), context)] as const;
    }),
  );
}

/** An order in which the nodes without state follow each other, edges out of the others aside. */
function settled({ graph, order }: Schedule, steps: ReadonlyMap<string, Step>): readonly string[] {
  const holds = (name: string): boolean => {
    const step = steps.get(name);
    return step?.emit !== undefined || isNeuron(graph.node(name)) || graph.node(name).type === "Input";
  };
  const waiting = new Map(
    order.map((name) => [name, graph.predecessors(name).filter((other) => !holds(other)).length]),
  );
  const result: string[] = [];
  const done = new Set<string>();
  while (result.length < order.length) {
    const layer = order.filter((name) => !done.has(name) && (holds(name) || waiting.get(name) === 0));
    if (layer.length === 0) return [...result, ...order.filter((name) => !done.has(name))];
    for (const name of layer) {
      done.add(name);
      result.push(name);
      if (!holds(name)) for (const to of graph.successors(name)) waiting.set(to, (waiting.get(to) ?? 0) - 1);
    }
  }
  return result;
}

/** Buffers of what went out one step ago, for Inputs and populations. */
function sentBy(
  graph: NirGraph,
  steps: ReadonlyMap<string, Step>,
  { dialect, precision }: ProgramOptions,
): ReadonlyMap<string, FloatArray> | undefined {
  if (dialect.links === "same-step") return undefined;
  const sources = [...steps].filter(
    ([name]) => isNeuron(graph.node(name)) || graph.node(name).type === "Input",
  );
  return new Map(sources.map(([name, { out }]) => [name, floats(precision, out.length)]));
}

function phases(units: readonly Unit[], dialect: Dialect): Omit<Program, "units" | "feedback"> {
  if (dialect.links === "one-step") {
    const linked = units.filter(({ sent }) => sent !== undefined);
    return {
      first: linked,
      middle: units.filter(({ sent, type }) => sent === undefined && type !== "Output"),
      last: linked,
      end: units.filter(({ type }) => type === "Output"),
    };
  }
  const holding = units.filter(({ step }) => step.emit !== undefined);
  return {
    first: holding,
    middle: units.filter(({ step }) => step.emit === undefined),
    last: holding,
    end: [],
  };
}

/** Sources are summed in the order of the schedule, so that the rounding does not depend on the file either. */
function wire(
  graph: NirGraph,
  order: readonly string[],
  steps: ReadonlyMap<string, Step>,
  sent: ReadonlyMap<string, FloatArray> | undefined,
  name: string,
  sum: FloatArray,
): { x: FloatArray; sources: readonly FloatArray[] } {
  const before = new Set(graph.predecessors(name));
  const names = order.filter((other) => before.has(other));
  const sources = names.map((other) => sent?.get(other) ?? (steps.get(other) as Step).out);
  const [only] = sources;
  // A node that reads itself needs a copy: it writes while it reads. An Input adds what comes from outside.
  const direct = only !== undefined && sources.length === 1 && names[0] !== name;
  return direct && graph.node(name).type !== "Input" ? { x: only, sources: [] } : { x: sum, sources };
}

/** Brings the input of a unit up to date; `start` is what the sum begins with. */
export function gather({ x, sources }: Unit, start?: FloatArray): void {
  if (start === undefined) {
    const [first] = sources;
    if (first === undefined) return;
    x.set(first);
  } else {
    x.set(start);
  }
  for (let s = start === undefined ? 1 : 0; s < sources.length; s++) {
    const source = sources[s];
    if (source !== undefined) for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) + (source[i] ?? 0);
  }
}

/**
 * What the sources of feedback edges deliver in step 0: 0, or their value for silent neurons and inputs.
 *
 * A loop holds at least one neuron or latched Delay, so the nodes without state form no loop and settle after at
 * most one pass more than there are feedback edges.
 */
function feedbackOf(
  units: readonly Unit[],
  { graph, feedback }: Schedule,
  dialect: Dialect,
): ReadonlyMap<Unit, FloatArray> {
  const names = new Set(feedback.map(([source]) => source));
  if (names.size === 0 || dialect.links === "one-step" || dialect.fire === "before") return new Map();
  for (const unit of units) unit.step.reset(0);
  for (const unit of units) unit.step.out.fill(0);
  for (let pass = 0; pass <= names.size && dialect.feedbackT0 === "zeroSpikes"; pass++)
    for (const unit of units) {
      if (graph.node(unit.name).type === "Input" || unit.step.dynamic) continue;
      gather(unit);
      unit.step.step(unit.x, 0);
    }
  return new Map(
    units.filter(({ name }) => names.has(name)).map((unit) => [unit, unit.step.out.slice() as FloatArray]),
  );
}
