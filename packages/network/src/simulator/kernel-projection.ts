/** One projection on the kernels: from the events of its source into the sums of its target. */
import { type Block, type ConvGeometry, convShape, type Kernels, packConvEvents } from "@nirkit/kernels";
import type { Conv2dOp, PoolOp, Projection } from "../network.ts";
import { convWindow } from "../window.ts";
import { columnsOf, eachTarget, synapseCounts } from "./columns.ts";
import { DenseConv, denseShare, fitsFloat32 } from "./dense-conv.ts";
import type { KernelSource } from "./kernel-source.ts";
import { imageLayout, isImage, type Layout } from "./layout.ts";

/** Where a projection adds to. */
export interface Target {
  readonly layout: Layout;
  /** `[chunk, size]`. */
  readonly acc: Block<Int32Array>;
}

/** Rows of events: addresses for the kernels, and the same as arrays. */
interface EventRows {
  readonly start: number;
  readonly index: number;
  readonly value: number;
  readonly from: KernelSource | PooledEvents;
  /** Row of `from.start` that comes first. */
  readonly first: number;
}

/** Adds rows of events to rows of sums that begin at the address `out`. */
type Add = (events: EventRows, rows: number, row: number) => void;

/** A projection that is ready to run; counts what it does. */
export class KernelProjection {
  readonly projection: Projection;
  eventsIn = 0;
  synapticOps = 0;
  readonly #source: KernelSource;
  readonly #pool: PooledEvents | undefined;
  readonly #add: Add;
  /** Non-zero weights by position of the source. */
  readonly #synapses: Uint32Array;

  constructor(kernels: Kernels, projection: Projection, source: KernelSource, target: Target, chunk: number) {
    this.projection = projection;
    this.#source = source;
    const each = eachTarget(projection, source.layout.size, target.layout.size);
    const counts = synapseCounts(projection, each, source.layout.size);
    const { toNir } = source.layout;
    this.#synapses = toNir === undefined ? counts : Uint32Array.from(toNir, (at) => counts[at] as number);
    const { pool } = projection;
    this.#pool =
      pool && poolable(pool, source.layout)
        ? new PooledEvents(kernels, pool, source.layout, chunk)
        : undefined;
    const from = this.#pool?.layout ?? source.layout;
    const isWhole = pool !== undefined && this.#pool === undefined;
    const { pool: _pool, ...inner } = projection;
    this.#add =
      (isWhole ? undefined : addWithKernel(kernels, inner, from, target, chunk)) ??
      addColumns(
        this.#pool === undefined ? each : eachTarget(inner, from.size, target.layout.size),
        projection,
        from,
        target,
      );
  }

  /** Adds the events that arrive in the steps `row … row + rows − 1` of the chunk. */
  run(row: number, rows: number): void {
    const { delay } = this.projection;
    const source = this.#source;
    this.#count(row, rows, delay);
    const events: EventRows = {
      start: source.startAt(row, delay),
      index: source.index.ptr,
      value: source.value?.ptr ?? 0,
      from: source,
      first: source.history + row - delay,
    };
    this.#add(this.#pool === undefined ? events : this.#pool.sum(events, rows), rows, row);
  }

  #count(row: number, rows: number, delay: number): void {
    const [from] = this.#source.rowEnds(row, delay);
    const [, to] = this.#source.rowEnds(row + rows - 1, delay);
    const index = this.#source.index.view;
    let ops = 0;
    for (let k = from; k < to; k++) ops += this.#synapses[index[k] as number] as number;
    this.synapticOps += ops;
    this.eventsIn += to - from;
  }
}

/** Window sums in front of a projection, as events of their own: several events of one window become one. */
class PooledEvents {
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
function poolable(pool: PoolOp, from: Layout): boolean {
  return from.toNir === undefined || isImage(from, pool.inShape);
}

function orderOf(from: Layout): "hwc" | "chw" {
  return from.toNir === undefined ? "chw" : "hwc";
}

function poolGeometry(pool: PoolOp, from: Layout): ConvGeometry {
  const { inShape: input, outShape: output, kernel, stride, padding } = pool;
  return { input, output, kernel, stride, padding, eventOrder: orderOf(from) };
}

function addWithKernel(
  kernels: Kernels,
  projection: Projection,
  from: Layout,
  target: Target,
  chunk: number,
): Add | undefined {
  const { op } = projection;
  if (op.kind === "dense") return addDense(kernels, projection, from, target);
  const isOrdered =
    (op.kind === "conv2d" || op.kind === "pool") &&
    (from.toNir === undefined || isImage(from, op.inShape)) &&
    isImage(target.layout, op.outShape);
  if (!isOrdered) return undefined;
  if (op.kind === "conv2d") return addConv(kernels, op, projection, from, target, chunk);
  if (op.kind !== "pool" || factorOf(projection) * (projection.weights.ints[0] as number) !== 1)
    return undefined;
  const shape = convShape(kernels, poolGeometry(op, from));
  return ({ start, index, value }, rows, row) =>
    kernels.poolEventsI32(shape.ptr, rows, start, index, value, rowAt(target, row));
}

function rowAt({ acc, layout }: Target, row: number): number {
  return acc.ptr + 4 * layout.size * row;
}

function factorOf({ shift = 0 }: Projection): number {
  return 2 ** shift;
}

/** Side of a tile of weights when they are turned around. */
const tile = 64;

/** Weights by source: one event adds one contiguous row. */
function addDense(kernels: Kernels, projection: Projection, from: Layout, target: Target): Add {
  const { ints } = projection.weights;
  const factor = factorOf(projection);
  const { layout } = target;
  const [k, n] = [from.size, layout.size];
  const rows = narrowest(kernels, ints, factor);
  const { view } = rows.block;
  // Tiles, so that neither side is walked in long strides.
  for (let top = 0; top < n; top += tile)
    for (let left = 0; left < k; left += tile)
      for (let column = top; column < Math.min(n, top + tile); column++) {
        const i = (layout.toNir === undefined ? column : (layout.toNir[column] as number)) * k;
        for (let row = left; row < Math.min(k, left + tile); row++) {
          const j = from.toNir === undefined ? row : (from.toNir[row] as number);
          view[row * n + column] = (ints[i + j] as number) * factor;
        }
      }
  const weights = rows.block.ptr;
  const kernel = { 8: kernels.accumulateI8, 16: kernels.accumulateI16, 32: kernels.accumulateI32 }[rows.bits];
  return ({ start, index, value }, count, row) =>
    kernel(count, n, start, index, value, weights, n, rowAt(target, row), n);
}

function addConv(
  kernels: Kernels,
  op: Conv2dOp,
  projection: Projection,
  from: Layout,
  target: Target,
  chunk: number,
): Add {
  const { weights } = projection;
  const { kernel } = convWindow(op, weights.shape);
  const { inShape: input, outShape: output, stride, padding, dilation, groups } = op;
  const eventOrder = orderOf(from);
  const geometry: ConvGeometry = { input, output, kernel, stride, padding, dilation, groups, eventOrder };
  const factor = factorOf(projection);
  const ints = factor === 1 ? weights.ints : Int32Array.from(weights.ints, (w) => w * factor);
  const packed = narrowest(kernels, ints, 1);
  packConvEvents(geometry, ints, packed.block.view);
  const words = convShape(kernels, geometry);
  const add = { 8: kernels.convEventsI8, 16: kernels.convEventsI16, 32: kernels.convEventsI32 }[packed.bits];
  const mayBeDense = fitsFloat32(ints, output[0]);
  let dense: DenseConv | undefined;
  return (events, rows, row) => {
    const { start, index, value, from: source, first } = events;
    const starts = source.start.view;
    const count = (starts[first + rows] as number) - (starts[first] as number);
    if (mayBeDense && value === 0 && count > denseShare * rows * from.size) {
      dense ??= new DenseConv(kernels, geometry, ints, chunk);
      // Views are taken after the room was made: it may have moved the memory.
      const lists = { start: source.start.view, index: source.index.view, first };
      dense.add(lists, rows, target.acc.view, row * target.layout.size);
    } else add(words.ptr, rows, start, index, value, packed.block.ptr, rowAt(target, row));
  };
}

/** Room for weights in the narrowest integers that hold them. */
function narrowest(
  kernels: Kernels,
  ints: ArrayLike<number>,
  factor: number,
):
  | { readonly bits: 8; readonly block: Block<Int8Array> }
  | { readonly bits: 16; readonly block: Block<Int16Array> }
  | { readonly bits: 32; readonly block: Block<Int32Array> } {
  let [low, high] = [0, 0];
  for (let i = 0; i < ints.length; i++) {
    low = Math.min(low, ints[i] as number);
    high = Math.max(high, ints[i] as number);
  }
  const fits = (bits: number): boolean =>
    low * factor >= -(2 ** (bits - 1)) && high * factor < 2 ** (bits - 1);
  if (fits(8)) return { bits: 8, block: kernels.i8(ints.length) };
  if (fits(16)) return { bits: 16, block: kernels.i16(ints.length) };
  return { bits: 32, block: kernels.i32(ints.length) };
}

/** Any projection, by lists of synapses. */
function addColumns(
  each: ReturnType<typeof eachTarget>,
  projection: Projection,
  from: Layout,
  target: Target,
): Add {
  const { start, target: to, weight } = columnsOf(each, from, target.layout, factorOf(projection));
  const { size } = target.layout;
  return (events, rows, row) => {
    const acc = target.acc.view;
    const starts = events.from.start.view;
    const index = events.from.index.view;
    const values = events.from.value?.view;
    for (let r = 0; r < rows; r++) {
      const base = (row + r) * size;
      const last = starts[events.first + r + 1] as number;
      for (let k = starts[events.first + r] as number; k < last; k++) {
        const source = index[k] as number;
        const value = values === undefined ? 1 : (values[k] as number);
        const end = start[source + 1] as number;
        for (let s = start[source] as number; s < end; s++) {
          const at = base + (to[s] as number);
          acc[at] = (acc[at] as number) + (weight[s] as number) * value;
        }
      }
    }
  };
}

/** The image order that a projection would like its target to have. */
export function wantedImage({ op }: Projection): readonly [number, number, number] | undefined {
  return op.kind === "conv2d" || op.kind === "pool" ? op.outShape : undefined;
}
