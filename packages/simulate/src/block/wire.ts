/** What goes out of a node: its rows, and its events where somebody goes by them. */
import { type Schedule, sizeOf } from "@nirkit/graph";
import type { Unit } from "../program.ts";
import { isFiring } from "../tally.ts";
import { components } from "./components.ts";
import { type EventList, makeList } from "./event-list.ts";
import { hasKernelNeuron } from "./kernel-neuron.ts";
import { type BlockMemory, makeRows, type Rows } from "./rows.ts";

/** The output of one node. */
export interface Wire {
  readonly unit: Unit;
  readonly rows: Rows;
  /** Events of the chunk that ran last. */
  readonly events: EventList | undefined;
  /** Non-zero values of the chunk that ran last. */
  nonZeros: number;
  /** False while nobody reads the rows and the events say all. */
  rowsWanted: boolean;
  /** Which loop the node lies on; its own number where on none. */
  readonly loop: number;
}

/** A source of a node. */
export interface Source {
  readonly wire: Wire;
  /** The rows of the step before. */
  readonly feedback: boolean;
  /** Both run step by step, in one loop. */
  readonly sameLoop: boolean;
}

/** All wires, the sources of every node in the order of summation, and the loops in the order they run. */
export interface Wiring {
  readonly wires: ReadonlyMap<string, Wire>;
  readonly sources: ReadonlyMap<string, readonly Source[]>;
  /** Units of each loop or single node, in the order of execution. */
  readonly groups: readonly (readonly Unit[])[];
}

/** Nodes that go from event to event. */
function isEventDriven({ type, step }: Unit): boolean {
  if (type === "Affine" || type === "Linear") return step.plan?.kind === "dense";
  return type === "Conv1d" || type === "Conv2d" || step.plan?.kind === "pool";
}

/** @param units in the order of the schedule */
export function wiringOf(memory: BlockMemory, units: readonly Unit[], schedule: Schedule): Wiring {
  const { graph } = schedule;
  const positions = new Map(units.map(({ name }, i) => [name, i]));
  const { groups, loopOf } = components(units, graph.edges(), positions);
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const after = (name: string): readonly Unit[] => graph.successors(name).map((to) => byName.get(to) as Unit);
  const wires = new Map<string, Wire>();
  for (const unit of units) {
    const size = sizeOf(unit.shape);
    const wanted = unit.type === "Input" || isFiring(unit.type) || after(unit.name).some(isEventDriven);
    const graded = !(isFiring(unit.type) && (unit.type === "Threshold" || hasKernelNeuron(unit)));
    wires.set(unit.name, {
      unit,
      rows: makeRows(memory, size),
      events: wanted ? makeList(memory, memory.chunk, size, graded) : undefined,
      nonZeros: 0,
      rowsWanted: false,
      loop: loopOf.get(unit.name) ?? -1,
    });
  }
  const feedback = new Set(schedule.feedback.map(([from, to]) => JSON.stringify([from, to])));
  const sources = new Map(
    units.map(({ name }) => {
      const before = new Set(graph.predecessors(name));
      const to = wires.get(name) as Wire;
      const own = units
        .filter((other) => before.has(other.name))
        .map((other): Source => {
          const wire = wires.get(other.name) as Wire;
          const late = feedback.has(JSON.stringify([other.name, name]));
          return { wire, feedback: late, sameLoop: wire.loop === to.loop };
        });
      return [name, own] as const;
    }),
  );
  return { wires, sources, groups };
}
