/** A fixed-length set of bits, one per element of a tensor (masks) or per neuron (spikes of a step). */
export class BitSet {
  readonly length: number;
  readonly #words: Uint32Array;

  private constructor(length: number, words: Uint32Array) {
    this.length = length;
    this.#words = words;
  }

  /** All bits off. */
  static ofLength(length: number): BitSet {
    return new BitSet(length, new Uint32Array(Math.ceil(length / 32)));
  }

  /** From bytes in little-endian bit order; bits past `length` are ignored. */
  static fromBytes(bytes: Uint8Array, length: number): BitSet {
    if (bytes.length * 8 < length)
      throw new RangeError(`BitSet: ${bytes.length} bytes hold fewer than ${length} bits`);
    const set = BitSet.ofLength(length);
    for (let i = 0; i < length; i++) if (((bytes[i >>> 3] ?? 0) >>> (i & 7)) & 1) set.set(i);
    return set;
  }

  /** The bit at an index; false past the end. */
  get(index: number): boolean {
    return (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** Writes one bit. */
  set(index: number, on = true): void {
    if (index < 0 || index >= this.length)
      throw new RangeError(`BitSet: ${index} is outside 0 … ${this.length - 1}`);
    const word = this.#words[index >>> 5] ?? 0;
    const bit = 1 << (index & 31);
    this.#words[index >>> 5] = on ? word | bit : word & ~bit;
  }

  /** Number of bits that are on. */
  count(): number {
    let total = 0;
    for (let word of this.#words) {
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      total += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
    }
    return total;
  }

  /** ceil(length / 8) bytes in little-endian bit order. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.length / 8));
    for (let i = 0; i < bytes.length; i++) bytes[i] = (this.#words[i >>> 2] ?? 0) >>> ((i & 3) * 8);
    return bytes;
  }
}
