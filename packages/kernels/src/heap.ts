/** Linear memory under the kernels: a `WebAssembly.Memory`, or a plain buffer where there is none. */

/** Typed views of the whole memory. */
export interface HeapViews {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

const pageBytes = 65_536;

/** What the memory of a {@link Heap} is made of. */
export interface HeapOptions {
  /** Somebody's memory to work on; without it the heap makes its own. */
  readonly memory?: WebAssembly.Memory | undefined;
  /** Largest size in bytes of a memory of its own. */
  readonly maxBytes: number;
}

/** Memory that may grow, by this heap or by its owner, with views that are made anew when it did. */
export class Heap {
  readonly memory: WebAssembly.Memory | undefined;
  readonly maxBytes: number;
  #buffer: ArrayBuffer;
  #views: HeapViews;

  constructor({ memory, maxBytes }: HeapOptions) {
    this.maxBytes = maxBytes;
    this.memory = memory ?? ownMemory(maxBytes);
    this.#buffer = this.memory?.buffer ?? new ArrayBuffer(pageBytes);
    this.#views = viewsOf(this.#buffer);
  }

  /** Views of the memory as it is now. They are valid until something grows it. */
  views(): HeapViews {
    const buffer = this.memory?.buffer ?? this.#buffer;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#views = viewsOf(buffer);
    }
    return this.#views;
  }

  /** The bytes as they are now. */
  get buffer(): ArrayBuffer {
    return this.memory?.buffer ?? this.#buffer;
  }

  /** Makes the memory hold at least `bytes`; returns false where that is not possible. */
  reserve(bytes: number): boolean {
    const have = this.buffer.byteLength;
    if (bytes <= have) return true;
    const most = Math.floor(this.maxBytes / pageBytes) * pageBytes;
    if (bytes > most) return false;
    // Doubling keeps the number of copies and of new views small.
    const size = Math.min(most, Math.max(Math.ceil(bytes / pageBytes) * pageBytes, 2 * have));
    if (this.memory === undefined) {
      const grown = new ArrayBuffer(size);
      new Uint8Array(grown).set(this.#views.u8);
      this.#buffer = grown;
      this.#views = viewsOf(grown);
      return true;
    }
    try {
      this.memory.grow((size - have) / pageBytes);
      return true;
    } catch {
      return false;
    }
  }
}

function ownMemory(maxBytes: number): WebAssembly.Memory | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  const maximum = Math.max(1, Math.min(65_536, Math.floor(maxBytes / pageBytes)));
  return new WebAssembly.Memory({ initial: 1, maximum });
}

function viewsOf(buffer: ArrayBuffer): HeapViews {
  const even = buffer.byteLength - (buffer.byteLength % 8);
  return {
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
    i16: new Int16Array(buffer, 0, even / 2),
    u16: new Uint16Array(buffer, 0, even / 2),
    i32: new Int32Array(buffer, 0, even / 4),
    u32: new Uint32Array(buffer, 0, even / 4),
    f32: new Float32Array(buffer, 0, even / 4),
    f64: new Float64Array(buffer, 0, even / 8),
  };
}
