/** Batches as training takes them: host arrays by Input node, which can be cut by samples and by steps. */
import type { Batch, DenseBatch, EventBatch } from "@nirkit/events";
import { type Shape, sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { SequenceBatch } from "../model/trainable-model.ts";

/** Float32 numbers with a shape. */
export interface HostTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** One batch. */
export interface TrainBatch {
  readonly steps: number;
  readonly batch: number;
  /** By Input node. */
  readonly input: ReadonlyMap<string, Batch>;
  /** Class of each sample. */
  readonly labels: Int32Array;
  /** Wanted output `[T, B, ...features]`. */
  readonly sequence?: HostTensor;
  /** Logits of a teacher, `[B, C]`. */
  readonly teacher?: HostTensor;
}

/** A batch of one Input node. */
export function singleInput(batch: Batch, input = "input"): TrainBatch {
  const { steps, labels } = batch;
  return { steps, batch: batch.batch, input: new Map([[input, batch]]), labels };
}

/** Dense inputs as tensors, events as they are; dispose with {@link disposeInputs}. */
export function toSequenceBatch(batch: TrainBatch): SequenceBatch {
  return new Map(
    [...batch.input].map(([name, input]): [string, tf.Tensor | EventBatch] => [
      name,
      input.kind === "events"
        ? input
        : tf.tensor(input.data, [input.steps, input.batch, ...input.shape], "float32"),
    ]),
  );
}

/** Frees the tensors of a sequence batch. */
export function disposeInputs(inputs: SequenceBatch): void {
  for (const input of inputs.values()) if (input instanceof tf.Tensor) input.dispose();
}

/** Samples `from` … `to` − 1. */
export function sliceSamples(batch: TrainBatch, from: number, to: number): TrainBatch {
  if (from === 0 && to === batch.batch) return batch;
  const input = new Map([...batch.input].map(([name, part]) => [name, cut(part, 0, part.steps, from, to)]));
  const { sequence, teacher } = batch;
  return {
    steps: batch.steps,
    batch: to - from,
    input,
    labels: batch.labels.slice(from, to),
    ...(sequence === undefined ? {} : { sequence: cutHost(sequence, 0, batch.steps, from, to) }),
    ...(teacher === undefined ? {} : { teacher: cutRows(teacher, from, to) }),
  };
}

/** Steps `from` … `to` − 1 of every sample. */
export function sliceSteps(batch: TrainBatch, from: number, to: number): TrainBatch {
  if (from === 0 && to === batch.steps) return batch;
  const input = new Map([...batch.input].map(([name, part]) => [name, cut(part, from, to, 0, part.batch)]));
  const { sequence } = batch;
  return {
    ...batch,
    steps: to - from,
    input,
    ...(sequence === undefined ? {} : { sequence: cutHost(sequence, from, to, 0, batch.batch) }),
  };
}

function cut(part: Batch, step0: number, step1: number, b0: number, b1: number): Batch {
  return part.kind === "events"
    ? cutEvents(part, step0, step1, b0, b1)
    : cutDense(part, step0, step1, b0, b1);
}

function cutEvents(part: EventBatch, step0: number, step1: number, b0: number, b1: number): EventBatch {
  const [steps, batch] = [step1 - step0, b1 - b0];
  const start = new Uint32Array(steps * batch + 1);
  const at = (row: number): number => part.start[row] as number;
  for (let step = 0; step < steps; step++)
    for (let b = 0; b < batch; b++) {
      const row = (step0 + step) * part.batch + b0 + b;
      const to = step * batch + b;
      start[to + 1] = (start[to] as number) + at(row + 1) - at(row);
    }
  const total = start[steps * batch] as number;
  const index = new Uint32Array(total);
  const { value } = part;
  const values = value instanceof Float32Array ? new Float32Array(total) : new Int16Array(total);
  for (let step = 0; step < steps; step++) {
    const row = (step0 + step) * part.batch + b0;
    const [from, to] = [at(row), at(row + batch)];
    index.set(part.index.subarray(from, to), start[step * batch] as number);
    if (value !== undefined) values.set(value.subarray(from, to), start[step * batch] as number);
  }
  const labels = part.labels.slice(b0, b1);
  const events = { kind: "events", steps, batch, shape: part.shape, start, index, labels } as const;
  return value === undefined ? events : { ...events, value: values };
}

function cutDense(part: DenseBatch, step0: number, step1: number, b0: number, b1: number): DenseBatch {
  const { data } = cutHost(
    { shape: [part.steps, part.batch, ...part.shape], data: part.data },
    step0,
    step1,
    b0,
    b1,
  );
  return { ...part, steps: step1 - step0, batch: b1 - b0, data, labels: part.labels.slice(b0, b1) };
}

function cutHost(host: HostTensor, step0: number, step1: number, b0: number, b1: number): HostTensor {
  const [, batch = 0, ...features] = host.shape;
  const size = sizeOf(features);
  const wide = (b1 - b0) * size;
  const data = new Float32Array((step1 - step0) * wide);
  for (let step = step0; step < step1; step++) {
    const from = (step * batch + b0) * size;
    data.set(host.data.subarray(from, from + wide), (step - step0) * wide);
  }
  return { shape: [step1 - step0, b1 - b0, ...features], data };
}

function cutRows(host: HostTensor, from: number, to: number): HostTensor {
  const [, ...features] = host.shape;
  const size = sizeOf(features);
  return { shape: [to - from, ...features], data: host.data.slice(from * size, to * size) };
}
