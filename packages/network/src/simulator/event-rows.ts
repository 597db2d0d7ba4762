/** Events as projections read them: rows of a source, or the cells of a window sum in front of the weights. */
import { type Block, type ConvGeometry, convShape, type Kernels } from "@nirkit/kernels";
import type { PoolOp } from "../network.ts";
import { imageLayout, isImage, type Layout } from "./layout.ts";

/** Where a projection adds to. */
export interface Target {
  readonly layout: Layout;
  /** `[chunk, size]`. */
  readonly acc: Block<Int32Array>;
}

/** The memory of event lists. */
interface EventLists {
  readonly start: Block<Uint32Array>;
  readonly index: Block<Uint32Array>;
  /** Undefined for plain spikes. */
  readonly value: Block<Int32Array> | undefined;
}

/** Rows of events: addresses for the kernels, and the same as arrays. */
export interface EventRows {
  readonly start: number;
  readonly index: number;
  readonly value: number;
  readonly from: EventLists;
  /** Row of `from.start` that comes first. */
  readonly first: number;
}

/** Window sums in front of a projection, as events of their own: several events of one window become one. */
export class PooledEvents implements EventLists {
  readonly layout: Layout;
  readonly start: Block<Uint32Array>;
  readonly index: Block<Uint32Array>;
  readonly value: Block<Int32Array>;
  readonly #kernels: Kernels;
  readonly #shape: Block<Int32Array>;
  readonly #sums: Block<Int32Array>;

  constructor(kernels: Kernels, pool: PoolOp, from: Layout, chunk: number) {
    this.layout = imageLayout(pool.outShape);
    this.#kernels = kernels;
    this.#shape = convShape(kernels, poolGeometry(pool, from));
    const cells = chunk * this.layout.size;
    this.start = kernels.u32(chunk + 1);
    this.index = kernels.u32(cells);
    this.value = kernels.i32(cells);
    this.#sums = kernels.i32(cells);
  }

  sum(events: EventRows, rows: number): EventRows {
    const sums = this.#sums.ptr;
    const { size } = this.layout;
    this.#sums.view.fill(0, 0, rows * size);
    this.#kernels.poolEventsI32(this.#shape.ptr, rows, events.start, events.index, events.value, sums);
    const [start, index, value] = [this.start.ptr, this.index.ptr, this.value.ptr];
    this.#kernels.compactI32(rows, size, sums, start, index, value);
    return { start, index, value, from: this, first: 0 };
  }
}

/** The kernels read events in the order of NIR or of an image of the same shape. */
export function poolable(pool: PoolOp, from: Layout): boolean {
  return from.toNir === undefined || isImage(from, pool.inShape);
}

/** Order of the indices of events. */
export function orderOf(from: Layout): "hwc" | "chw" {
  return from.toNir === undefined ? "chw" : "hwc";
}

/** The geometry of a window sum over events of a layout. */
export function poolGeometry(pool: PoolOp, from: Layout): ConvGeometry {
  const { inShape: input, outShape: output, kernel, stride, padding } = pool;
  return { input, output, kernel, stride, padding, eventOrder: orderOf(from) };
}
