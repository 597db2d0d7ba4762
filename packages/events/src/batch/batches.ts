/** Epochs of batches, and a queue that runs ahead of who takes them. */
import type { Sample } from "@nirkit/graph";
import type { Dataset } from "../dataset/dataset.ts";
import { eventsError } from "../diagnostics.ts";
import { shuffledOrder } from "../order/shuffle.ts";
import { type Batch, collate } from "./collate.ts";

/** How an epoch is cut into batches. */
export interface BatchOptions {
  readonly batchSize: number;
  /** Shuffles with the stream `shuffle/<epoch>` of this seed; in order when absent. */
  readonly seed?: number | bigint;
  readonly epoch?: number;
  /** Drops a last batch that is not full. */
  readonly dropLast?: boolean;
  /** Input node whose data is collated. */
  readonly input?: string;
}

/** Positions of the samples of each batch of an epoch. @throws E_BATCH */
export function batchPositions(length: number, options: BatchOptions): readonly Uint32Array[] {
  const { batchSize, seed, epoch = 0, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw eventsError("E_BATCH", "batchSize", {
      why: `batchSize is ${batchSize}`,
      hint: "It is a positive integer",
    });
  const order =
    seed === undefined ? Uint32Array.from({ length }, (_, i) => i) : shuffledOrder(length, seed, epoch);
  const batches: Uint32Array[] = [];
  for (let at = 0; at < length; at += batchSize)
    if (!dropLast || at + batchSize <= length) batches.push(order.subarray(at, at + batchSize));
  return batches;
}

/** The batches of one epoch, made as they are taken. @throws E_BATCH */
export async function* batches(dataset: Dataset<Sample>, options: BatchOptions): AsyncGenerator<Batch> {
  for (const positions of batchPositions(dataset.length, options))
    yield collate(await Promise.all(Array.from(positions, (at) => dataset.get(at))), options.input);
}

/**
 * Runs ahead of the consumer by up to `depth` items, no further: while the queue is full the source is not asked. An
 * error of the source comes when its place is reached; a consumer that stops closes the source.
 *
 * @throws E_BATCH for a depth below 1
 */
export async function* prefetch<T>(source: AsyncIterable<T>, depth: number): AsyncGenerator<T> {
  if (!Number.isInteger(depth) || depth < 1)
    throw eventsError("E_BATCH", "depth", { why: `depth is ${depth}`, hint: "It is a positive integer" });
  const iterator = source[Symbol.asyncIterator]();
  const queue: Promise<IteratorResult<T>>[] = [];
  // Asked one after the other: a generator answers in order.
  const ask = (): void => {
    const next = iterator.next();
    next.catch(() => {});
    queue.push(next);
  };
  try {
    for (let k = 0; k < depth; k++) ask();
    for (;;) {
      const result = await (queue.shift() as Promise<IteratorResult<T>>);
      if (result.done === true) return;
      ask();
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}
