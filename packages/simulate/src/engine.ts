/** What runs a compiled graph in chunks of steps, and the plain way to do it. */
import { type Activity, type Signal, sizeOf, type Tensor } from "@nirkit/graph";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import type { InputFeed } from "./input-feed.ts";
import type { Program, Unit } from "./program.ts";
import type { RecordableNode, SignalRows } from "./signal-rows.ts";
import { createStepper } from "./stepper.ts";
import { tallyOf } from "./tally.ts";

/**
 * State of a network between two steps, by `node/v`, `node/i` and what else a node holds. Plain data: it can be kept,
 * sent and given to another run of the same graph in the same dialect.
 */
export type SimulatorState = ReadonlyMap<string, Tensor>;

/** A compiled graph with its state. Engines of one graph give equal spikes. */
export interface Engine {
  /** Most steps of one `advance`. */
  readonly chunk: number;
  readonly nodes: readonly RecordableNode[];
  /** Back to rest, for a sample of `steps` steps; counters back to 0. */
  reset(steps: number): void;
  /** After {@link Engine.reset}: starts from a state instead of from rest. */
  load(state: SimulatorState): void;
  /** The state before step t. */
  save(t: number): SimulatorState;
  /** Asks for a signal of the chunks that follow, of at most `steps` steps each, until `release`. */
  capture(node: string, signal: Signal, steps: number): SignalRows;
  release(): void;
  /** Runs steps t … t + count − 1 with the input of the same steps of the feed. */
  advance(feed: InputFeed, t: number, count: number): void;
  /** Counters since {@link Engine.reset}. */
  activity(steps: number): Activity;
  /** Steps since {@link Engine.reset} in which each neuron fired, by firing node. */
  activeSteps(): ReadonlyMap<string, Uint32Array>;
}

interface Capture extends SignalRows {
  readonly source: FloatArray;
  readonly buffer: FloatArray;
}

/** Node by node and step by step: the reference for every faster engine. */
export function plainEngine(program: Program, precision: Precision): Engine {
  const { units } = program;
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const tally = tallyOf(units);
  const stepper = createStepper(program, precision, tally.count);
  let captures: Capture[] = [];
  return {
    chunk: 512,
    nodes: units.map(({ name, shape, step }) => ({
      name,
      shape,
      signals: new Set(["out", ...step.signals.keys()] as const),
    })),
    reset: (steps) => {
      tally.reset();
      stepper.reset(steps);
    },
    load: (state) => {
      for (const [key, { array, load }] of statesOf(program, 0)) {
        const values = state.get(key)?.data as FloatArray | undefined;
        if (values !== undefined) load === undefined ? array.set(values) : load(values);
      }
    },
    save: (t) =>
      new Map(
        [...statesOf(program, t)].map(([key, { array, shape }]) => [key, tensorOf(array.slice(), shape)]),
      ),
    capture: (node, signal, steps) => {
      const { step } = byName.get(node) as Unit;
      const source = signal === "out" ? step.out : (step.signals.get(signal) as FloatArray);
      const buffer = floats(precision, steps * source.length);
      const capture = { size: source.length, source, buffer, rows: () => buffer };
      captures.push(capture);
      return capture;
    },
    release: () => {
      captures = [];
    },
    advance: (feed, t, count) => {
      for (let k = 0; k < count; k++) {
        stepper.advance(t + k, feed);
        for (const { source, buffer } of captures) buffer.set(source, k * source.length);
      }
    },
    activity: tally.activity,
    activeSteps: tally.activeSteps,
  };
}

/** One array of a state, live, or with its own way back. */
interface StateArray {
  readonly array: FloatArray;
  readonly shape: readonly number[];
  readonly load?: (values: FloatArray) => void;
}

function* statesOf(program: Program, t: number): Generator<readonly [string, StateArray]> {
  const sources = new Set<Unit>(program.feedback.keys());
  for (const unit of program.units) {
    const { name, shape, step, sent } = unit;
    for (const [key, array] of step.state ?? []) yield [`${name}/${key}`, { array, shape }];
    if (sources.has(unit) || sent !== undefined) yield [`${name}/out`, { array: step.out, shape }];
    const { history } = step;
    if (history === undefined) continue;
    const array = history.save(t);
    const rows = sizeOf(shape) === 0 ? 0 : array.length / sizeOf(shape);
    yield [`${name}/history`, { array, shape: [rows, ...shape], load: history.load }];
  }
}

/** A tensor of the precision of its data. */
export function tensorOf(data: FloatArray, shape: readonly number[]): Tensor {
  return data instanceof Float32Array ? { dtype: "float32", shape, data } : { dtype: "float64", shape, data };
}
