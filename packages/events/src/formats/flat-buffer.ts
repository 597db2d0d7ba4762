/** Reading of FlatBuffers tables without generated code; every position is checked by the DataView it is read with. */

/** One table of a buffer. */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  /**
   * @param view the buffer
   * @param at position of the table
   * @throws RangeError where a position lies outside the buffer
   */
  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#vtable = at - view.getInt32(at, true);
    this.#vtableBytes = view.getUint16(this.#vtable, true);
  }

  /** The root table of a buffer that starts at `start`. */
  static root(view: DataView, start: number): FlatTable {
    return new FlatTable(view, start + view.getUint32(start, true));
  }

  /** Position of the field of a slot, 0 when it is absent. */
  field(slot: number): number {
    const entry = 4 + 2 * slot;
    if (entry + 2 > this.#vtableBytes) return 0;
    const offset = this.#view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  int32(slot: number, absent: number): number {
    const at = this.field(slot);
    return at === 0 ? absent : this.#view.getInt32(at, true);
  }

  /** A 64-bit integer as a number. */
  int64(slot: number, absent: number): number {
    const at = this.field(slot);
    return at === 0 ? absent : Number(this.#view.getBigInt64(at, true));
  }

  /** Count and first element of a vector; none when the field is absent. */
  vector(slot: number, elementBytes: number): { readonly count: number; readonly start: number } {
    const field = this.field(slot);
    if (field === 0) return { count: 0, start: 0 };
    const at = field + this.#view.getUint32(field, true);
    const count = this.#view.getUint32(at, true);
    const room = this.#view.byteLength - at - 4;
    if (count * elementBytes > room) throw new RangeError(`a vector of ${count} in ${room} bytes`);
    return { count, start: at + 4 };
  }

  text(slot: number): string {
    const { count, start } = this.vector(slot, 1);
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, count));
  }
}
