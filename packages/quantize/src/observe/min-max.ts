/** Streaming minimum and maximum. */

/** Sees values in any number of parts; parts seen by several observers can be merged. */
export class MinMaxObserver {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Takes values in; NaN is left out. */
  observe(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
    }
  }

  /** Takes in what another observer has seen. */
  merge(other: MinMaxObserver): void {
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** Smallest value; Infinity before the first. */
  get min(): number {
    return this.#min;
  }

  /** Largest value; −Infinity before the first. */
  get max(): number {
    return this.#max;
  }

  /** Largest magnitude; 0 before the first value. */
  get absmax(): number {
    return this.#max < this.#min ? 0 : Math.max(Math.abs(this.#min), Math.abs(this.#max));
  }
}
