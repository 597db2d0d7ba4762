/** Operations of projections on the kernels, their weights laid out so that one event adds contiguous runs. */
import { type Block, type ConvGeometry, convShape, type Kernels, packConvEvents } from "@nirkit/kernels";
import type { Conv2dOp, Projection } from "../network.ts";
import { convWindow } from "../window.ts";
import { columnsOf, type EachTarget } from "./columns.ts";
import { DenseConv, denseShare, fitsFloat32 } from "./dense-conv.ts";
import { type EventRows, orderOf, poolGeometry, type Target } from "./event-rows.ts";
import { isImage, type Layout } from "./layout.ts";

/** Adds rows of events to the rows of sums of a target from `row` on. */
export type Add = (events: EventRows, rows: number, row: number) => void;

/** The kernel that adds a projection without its pool; undefined where lists of synapses have to. */
export function addWithKernel(
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
export function addColumns(each: EachTarget, projection: Projection, from: Layout, target: Target): Add {
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
