/** Samples side by side, in the form that fused training kernels take. */
import type { Events, Sample, Shape, Tensor } from "@nirkit/graph";
import { sizeOf } from "@nirkit/graph";
import { eventsError } from "../diagnostics.ts";

/** Sparse batch: row t * batch + b holds step t of sample b; no dense frame is made. */
export interface EventBatch {
  readonly kind: "events";
  readonly steps: number;
  readonly batch: number;
  /** Shape of one step of one sample. */
  readonly shape: Shape;
  /** steps * batch + 1 entries. */
  readonly start: Uint32Array;
  /** Row-major positions in `shape`, ascending within a row. */
  readonly index: Uint32Array;
  /** Absent where every entry is 1. */
  readonly value?: Int16Array | Float32Array;
  /** Class of each sample, -1 without one. */
  readonly labels: Int32Array;
}

/** Dense batch, for analogue input: [steps, batch, ...shape]. */
export interface DenseBatch {
  readonly kind: "dense";
  readonly steps: number;
  readonly batch: number;
  readonly shape: Shape;
  readonly data: Float32Array;
  readonly labels: Int32Array;
}

/** A batch of either kind. */
export type Batch = EventBatch | DenseBatch;

/**
 * Puts samples side by side; their inputs at `input` have one shape and one number of steps. Events stay sparse,
 * tensors become one dense array.
 *
 * @throws E_BATCH for an empty batch, a sample without that input, or samples that differ
 */
export function collate(samples: readonly Sample[], input = "input"): Batch {
  const [first] = samples;
  if (first === undefined) throw eventsError("E_BATCH", "", { why: "A batch of no samples" });
  const inputs = samples.map((sample, b) => {
    const found = sample.input.get(input);
    if (found === undefined)
      throw eventsError("E_BATCH", `samples[${b}]`, {
        why: `There is no input "${input}"`,
        hint: `The inputs are ${[...sample.input.keys()].join(", ")}`,
      });
    return found;
  });
  const labels = Int32Array.from(samples, ({ label }) => label ?? -1);
  return inputs.every(isEvents) ? collateEvents(inputs, labels) : collateTensors(inputs, labels);
}

function isEvents(input: Tensor | Events): input is Events {
  return "steps" in input;
}

function assertAlike(steps: number, shape: Shape, other: { steps: number; shape: Shape }, b: number): void {
  if (other.steps === steps && sizeOf(other.shape) === sizeOf(shape) && other.shape.length === shape.length)
    return;
  throw eventsError("E_BATCH", `samples[${b}]`, {
    why: `${other.steps} steps of [${other.shape}] beside ${steps} of [${shape}]`,
    hint: "Bin all samples with the same steps and sizes",
  });
}

function collateEvents(inputs: readonly Events[], labels: Int32Array): EventBatch {
  const { steps, shape } = inputs[0] as Events;
  inputs.forEach((events, b) => {
    assertAlike(steps, shape, events, b);
  });
  const batch = inputs.length;
  const total = inputs.reduce((sum, { index }) => sum + index.length, 0);
  const start = new Uint32Array(steps * batch + 1);
  const index = new Uint32Array(total);
  const value = valuesFor(inputs, total);
  let filled = 0;
  for (let step = 0; step < steps; step++)
    for (let b = 0; b < batch; b++) {
      const events = inputs[b] as Events;
      const [from, to] = [events.start[step] as number, events.start[step + 1] as number];
      for (let e = from; e < to; e++, filled++) {
        index[filled] = events.index[e] as number;
        if (value !== undefined) value[filled] = events.value?.[e] ?? 1;
      }
      start[step * batch + b + 1] = filled;
    }
  const sparse = { kind: "events", steps, batch, shape, start, index, labels } as const;
  return value === undefined ? sparse : { ...sparse, value };
}

function valuesFor(inputs: readonly Events[], total: number): Int16Array | Float32Array | undefined {
  if (inputs.some(({ value }) => value instanceof Float32Array)) return new Float32Array(total);
  return inputs.some(({ value }) => value !== undefined) ? new Int16Array(total) : undefined;
}

function collateTensors(inputs: readonly (Tensor | Events)[], labels: Int32Array): DenseBatch {
  const sizes = inputs.map((input) =>
    isEvents(input) ? input : { steps: input.shape[0] ?? 0, shape: input.shape.slice(1) },
  );
  const { steps, shape } = sizes[0] as { steps: number; shape: Shape };
  const [batch, size] = [inputs.length, sizeOf(shape)];
  const data = new Float32Array(steps * batch * size);
  inputs.forEach((input, b) => {
    assertAlike(steps, shape, sizes[b] as { steps: number; shape: Shape }, b);
    for (let step = 0; step < steps; step++) {
      const to = (step * batch + b) * size;
      if (!isEvents(input)) {
        const from = input.data as ArrayLike<number>;
        for (let i = 0; i < size; i++) data[to + i] = Number(from[step * size + i]);
      } else
        for (let e = input.start[step] as number; e < (input.start[step + 1] as number); e++)
          data[to + (input.index[e] as number)] = input.value?.[e] ?? 1;
    }
  });
  return { kind: "dense", steps, batch, shape, data, labels };
}

/** The buffers of a batch, to be moved to another thread. */
export function batchBuffers(batch: Batch): ArrayBuffer[] {
  const arrays =
    batch.kind === "dense"
      ? [batch.data, batch.labels]
      : [batch.start, batch.index, batch.labels, ...(batch.value === undefined ? [] : [batch.value])];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}
