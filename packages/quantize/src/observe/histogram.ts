/**
 * Streaming histogram of 2048 bins over [−R, R), R a power of two that doubles when a value falls outside.
 *
 * Bins of a doubled range are unions of two old ones, so the result does not depend on the order of the values, nor on
 * how they were split among observers that are merged.
 */
import { splitFloat } from "@nirkit/integer";
import { MinMaxObserver } from "./min-max.ts";

const bins = 2048;
const half = bins / 2;

/** Counts values; percentiles are exact to one bin, R/1024. */
export class HistogramObserver {
  #counts: Float64Array = new Float64Array(bins);
  /** R; 0 while only zeros were seen. */
  #range = 0;
  #zeros = 0;
  readonly #ends = new MinMaxObserver();

  /** Takes finite values in. */
  observe(values: ArrayLike<number>): void {
    this.#ends.observe(values);
    this.#cover(this.#ends.absmax);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (this.#range === 0) this.#zeros++;
      else this.#add(this.#bin(value), 1);
    }
  }

  /** Takes in what another observer has seen. */
  merge(other: HistogramObserver): void {
    this.#ends.merge(other.#ends);
    this.#cover(this.#ends.absmax);
    const copy = other.#counts.slice();
    let range = other.#range;
    let folded: Float64Array = copy;
    for (; range > 0 && range < this.#range; range *= 2) folded = fold(folded);
    for (let bin = 0; bin < bins; bin++) this.#add(bin, folded[bin] ?? 0);
    if (this.#range === 0) this.#zeros += other.#zeros;
    else this.#add(half, other.#zeros);
  }

  /** Number of values. */
  get count(): number {
    return this.#zeros + this.#counts.reduce((a, b) => a + b, 0);
  }

  /** Upper end of the range, a power of two; 0 while only zeros were seen. */
  get range(): number {
    return this.#range;
  }

  /** Counts per bin over [−range, range). */
  get counts(): Float64Array {
    return this.#counts.slice();
  }

  /**
   * Percentile as NumPy interpolates it, within one bin of the exact one and never outside what was seen.
   *
   * @param p 0 … 100
   * @returns NaN before the first value
   */
  percentile(p: number): number {
    const total = this.count;
    if (total === 0) return Number.NaN;
    if (this.#range === 0) return 0;
    const rank = (p / 100) * (total - 1);
    const below = Math.floor(rank);
    const low = this.#ordered(below);
    return low + (this.#ordered(Math.min(below + 1, total - 1)) - low) * (rank - below);
  }

  /** Percentile of the magnitudes, within one bin. */
  percentileOfMagnitude(p: number): number {
    const total = this.count;
    if (total === 0) return Number.NaN;
    if (this.#range === 0) return 0;
    const folded = new Float64Array(half);
    for (let bin = 0; bin < half; bin++)
      folded[bin] = (this.#counts[half + bin] ?? 0) + (this.#counts[half - 1 - bin] ?? 0);
    const rank = (p / 100) * (total - 1);
    let below = 0;
    for (let bin = 0; bin < half; bin++) {
      const here = folded[bin] ?? 0;
      if (rank < below + here)
        return Math.min(this.#ends.absmax, (bin + (rank + 0.5 - below) / here) * (this.#range / half));
      below += here;
    }
    return this.#ends.absmax;
  }

  /** Value number k in ascending order, spread evenly within its bin. */
  #ordered(k: number): number {
    let below = 0;
    for (let bin = 0; bin < bins; bin++) {
      const here = this.#counts[bin] ?? 0;
      if (k < below + here) {
        const value = (bin - half + (k + 0.5 - below) / here) * (this.#range / half);
        return Math.max(this.#ends.min, Math.min(this.#ends.max, value));
      }
      below += here;
    }
    return this.#ends.max;
  }

  #bin(value: number): number {
    return Math.min(bins - 1, half + Math.floor((value / this.#range) * half));
  }

  #add(bin: number, count: number): void {
    this.#counts[bin] = (this.#counts[bin] ?? 0) + count;
  }

  /** Doubles the range until the magnitude lies inside. */
  #cover(magnitude: number): void {
    if (magnitude === 0) return;
    const { exponent } = splitFloat(magnitude);
    const needed = 2 ** (exponent + 1);
    if (this.#range === 0) {
      this.#range = needed;
      this.#add(half, this.#zeros);
      this.#zeros = 0;
    }
    for (; this.#range < needed; this.#range *= 2) this.#counts = fold(this.#counts);
  }
}

/** Counts over twice the range: bins in pairs, the centre stays. */
function fold(counts: Float64Array): Float64Array {
  const wider = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin++) {
    const at = half + Math.floor((bin - half) / 2);
    wider[at] = (wider[at] ?? 0) + (counts[bin] ?? 0);
  }
  return wider;
}
