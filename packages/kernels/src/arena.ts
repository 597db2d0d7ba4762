/** Blocks of typed elements at fixed addresses, handed out one behind the other. */

import type { Heap } from "./heap.ts";
import { KernelError } from "./kernel-error.ts";

/** Typed arrays that a block may be seen as. */
export type BlockArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** A piece of the kernels' memory. */
export interface Block<A extends BlockArray> {
  /** Address of its first byte, a multiple of 128. */
  readonly ptr: number;
  /** Number of elements. */
  readonly length: number;
  /** The elements. Take it anew after anything was allocated: growth leaves older views empty. */
  readonly view: A;
}

/** Part of somebody's memory that an arena may use. */
export interface Region {
  /** First byte. */
  readonly start: number;
  /** One past the last byte; without it the arena grows the memory as it needs. */
  readonly end?: number;
}

type Constructor<A> = {
  new (buffer: ArrayBuffer, offset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
};

const alignment = 128;

/** Allocates from the front; `release` takes back everything since `mark`. Fresh blocks are zero. */
export class Arena {
  readonly #heap: Heap;
  readonly #end: number | undefined;
  #top: number;
  #peak: number;

  constructor(heap: Heap, region: Region = { start: 0 }) {
    this.#heap = heap;
    this.#end = region.end;
    // Address 0 stands for "none" in every kernel, so that it is never given away.
    this.#top = alignUp(Math.max(region.start, alignment));
    this.#peak = this.#top;
  }

  /** First address that is free: what {@link Arena.release} takes back to. */
  mark(): number {
    return this.#top;
  }

  /** Frees every block that was allocated since `mark`. */
  release(mark: number): void {
    if (mark <= this.#top) this.#top = mark;
  }

  /** Most bytes that were in use at one time. */
  get peakBytes(): number {
    return this.#peak;
  }

  /**
   * A zero-filled block of `length` elements.
   *
   * @throws E_KERNEL_MEMORY where the memory cannot hold it
   */
  allocate<A extends BlockArray>(type: Constructor<A>, length: number): Block<A> {
    const ptr = this.#top;
    const bytes = length * type.BYTES_PER_ELEMENT;
    // The kernels may look at whole vectors of 16 bytes behind the last element, never write them.
    const next = alignUp(ptr + bytes);
    if (
      !Number.isSafeInteger(length) ||
      length < 0 ||
      next > (this.#end ?? next) ||
      !this.#heap.reserve(next)
    ) {
      throw new KernelError("E_KERNEL_MEMORY", {
        asked: bytes,
        used: ptr,
        limit: this.#end ?? this.#heap.maxBytes,
      });
    }
    this.#top = next;
    this.#peak = Math.max(this.#peak, next);
    const heap = this.#heap;
    heap.views().u8.fill(0, ptr, next);
    let view = new type(heap.buffer, ptr, length);
    return {
      ptr,
      length,
      get view(): A {
        if (view.buffer !== heap.buffer) view = new type(heap.buffer, ptr, length);
        return view;
      },
    };
  }
}

function alignUp(address: number): number {
  return Math.ceil(address / alignment) * alignment;
}
