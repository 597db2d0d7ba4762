/** Samples in an order, each reachable by its number. */
import type { Diagnostic, Sample, Shape } from "@nirkit/graph";
import { eventsError } from "../diagnostics.ts";
import type { EventStream } from "../event-stream.ts";

/** Items that can be taken one after the other or by number; reading happens when one is taken. */
export interface Dataset<T> extends AsyncIterable<T> {
  readonly length: number;
  /** @throws E_DATASET_INDEX, and what reading throws */
  get(index: number): Promise<T>;
}

/** One labelled recording. */
export interface LabelledEvents {
  readonly stream: EventStream;
  readonly label: number;
  /** Where it comes from: a path, or a file with a trial. */
  readonly id: string;
}

/** Labelled recordings, with the labels known ahead of reading. */
export interface EventDataset extends Dataset<LabelledEvents> {
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Samples as simulators and training take them. */
export interface SampleDataset extends Dataset<Sample> {
  readonly name: string;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** Shape of a step. */
  readonly shape: Shape;
  readonly steps: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** A data set from its length and a way to get one item. */
export function datasetOf<T>(length: number, read: (index: number) => T | Promise<T>): Dataset<T> {
  const get = async (index: number): Promise<T> => {
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw eventsError("E_DATASET_INDEX", "", { index, length });
    return read(index);
  };
  return {
    length,
    get,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < length; index++) yield await get(index);
    },
  };
}

/** Every item changed; nothing is read before it is taken. */
export function mapDataset<A, B>(
  dataset: Dataset<A>,
  change: (item: A, index: number) => B | Promise<B>,
): Dataset<B> {
  return datasetOf(dataset.length, async (index) => change(await dataset.get(index), index));
}

/** The items at some positions, in that order: a split, a shuffled epoch, the first hundred. */
export function takeItems<T>(dataset: Dataset<T>, positions: ArrayLike<number>): Dataset<T> {
  return datasetOf(positions.length, (index) => dataset.get(positions[index] as number));
}
