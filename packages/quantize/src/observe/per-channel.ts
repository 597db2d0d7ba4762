/** One observer per channel of a row-major tensor. */

/** What every observer does. */
export interface Observer<Self> {
  /** Takes more values in. */
  observe(values: ArrayLike<number>): void;
  /** Takes in what another observer has seen. */
  merge(other: Self): void;
}

/** Channels are runs of equal length, as along axis 0 of a weight. */
export class PerChannelObserver<O extends Observer<O>> {
  readonly channels: readonly O[];

  /**
   * @param count channels
   * @param make a fresh observer
   */
  constructor(count: number, make: () => O) {
    this.channels = Array.from({ length: count }, make);
  }

  /** Takes in one tensor `[channels, …]`. @throws RangeError when its length is no multiple of the channels */
  observe(values: Float32Array | Float64Array): void {
    const per = values.length / this.channels.length;
    if (!Number.isInteger(per))
      throw new RangeError(
        `PerChannelObserver: ${values.length} values do not divide among ${this.channels.length} channels`,
      );
    this.channels.forEach((channel, c) => {
      channel.observe(values.subarray(c * per, (c + 1) * per));
    });
  }

  /** Takes in what another one has seen. */
  merge(other: PerChannelObserver<O>): void {
    this.channels.forEach((channel, c) => {
      const theirs = other.channels[c];
      if (theirs !== undefined) channel.merge(theirs);
    });
  }
}
