/**
 * How a value of a graph stands in the graph it was lowered to: axes in another order, neighboring axes merged. NIR
 * cannot reorder or split axes in a graph, so what works on the value is changed instead.
 */
import { type Shape, sameShape, sizeOf, type Tensor, zeros } from "../tensor.ts";

/** Another arrangement of the elements of a value. */
export interface Layout {
  /** Shape before. */
  readonly from: Shape;
  /** Axes of `from`, in the order in which they are now row-major. */
  readonly axes: readonly number[];
  /** Shape now: neighbors of the reordered axes merged. */
  readonly shape: Shape;
}

/** True when row-major order is what it was; moving axes of size 1 does not count. */
export function keepsOrder({ from, axes }: Layout): boolean {
  const long = axes.filter((axis) => from[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > (long[i - 1] ?? 0));
}

/** True when nothing changed: order and shape are what they were. */
export function isPlain(layout: Layout): boolean {
  return keepsOrder(layout) && sameShape(layout.shape, layout.from);
}

/** True when both put the same element at every place of the same shape. */
export function sameLayout(a: Layout, b: Layout): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  if (keepsOrder(a) && keepsOrder(b)) return true;
  const [x, y] = [layoutOrder(a), layoutOrder(b)];
  return x.every((from, to) => from === y[to]);
}

/**
 * For every place of the layout, the row-major place before.
 *
 * @example layoutOrder({ from: [2, 3], axes: [1, 0], shape: [6] }) // 0, 3, 1, 4, 2, 5
 */
export function layoutOrder({ from, axes }: Layout): Int32Array {
  const strides = from.map((_, axis) => sizeOf(from.slice(axis + 1)));
  const order = new Int32Array(sizeOf(from));
  const index = new Int32Array(axes.length);
  let place = 0;
  for (let to = 0; to < order.length; to++) {
    order[to] = place;
    for (let k = axes.length - 1; k >= 0; k--) {
      const axis = axes[k] ?? 0;
      const [stride, size] = [strides[axis] ?? 0, from[axis] ?? 1];
      place += stride;
      index[k] = (index[k] ?? 0) + 1;
      if ((index[k] ?? 0) < size) break;
      place -= stride * size;
      index[k] = 0;
    }
  }
  return order;
}

/** A tensor of one value per element, rearranged. */
export function relayTensor(source: Tensor, layout: Layout): Tensor {
  const result = zeros(source.dtype, layout.shape);
  copyBy(source, result, (to, order) => order[to] ?? 0, layoutOrder(layout));
  return result;
}

/** A weight `[out, in]` with rows and columns rearranged; undefined leaves them. */
export function relayMatrix(weight: Tensor, rows: Layout | undefined, columns: Layout | undefined): Tensor {
  const [, width = 1] = weight.shape;
  const [rowOrder, columnOrder] = [rows && layoutOrder(rows), columns && layoutOrder(columns)];
  const result = zeros(weight.dtype, weight.shape);
  copyBy(weight, result, (to) => {
    const [row, column] = [Math.floor(to / width), to % width];
    return (rowOrder?.[row] ?? row) * width + (columnOrder?.[column] ?? column);
  });
  return result;
}

function copyBy(
  source: Tensor,
  target: Tensor,
  place: (to: number, order: Int32Array) => number,
  order: Int32Array = new Int32Array(0),
): void {
  const [from, to] = [source.data, target.data] as [
    ArrayLike<number>,
    { length: number; [i: number]: number },
  ];
  for (let i = 0; i < to.length; i++) to[i] = from[place(i, order)] as number;
}
