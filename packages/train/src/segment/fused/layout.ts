/** The order of elements in the kernels' memory against that of the file. */
import type { Shape } from "@nirkit/graph";
import type { FlowLayout, FlowShape } from "./flow.ts";
import type { Workspace } from "./workspace.ts";

/** Place in the flow of each element in the order of the file; undefined where they are the same. */
export function flowPlaces({ n, layout, channels }: FlowShape): Uint32Array | undefined {
  if (layout === "nir") return undefined;
  const pixels = n / channels;
  return Uint32Array.from({ length: n }, (_, at) => (at % pixels) * channels + Math.floor(at / pixels));
}

/** Per-neuron values in the order of the flow. */
export function toFlow(values: Float32Array, shape: FlowShape): Float32Array {
  const places = flowPlaces(shape);
  if (places === undefined) return values;
  const moved = new Float32Array(values.length);
  for (let i = 0; i < places.length; i++) moved[places[i] as number] = values[i] as number;
  return moved;
}

/** Rows at an address in the order of the file, copied. */
export function readRows(
  { kernels, pool, f32 }: Workspace,
  ptr: number,
  count: number,
  shape: FlowShape,
): Float32Array {
  if (shape.layout === "nir") return f32(ptr, count).slice();
  const turned = pool.take(count);
  kernels.transposeImages(count / shape.n, shape.n / shape.channels, shape.channels, ptr, turned.ptr);
  const rows = f32(turned.ptr, count).slice();
  pool.give(turned);
  return rows;
}

/** Per-neuron values of a flow in the order of the file. */
export function fromFlow(values: Float32Array, shape: FlowShape): Float32Array {
  const places = flowPlaces(shape);
  if (places === undefined) return values.slice();
  return Float32Array.from(places, (place) => values[place] as number);
}

/** Rows of flow values in the order of the file. */
export function rowsFromFlow(values: Float32Array, shape: FlowShape): Float32Array {
  const places = flowPlaces(shape);
  if (places === undefined) return values;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += places.length)
    for (let i = 0; i < places.length; i++) moved[row + i] = values[row + (places[i] as number)] as number;
  return moved;
}

/** Rows in the order of the file as flow values. */
export function rowsToFlow(values: Float32Array, shape: FlowShape): Float32Array {
  const places = flowPlaces(shape);
  if (places === undefined) return values;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += places.length)
    for (let i = 0; i < places.length; i++) moved[row + (places[i] as number)] = values[row + i] as number;
  return moved;
}

/** The layout in which a shape is kept after a convolution; shapes of one channel or one pixel have only one. */
export function imageLayout(shape: Shape): FlowLayout {
  const [c = 1, ...pixels] = shape;
  return c === 1 || pixels.every((size) => size === 1) ? "nir" : "hwc";
}
