/** Losses and metrics of an epoch as sums: plain JSON, so that a continued epoch has the same means. */
import { addSums, type Metric, type Sums } from "../metric/metric.ts";
import type { EpochMeans } from "./events.ts";
import type { PassResult } from "./objective.ts";

/** Sums over samples. */
export interface EpochSums {
  readonly loss: number;
  readonly samples: number;
  readonly metrics: Readonly<Record<string, Sums>>;
}

/** Before the first batch. */
export const emptySums: EpochSums = { loss: 0, samples: 0, metrics: {} };

/** The sums of one result. */
export function epochSums(result: Pick<PassResult, "loss" | "samples" | "sums">): EpochSums {
  return addMeans(emptySums, result);
}

/** Sums with one more result; a loss that is not finite is left out. */
export function addMeans(
  sums: EpochSums,
  { loss, samples, sums: own }: Pick<PassResult, "loss" | "samples" | "sums">,
): EpochSums {
  if (!Number.isFinite(loss)) return sums;
  const metrics: Record<string, Sums> = { ...sums.metrics };
  for (const [name, added] of Object.entries(own)) metrics[name] = addSums(metrics[name] ?? {}, added);
  return { loss: sums.loss + loss * samples, samples: sums.samples + samples, metrics };
}

/** Means over the samples. */
export function meansOf({ loss, samples, metrics }: EpochSums, all: readonly Metric[]): EpochMeans {
  const values = all.map((metric) => metric.values(metrics[metric.name] ?? {}));
  return { loss: samples === 0 ? Number.NaN : loss / samples, metrics: Object.assign({}, ...values) };
}
