/**
 * A pass in segments of time that keeps only the state between them: on the way back each segment is run again, and
 * its gradient of the state goes on to the one before (gradient checkpointing, training.md 10).
 *
 * What runs again is the same kernels on the same numbers, so outputs, spikes and membranes are those of one pass, bit
 * for bit, and so are the gradients of drives. The sums over time in the gradients of parameters are added segment by
 * segment, the last one first.
 */
import type { EventBatch } from "@nirkit/events";
import type { NodeActivity } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { NodeState } from "../../model/trainable-model.ts";
import type { ExecutorInput } from "../executor.ts";
import { clearGradients, type FusedNetwork, FusedRun } from "./fused-run.ts";
import { type Packed, pack } from "./packed.ts";

type Inputs = ExecutorInput["inputs"];

/** What the way back needs of the executor. */
export interface BackHooks {
  /** Puts the values of parameters into the kernels' memory. */
  load(run: FusedRun): void;
  /** Takes the gradients of a run that is done; the segment starts at row `from · batch`. */
  collect(run: FusedRun, from: number): void;
}

/** One forward pass in segments. */
export class SegmentedRun {
  readonly #fused: FusedNetwork;
  readonly #input: ExecutorInput;
  readonly #size: number;
  /** State at the start of each segment. */
  readonly #starts: ReadonlyMap<string, NodeState>[] = [];

  constructor(fused: FusedNetwork, input: ExecutorInput, size: number) {
    this.#fused = fused;
    this.#input = input;
    this.#size = size;
  }

  forward(load: (run: FusedRun) => void): {
    readonly packed: readonly Packed[];
    readonly state: Map<string, NodeState>;
    readonly activity: Map<string, NodeActivity>;
  } {
    const { steps } = this.#input;
    let state: Map<string, NodeState> = new Map(this.#input.state);
    const activity = new Map<string, NodeActivity>();
    let whole: readonly Packed[] = [];
    for (let from = 0; from < steps; from += this.#size) {
      this.#starts.push(state);
      this.#segment(from, this.#input.inputs, (run, input) => {
        load(run);
        run.forward();
        const packed = pack(this.#fused.network, run, input);
        if (from === 0) whole = packed.map((part) => roomFor(part, steps));
        packed.forEach((part, k) => {
          (whole[k] as Packed).values.set(part.values, from * rowSize(part));
        });
        state = run.takeState();
        for (const [name, part] of run.activity()) activity.set(name, added(activity.get(name), part));
      });
    }
    return { packed: whole, state, activity };
  }

  /** @param dy gradients of the packed parts, one after the other */
  backward(packed: readonly Packed[], dy: Float32Array, inputs: Inputs, hooks: BackHooks): void {
    let end: ReadonlyMap<string, Float32Array> = new Map();
    for (let k = this.#starts.length - 1; k >= 0; k--) {
      const from = k * this.#size;
      this.#segment(from, inputs, (run, input) => {
        const start = new Map<string, Float32Array>();
        run.boundary = { end, start };
        hooks.load(run);
        run.forward();
        for (const { part, dy: own } of partsOf(packed, dy, from, input.steps)) run.receive(part, own);
        clearGradients(this.#fused.program);
        run.backward();
        hooks.collect(run, from);
        end = start;
      });
    }
  }

  /** One segment on buffers of its own, which go back afterwards. */
  #segment(from: number, inputs: Inputs, work: (run: FusedRun, input: ExecutorInput) => void): void {
    const { steps, batch } = this.#input;
    const to = Math.min(from + this.#size, steps);
    const state = this.#starts[from / this.#size] as ReadonlyMap<string, NodeState>;
    tf.tidy(() => {
      const cut = new Map([...inputs].map(([name, given]) => [name, sliceInput(given, from, to, batch)]));
      const input = { ...this.#input, steps: to - from, inputs: cut, state };
      const run = new FusedRun(this.#fused, input, { first: 0, count: batch });
      work(run, input);
      run.free();
    });
  }
}

function rowSize({ shape, values }: Packed): number {
  return values.length / (shape[0] as number);
}

function roomFor(part: Packed, steps: number): Packed {
  const [, ...rest] = part.shape;
  return { ...part, shape: [steps, ...rest], values: new Float32Array(rowSize(part) * steps) };
}

function partsOf(
  packed: readonly Packed[],
  dy: Float32Array,
  from: number,
  steps: number,
): { readonly part: Packed; readonly dy: Float32Array }[] {
  let at = 0;
  return packed.map((part) => {
    const size = rowSize(part);
    const own = dy.slice(at + from * size, at + (from + steps) * size);
    at += part.values.length;
    return { part, dy: own };
  });
}

function added(sum: NodeActivity | undefined, part: NodeActivity): NodeActivity {
  if (sum === undefined) return part;
  return {
    ...part,
    steps: sum.steps + part.steps,
    eventsIn: sum.eventsIn + part.eventsIn,
    eventsOut: sum.eventsOut + part.eventsOut,
    synapticOps: sum.synapticOps + part.synapticOps,
  };
}

function sliceInput(
  given: tf.Tensor | EventBatch,
  from: number,
  to: number,
  batch: number,
): tf.Tensor | EventBatch {
  if (!("kind" in given && given.kind === "events")) {
    const dense = given as tf.Tensor;
    const [, ...rest] = dense.shape;
    return tf.slice(dense, [from, ...rest.map(() => 0)], [to - from, ...rest]);
  }
  const events = given as EventBatch;
  const rows = events.start.subarray(from * batch, to * batch + 1);
  const [first = 0, last = 0] = [rows[0], rows.at(-1)];
  return {
    ...events,
    steps: to - from,
    start: rows.map((place) => place - first),
    index: events.index.subarray(first, last),
    ...(events.value === undefined ? {} : { value: events.value.subarray(first, last) }),
  };
}
