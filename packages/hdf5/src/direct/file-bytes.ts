/** The bytes of a file, read with bounds; whatever is out of them or unusual is left to the HDF5 library. */

/** This file, or this part of it, is not what the direct reader knows; the library decides what it is. */
export class NotDirect extends Error {}

/** Gives the file up to the library. */
export function giveUp(why: string): never {
  throw new NotDirect(why);
}

/** Little-endian fields at absolute offsets. */
export class FileBytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.bytes[at] ?? giveUp("beyond the end");
  }

  u16(at: number): number {
    return at + 2 <= this.bytes.length ? this.#view.getUint16(at, true) : giveUp("beyond the end");
  }

  u32(at: number): number {
    return at + 4 <= this.bytes.length ? this.#view.getUint32(at, true) : giveUp("beyond the end");
  }

  /** An offset or a size; the undefined address and all else beyond 2^53 is given up. */
  u64(at: number): number {
    const high = this.u32(at + 4);
    return high < 2 ** 21 ? high * 2 ** 32 + this.u32(at) : giveUp("beyond 2^53");
  }

  /** The bytes of a part of the file. */
  part(at: number, length: number): Uint8Array {
    return at + length <= this.bytes.length ? this.bytes.subarray(at, at + length) : giveUp("beyond the end");
  }

  /** Expects four letters. */
  expect(at: number, signature: string): void {
    for (let i = 0; i < 4; i++)
      if (this.u8(at + i) !== signature.charCodeAt(i)) giveUp(`no ${signature} at ${at}`);
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
