/**
 * Percentile threshold scaling: which clip percentile and which threshold factor keep a layer's spike counts.
 *
 * After arXiv 2504.06748, which names the idea; the definition is nirkit's. For a percentile p the weights are clipped
 * at P_p(|W|) and the threshold scales by the same factor; the threshold is then varied by a few percent, or matched to
 * the membrane potentials: γ = P_p(U_quantised)/P_p(U_float).
 */

/** What is tried for each population, in the order in which ties are decided. */
export interface ThresholdScaling {
  /** Clip percentiles of |W|, 0 … 100. 100 is always among them. */
  readonly percentiles: readonly number[];
  /** Factors of the threshold beside 1, or `membrane` for the one factor γ that matches the potentials. */
  readonly factors: readonly number[] | "membrane";
  /**
   * counts: squared difference of the layer's spike counts. accuracy: that of the network on labelled samples first,
   * then the mean difference of spike counts; without labels, or with several outputs, counts.
   */
  readonly objective: "counts" | "accuracy";
}

/** p in {99, 99.5, 99.9, 99.99, 100}, thresholds by −10 % … +10 % in steps of 1 %, by spike counts. */
export const percentileScaling: ThresholdScaling = {
  percentiles: [100, 99.99, 99.9, 99.5, 99],
  factors: [1, ...Array.from({ length: 10 }, (_, i) => [1 + (i + 1) / 100, 1 - (i + 1) / 100]).flat()],
  objective: "counts",
};

/** p in {100, 99.99, 99.9, 99.5, 99, 98, 95}, with and without γ, by accuracy. */
export const membraneScaling: ThresholdScaling = {
  percentiles: [100, 99.99, 99.9, 99.5, 99, 98, 95],
  factors: "membrane",
  objective: "accuracy",
};

/** One point of the search. */
export interface Candidate {
  readonly percentile: number;
  readonly factor: number;
}

/** What a candidate scores; smaller is better, entry by entry. */
export type Score = readonly number[];

/** True when a comes before b: smaller score, then larger p, then a factor nearer to 1, then the larger factor. */
export function isBetter(a: Candidate, scoreA: Score, b: Candidate, scoreB: Score): boolean {
  for (let i = 0; i < scoreA.length; i++) {
    const difference = (scoreA[i] ?? 0) - (scoreB[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  if (a.percentile !== b.percentile) return a.percentile > b.percentile;
  // 1.01 and 0.99 are equally far up to their last bit.
  const distance = Math.abs(a.factor - 1) - Math.abs(b.factor - 1);
  if (Math.abs(distance) > 1e-9) return distance < 0;
  return a.factor > b.factor;
}
