/** The bytes of a file, read with bounds; whatever is out of them or unusual is left to the HDF5 library. */

/** This file, or this part of it, is not what the direct reader knows; the library decides what it is. */
export class NotDirect extends Error {}

/** Gives the file up to the library. */
export function giveUp(why: string): never {
  throw new NotDirect(why);
}

/** A file that is read in pieces. */
export interface StoredBytes {
  readonly length: number;
  /** Bytes `at` to `at + length`, all of which are in the file; the caller does not change them. */
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Structure lies together: a piece of this size answers most of what is asked next. */
const pageBytes = 2 ** 16;

/** Little-endian fields at absolute offsets, of bytes that are there or of a file that is read page by page. */
export class FileBytes {
  readonly length: number;
  /** All bytes, where they are there. */
  readonly whole: Uint8Array | undefined;
  readonly #stored: StoredBytes | undefined;
  readonly #pages = new Map<number, Uint8Array>();
  /** The page that is looked at, and where it begins. */
  #page: Uint8Array;
  #view: DataView;
  #start = 0;

  constructor(file: Uint8Array | StoredBytes) {
    this.length = file.length;
    const bytes = file instanceof Uint8Array ? file : undefined;
    this.whole = bytes;
    this.#stored = file instanceof Uint8Array ? undefined : file;
    this.#page = bytes ?? new Uint8Array(0);
    this.#view = new DataView(this.#page.buffer, this.#page.byteOffset, this.#page.byteLength);
  }

  u8(at: number): number {
    const start = this.#locate(at, 1);
    return this.#view.getUint8(start);
  }

  u16(at: number): number {
    const start = this.#locate(at, 2);
    return this.#view.getUint16(start, true);
  }

  u32(at: number): number {
    const start = this.#locate(at, 4);
    return this.#view.getUint32(start, true);
  }

  /** An offset or a size; the undefined address and all else beyond 2^53 is given up. */
  u64(at: number): number {
    const high = this.u32(at + 4);
    return high < 2 ** 21 ? high * 2 ** 32 + this.u32(at) : giveUp("beyond 2^53");
  }

  /** The bytes of a part of the file; a view where all bytes are there. */
  part(at: number, length: number): Uint8Array {
    if (at + length > this.length) giveUp("beyond the end");
    if (this.#stored === undefined) return this.#page.subarray(at, at + length);
    if (length > pageBytes) return this.#stored.read(at, length);
    const start = this.#locate(at, length);
    return this.#page.subarray(start, start + length);
  }

  /** Expects four letters. */
  expect(at: number, signature: string): void {
    for (let i = 0; i < 4; i++)
      if (this.u8(at + i) !== signature.charCodeAt(i)) giveUp(`no ${signature} at ${at}`);
  }

  /** Where `at` stands in the page that is looked at, which is changed to one that has all `length` bytes. */
  #locate(at: number, length: number): number {
    const within = at - this.#start;
    if (within >= 0 && within + length <= this.#page.length) return within;
    if (at + length > this.length || this.#stored === undefined) return giveUp("beyond the end");
    const first = at - (at % pageBytes);
    // What crosses the end of a page is rare, and read for itself.
    const crosses = at + length > first + pageBytes;
    const start = crosses ? at : first;
    const known = crosses ? undefined : this.#pages.get(first);
    const page =
      known ?? this.#stored.read(start, crosses ? length : Math.min(pageBytes, this.length - start));
    if (!crosses) this.#pages.set(first, page);
    this.#page = page;
    this.#view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    this.#start = start;
    return at - start;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 up to the first NUL. */
export function decodeText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    return giveUp("no UTF-8");
  }
}
