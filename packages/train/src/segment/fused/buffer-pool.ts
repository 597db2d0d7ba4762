/** Blocks of the kernels' memory that are used again from step to step. */
import type { Kernels } from "@nirkit/kernels";

/** A block; address in bytes. */
export interface Buffer {
  readonly ptr: number;
  readonly bytes: number;
}

/** Gives blocks out and takes them back; contents of a block are whatever was there. */
export class BufferPool {
  readonly #kernels: Kernels;
  /** Free blocks, smallest first. */
  readonly #free: Buffer[] = [];
  #bytes = 0;

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** Bytes of all blocks, free or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A block of at least `count` elements of four bytes; the smallest free one that is not twice too large. */
  take(count: number): Buffer {
    const bytes = Math.max(4 * count, 64);
    const at = this.#free.findIndex((block) => block.bytes >= bytes);
    const found = this.#free[at];
    if (found !== undefined && found.bytes <= 2 * bytes + 4096) {
      this.#free.splice(at, 1);
      return found;
    }
    this.#bytes += bytes;
    return { ptr: this.#kernels.u8(bytes).ptr, bytes };
  }

  /** Takes a block back. */
  give(block: Buffer): void {
    const at = this.#free.findIndex((other) => other.bytes >= block.bytes);
    this.#free.splice(at < 0 ? this.#free.length : at, 0, block);
  }
}
