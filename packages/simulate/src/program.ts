/** A graph compiled for one dialect, dt and precision: what runs in which order and reads what. */
import { type NirGraph, type NodeType, type Schedule, type Shape, sizeOf } from "@nirkit/graph";
import type { Dialect } from "./dialect.ts";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import type { Step } from "./step/step.ts";
import { compileStep } from "./step/steps.ts";

/** One node in the order of execution. */
export interface Unit {
  readonly name: string;
  readonly type: NodeType;
  readonly shape: Shape;
  readonly step: Step;
  /** What the node takes in: the output of its only source, or the sum of several. */
  readonly x: FloatArray;
  /** Summed into `x`, in order; empty where `x` is the source itself. */
  readonly sources: readonly FloatArray[];
}

/** What to compile for. */
export interface ProgramOptions {
  readonly dialect: Dialect;
  readonly dt: number;
  readonly precision: Precision;
}

/** Compiled units in the order of the schedule, the same whatever the order of nodes and edges in the file. */
export function compileProgram(schedule: Schedule, options: ProgramOptions): readonly Unit[] {
  const types = schedule.graph.types();
  const steps = new Map<string, Step>();
  for (const name of schedule.order) {
    const context = {
      ...options,
      name,
      inputShape: types.inputShape(name) ?? [],
      outputShape: types.outputShape(name) ?? [],
      delaySteps: schedule.delaySteps.get(name),
    };
    steps.set(name, compileStep(schedule.graph.node(name), context));
  }
  return schedule.order.map((name) => {
    const step = steps.get(name) as Step;
    const shape = types.outputShape(name) ?? [];
    const size = sizeOf(types.inputShape(name) ?? []);
    const wiring = wire(schedule, steps, name, floats(options.precision, size));
    return { name, type: schedule.graph.node(name).type as NodeType, shape, step, ...wiring };
  });
}

/** Sources are summed in the order of the schedule, so that the rounding does not depend on the file either. */
function wire(
  schedule: Schedule,
  steps: ReadonlyMap<string, Step>,
  name: string,
  sum: FloatArray,
): { x: FloatArray; sources: readonly FloatArray[] } {
  const before = new Set(schedule.graph.predecessors(name));
  const names = schedule.order.filter((other) => before.has(other));
  const sources = names.map((other) => (steps.get(other) as Step).out);
  const [only] = sources;
  // A node that reads itself needs a copy: it writes while it reads. An Input adds what comes from outside.
  const direct = only !== undefined && sources.length === 1 && names[0] !== name;
  return direct && schedule.graph.node(name).type !== "Input"
    ? { x: only, sources: [] }
    : { x: sum, sources };
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
 * What the sources of feedback edges deliver in step 0: their value for silent neurons and inputs.
 *
 * A loop holds at least one neuron or latched Delay, so the nodes without state form no loop and settle after at
 * most one pass more than there are feedback edges.
 */
export function silentOutputs(
  units: readonly Unit[],
  graph: NirGraph,
  feedback: Schedule["feedback"],
): ReadonlyMap<FloatArray, FloatArray> {
  const sources = new Set(feedback.map(([source]) => source));
  if (sources.size === 0) return new Map();
  for (const unit of units) unit.step.reset(0);
  for (const unit of units) unit.step.out.fill(0);
  for (let pass = 0; pass <= sources.size; pass++)
    for (const unit of units) {
      if (graph.node(unit.name).type === "Input" || unit.step.dynamic) continue;
      gather(unit);
      unit.step.step(unit.x, 0);
    }
  return new Map(
    units
      .filter(({ name }) => sources.has(name))
      .map(({ step }) => [step.out, step.out.slice() as FloatArray]),
  );
}
