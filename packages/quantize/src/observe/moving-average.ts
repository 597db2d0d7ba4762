/**
 * Moving average of the smallest and largest value per batch: m ← m + c·(x − m), the first batch as it is.
 *
 * Parts of a stream that different observers saw can be joined in order: the later part forgets its start, which the
 * earlier one takes the place of, so the result is that of one observer.
 */

/** Sees batches. */
export class MovingAverageObserver {
  readonly #constant: number;
  #first: readonly [min: number, max: number] = [0, 0];
  #min = 0;
  #max = 0;
  #batches = 0;

  /** @param constant c, weight of a new batch; PyTorch's 0.01 when absent */
  constructor(constant = 0.01) {
    this.#constant = constant;
  }

  /** Takes in one batch; an empty one is none. */
  observe(values: ArrayLike<number>): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < values.length; i++) {
      min = Math.min(min, values[i] ?? 0);
      max = Math.max(max, values[i] ?? 0);
    }
    if (values.length === 0) return;
    if (this.#batches === 0) {
      this.#first = [min, max];
      this.#min = min;
      this.#max = max;
    } else {
      this.#min += this.#constant * (min - this.#min);
      this.#max += this.#constant * (max - this.#max);
    }
    this.#batches++;
  }

  /** Takes in what another observer saw after this one. */
  merge(later: MovingAverageObserver): void {
    if (later.#batches === 0) return;
    if (this.#batches === 0) {
      this.#first = later.#first;
      this.#min = later.#min;
      this.#max = later.#max;
    } else {
      // The later first batch entered in full; here it enters as any other.
      const left = (1 - this.#constant) ** later.#batches;
      this.#min = left * this.#min + later.#min - left * later.#first[0];
      this.#max = left * this.#max + later.#max - left * later.#first[1];
    }
    this.#batches += later.#batches;
  }

  /** Number of batches. */
  get batches(): number {
    return this.#batches;
  }

  /** Averaged minimum; NaN before the first batch. */
  get min(): number {
    return this.#batches === 0 ? Number.NaN : this.#min;
  }

  /** Averaged maximum; NaN before the first batch. */
  get max(): number {
    return this.#batches === 0 ? Number.NaN : this.#max;
  }
}
