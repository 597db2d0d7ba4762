/** Where batches come from, epoch after epoch. */
import {
  type Batch,
  type BatchOptions,
  batchPositions,
  collate,
  type Dataset,
  prefetch,
} from "@nirkit/events";
import type { Sample } from "@nirkit/graph";
import { trainError } from "../diagnostics.ts";
import { singleInput, type TrainBatch } from "./train-batch.ts";

/** Epochs of batches; the same epoch gives the same batches, whoever asks and how often. */
export interface TrainData {
  /** Batches of one epoch. */
  readonly batches: number;
  /** Samples of one epoch. */
  readonly samples: number;
  /** The batches from number `from` on. */
  epoch(epoch: number, from?: number): AsyncIterable<TrainBatch>;
}

/** Options of {@link trainData}. */
export interface TrainDataOptions extends Omit<BatchOptions, "epoch"> {
  /** Batches made ahead of the step that takes them. Default 2. */
  readonly ahead?: number;
}

/** Samples of an epoch: one data set for all, or one per epoch where augmentation is to differ. */
export type EpochSamples = Dataset<Sample> | ((epoch: number) => Dataset<Sample>);

/**
 * Batches of a data set, shuffled by `shuffle/<epoch>` of the seed; in order without a seed.
 *
 * @throws E_TRAIN_DATA for a data set without samples, E_BATCH for batch sizes that are none
 */
export function trainData(dataset: EpochSamples, options: TrainDataOptions): TrainData {
  const { ahead = 2, ...cut } = options;
  const samplesOf = typeof dataset === "function" ? dataset : (): Dataset<Sample> => dataset;
  const { length } = samplesOf(0);
  if (length === 0) throw trainError("E_TRAIN_DATA", "data", { why: "The data set has no samples" });
  const { batchSize, dropLast = false, input } = options;
  return {
    samples: length,
    batches: dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize),
    async *epoch(epoch, from = 0) {
      const rest = remaining(samplesOf(epoch), { ...cut, epoch }, from);
      for await (const batch of prefetch(rest, ahead)) yield singleInput(batch, input);
    },
  };
}

/** An epoch without its first batches, which are not even read. */
async function* remaining(
  dataset: Dataset<Sample>,
  options: BatchOptions,
  from: number,
): AsyncGenerator<Batch> {
  for (const members of batchPositions(dataset.length, options).slice(from))
    yield collate(await Promise.all(Array.from(members, (at) => dataset.get(at))), options.input);
}
