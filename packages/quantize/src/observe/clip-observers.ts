/** Clip values from a histogram: the least squared error, and the least loss of information. */
import type { HistogramObserver } from "./histogram.ts";

/** What a clip value is chosen for. */
export interface ClipRequest {
  /** Bits of the integers. */
  readonly bits: number;
  /** Signed integers −Qp … Qp (default), or 0 … 2^bits − 1. */
  readonly signed?: boolean;
}

/** Magnitudes by bin of width range/1024, and that width. */
function magnitudes(histogram: HistogramObserver, signed: boolean): { counts: Float64Array; width: number } {
  const all = histogram.counts;
  const half = all.length / 2;
  const counts = new Float64Array(half);
  for (let bin = 0; bin < half; bin++)
    counts[bin] = (all[half + bin] ?? 0) + (signed ? (all[half - 1 - bin] ?? 0) : 0);
  return { counts, width: histogram.range / half };
}

/**
 * The clip value with the least Σ(x − x̂)², values taken at the middles of their bins; ties go to the larger one.
 *
 * @returns 0 where only zeros were seen
 */
export function mseClip(histogram: HistogramObserver, { bits, signed = true }: ClipRequest): number {
  const { counts, width } = magnitudes(histogram, signed);
  const steps = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const last = counts.findLastIndex((count) => count > 0);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let end = last + 1; end >= 1; end--) {
    const scale = (end * width) / steps;
    let error = 0;
    for (let bin = 0; bin <= last && error < least; bin++) {
      const count = counts[bin] ?? 0;
      if (count === 0) continue;
      const x = (bin + 0.5) * width;
      const level = Math.min(steps, Math.floor(x / scale + 0.5));
      error += count * (x - level * scale) ** 2;
    }
    if (error < least) {
      least = error;
      best = end * width;
    }
  }
  return best;
}

/**
 * The clip value with the least Kullback-Leibler divergence between the clipped distribution and its quantised form, the
 * calibration that TensorRT describes; ties go to the larger one.
 *
 * @returns 0 where only zeros were seen
 */
export function entropyClip(histogram: HistogramObserver, { bits, signed = true }: ClipRequest): number {
  const { counts, width } = magnitudes(histogram, signed);
  const levels = signed ? 2 ** (bits - 1) : 2 ** bits;
  const last = counts.findLastIndex((count) => count > 0);
  if (last < 0) return 0;
  let best = last + 1;
  let least = Number.POSITIVE_INFINITY;
  for (let end = last + 1; end >= Math.min(levels, last + 1); end--) {
    const divergence = divergenceAt(counts, end, last, levels);
    if (divergence < least) {
      least = divergence;
      best = end;
    }
  }
  return best * width;
}

/** KL(P‖Q): P has everything past the end in its last bin, Q spreads each level evenly over its bins that are not empty. */
function divergenceAt(counts: Float64Array, end: number, last: number, levels: number): number {
  const p = counts.slice(0, end);
  for (let bin = end; bin <= last; bin++) p[end - 1] = (p[end - 1] ?? 0) + (counts[bin] ?? 0);
  const q = new Float64Array(end);
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * end) / levels);
    const to = Math.floor(((level + 1) * end) / levels);
    let sum = 0;
    let used = 0;
    for (let bin = from; bin < to; bin++) {
      sum += counts[bin] ?? 0;
      if ((counts[bin] ?? 0) > 0) used++;
    }
    for (let bin = from; bin < to; bin++) if ((counts[bin] ?? 0) > 0) q[bin] = sum / used;
  }
  const totalP = p.reduce((a, b) => a + b, 0);
  const totalQ = q.reduce((a, b) => a + b, 0);
  if (totalQ === 0) return Number.POSITIVE_INFINITY;
  let divergence = 0;
  for (let bin = 0; bin < end; bin++) {
    const a = (p[bin] ?? 0) / totalP;
    if (a === 0) continue;
    const b = (q[bin] ?? 0) / totalQ;
    // A clipped tail on a bin that was empty has no image: such an end is never the best.
    if (b === 0) return Number.POSITIVE_INFINITY;
    divergence += a * Math.log(a / b);
  }
  return divergence;
}
