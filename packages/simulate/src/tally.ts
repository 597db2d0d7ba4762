/** Events and synaptic operations per node, counted while a sample runs. */
import { type Activity, type NodeActivity, sizeOf } from "@nirkit/graph";
import type { FloatArray } from "./float-array.ts";
import type { Unit } from "./program.ts";

/** Counters of one run, by the position of a unit. */
export interface Tally {
  /** Counts one step of a unit from its input and output as they stand. */
  count(unit: Unit): void;
  activity(steps: number): Activity;
}

/**
 * eventsIn: non-zero elements of the summed input; eventsOut: of the output; synapticOps: for each input event of a
 * weight node, the non-zero weights it meets.
 */
export function tallyOf(units: readonly Unit[]): Tally {
  const eventsIn = new Float64Array(units.length);
  const eventsOut = new Float64Array(units.length);
  const synapticOps = new Float64Array(units.length);
  const positions = new Map(units.map((unit, index) => [unit, index]));
  const count = (unit: Unit): void => {
    const index = positions.get(unit) ?? 0;
    const { x, step } = unit;
    eventsIn[index] = (eventsIn[index] ?? 0) + nonZeros(x);
    eventsOut[index] = (eventsOut[index] ?? 0) + nonZeros(step.out);
    if (step.fanOut !== undefined) synapticOps[index] = (synapticOps[index] ?? 0) + reached(x, step.fanOut);
  };
  const activity = (steps: number): Activity =>
    new Map(
      units.map(({ name, shape }, i): [string, NodeActivity] => [
        name,
        {
          samples: 1,
          steps,
          neurons: sizeOf(shape),
          eventsIn: eventsIn[i] ?? 0,
          eventsOut: eventsOut[i] ?? 0,
          synapticOps: synapticOps[i] ?? 0,
        },
      ]),
    );
  return { count, activity };
}

function nonZeros(values: FloatArray): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  return count;
}

function reached(x: FloatArray, fanOut: Int32Array): number {
  let operations = 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) operations += fanOut[i] ?? 0;
  return operations;
}
