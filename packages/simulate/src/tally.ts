/** Events and synaptic operations per node, counted while a sample runs. */
import { type Activity, type NodeActivity, sizeOf } from "@nirkit/graph";
import type { FloatArray } from "./float-array.ts";
import type { Unit } from "./program.ts";

/** Counters of one run. */
export interface Tally {
  reset(): void;
  /** Counts one step of a unit from its input and output as they stand. */
  count(unit: Unit): void;
  activity(steps: number): Activity;
  activeSteps(): ReadonlyMap<string, Uint32Array>;
}

interface Counters {
  eventsIn: number;
  eventsOut: number;
  synapticOps: number;
  /** Per neuron of a node that fires. */
  readonly active: Uint32Array | undefined;
}

/** Types that put out spikes of their own. */
const firing: readonly string[] = ["IF", "LIF", "CubaLIF", "Threshold"];

/** True for nodes whose output is spikes. */
export function isFiring(type: string): boolean {
  return firing.includes(type);
}

/**
 * eventsIn: non-zero elements of the summed input; eventsOut: of the output; synapticOps: for each input event of a
 * weight node, the non-zero weights it meets.
 */
export function tallyOf(units: readonly Unit[]): Tally {
  const counters = new Map(
    units.map((unit): [Unit, Counters] => {
      const active = isFiring(unit.type) ? new Uint32Array(sizeOf(unit.shape)) : undefined;
      return [unit, { eventsIn: 0, eventsOut: 0, synapticOps: 0, active }];
    }),
  );
  const count = (unit: Unit): void => {
    const counter = counters.get(unit) as Counters;
    const { x, step } = unit;
    counter.eventsIn += nonZeros(x);
    counter.eventsOut += counter.active === undefined ? nonZeros(step.out) : mark(step.out, counter.active);
    if (step.fanOut !== undefined) counter.synapticOps += reached(x, step.fanOut);
  };
  return {
    count,
    reset: () => {
      for (const counter of counters.values()) {
        counter.eventsIn = counter.eventsOut = counter.synapticOps = 0;
        counter.active?.fill(0);
      }
    },
    activity: (steps) =>
      new Map(
        [...counters].map(
          ([{ name, shape }, { eventsIn, eventsOut, synapticOps }]): [string, NodeActivity] => [
            name,
            { samples: 1, steps, neurons: sizeOf(shape), eventsIn, eventsOut, synapticOps },
          ],
        ),
      ),
    activeSteps: () =>
      new Map(
        [...counters].flatMap(([{ name }, { active }]) =>
          active === undefined ? [] : [[name, active.slice()] as const],
        ),
      ),
  };
}

function nonZeros(values: FloatArray): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  return count;
}

/** Counts non-zero values, each also at its place. */
function mark(values: FloatArray, active: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i] !== 0) {
      count++;
      active[i] = (active[i] ?? 0) + 1;
    }
  return count;
}

function reached(x: FloatArray, fanOut: Int32Array): number {
  let operations = 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) operations += fanOut[i] ?? 0;
  return operations;
}
