/** Blocks of the kernels' memory that are used again from step to step. */
import type { Kernels } from "@nirkit/kernels";

/** A block; address in bytes. */
export interface Buffer {
  readonly ptr: number;
  readonly bytes: number;
}

const alignment = 128;

/**
 * Gives blocks out and takes them back; contents of a block are whatever was there. Neighbors that are free become one
 * block again, so that sizes that change from step to step (lists of events do) find room without new memory.
 */
export class BufferPool {
  readonly #kernels: Kernels;
  /** Free blocks by address; no two touch. */
  readonly #free: Buffer[] = [];

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** A block of at least `count` elements of four bytes, from the smallest free one that holds it. */
  take(count: number): Buffer {
    const bytes = alignment * Math.max(1, Math.ceil((4 * count) / alignment));
    let best = -1;
    for (let at = 0; at < this.#free.length; at++) {
      const size = this.#free[at]?.bytes ?? 0;
      if (size >= bytes && size < (this.#free[best]?.bytes ?? Number.POSITIVE_INFINITY)) best = at;
    }
    const found = this.#free[best];
    if (found === undefined) return this.#grow(bytes);
    const rest = { ptr: found.ptr + bytes, bytes: found.bytes - bytes };
    this.#free.splice(best, 1, ...(rest.bytes > 0 ? [rest] : []));
    return { ptr: found.ptr, bytes };
  }

  /** New memory behind what there is, less the free block at its end. */
  #grow(bytes: number): Buffer {
    const last = this.#free.at(-1);
    if (last === undefined || last.ptr + last.bytes !== this.#kernels.mark())
      return { ptr: this.#kernels.u8(bytes).ptr, bytes };
    this.#kernels.u8(bytes - last.bytes);
    this.#free.pop();
    return { ptr: last.ptr, bytes };
  }

  /** Takes a block back. */
  give({ ptr, bytes }: Buffer): void {
    const after = this.#free.findIndex((other) => other.ptr > ptr);
    const at = after < 0 ? this.#free.length : after;
    const [before, behind] = [this.#free[at - 1], this.#free[at]];
    const joinsBefore = before !== undefined && before.ptr + before.bytes === ptr;
    const joinsBehind = behind !== undefined && ptr + bytes === behind.ptr;
    const start = joinsBefore ? before.ptr : ptr;
    const end = joinsBehind ? behind.ptr + behind.bytes : ptr + bytes;
    const first = joinsBefore ? at - 1 : at;
    this.#free.splice(first, (joinsBefore ? 1 : 0) + (joinsBehind ? 1 : 0), {
      ptr: start,
      bytes: end - start,
    });
  }
}
