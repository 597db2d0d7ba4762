/** Dense layers, convolutions and pools by events, or densely where most inputs are not silent. */
import {
  type ConvGeometry,
  convDenseScratchBytes,
  convShape,
  packConvDense,
  packConvEvents,
  sgemmScratchBytes,
} from "@nirkit/kernels";
import type { ConvolutionPlan } from "../step/convolution.ts";
import type { DensePlan, PoolPlan } from "../step/step.ts";
import { type Cell, stateless } from "./cell.ts";
import { listRows } from "./event-list.ts";
import { type InputRows, inputRows } from "./input-rows.ts";
import { type BlockMemory, imageOf } from "./rows.ts";
import type { Source, Wire } from "./wire.ts";

/** Share of inputs that are not silent above which a dense product costs less. */
const denseAbove = 0.3;
/** Longest sums that a dense product adds up in the order of the inputs. */
const longestSum = 256;

/** Makes the events of a wire from its rows, where somebody wants them. */
function finishRows(memory: BlockMemory, { events, rows }: Wire): Cell["finish"] {
  return events === undefined ? () => {} : ({ count }) => listRows(memory, events, rows, rows.ptr, count);
}

/** Measures the density of each chunk and says how the next rows are best made. */
function densityOf(input: InputRows, allowed: boolean): (events: number, values: number) => boolean {
  let dense = false;
  return (events, values) => {
    const wanted = allowed && values > 0 && events > denseAbove * values;
    // Rows of a source that left them out are there from the next chunk on.
    const ready = input.direct?.rowsWanted ?? true;
    if (wanted && input.direct !== undefined) input.direct.rowsWanted = true;
    dense = wanted && ready;
    return dense;
  };
}

/** y = W x (+ b): terms ascending by input, then the bias. */
export function denseCell(
  memory: BlockMemory,
  wire: Wire,
  sources: readonly Source[],
  plan: DensePlan,
): Cell {
  const { inputs: k, outputs: n } = plan;
  const { kernels } = memory;
  const input = inputRows(memory, sources, { size: k, last: undefined, events: true });
  const weight = kernels.f32(k * n);
  weight.view.set(plan.weight);
  const bias = plan.bias === undefined ? undefined : kernels.f32(n);
  bias?.view.set(plan.bias ?? []);
  const biasPtr = bias?.ptr ?? 0;
  const scratch = memory.scratch(Math.max(sgemmScratchBytes, 128 * k));
  const isDense = densityOf(input, k <= longestSum);
  const to = (row: number): number => wire.rows.ptr + 4 * row * n;
  const product = (row: number, count: number): void => {
    kernels.sgemm(count, n, k, input.rows.ptr + 4 * row * k, k, 0, weight.ptr, n, 0, to(row), n, 0, scratch);
    if (bias === undefined) return;
    const f32 = memory.f32();
    for (let at = to(row) >>> 2, r = 0; r < count; r++)
      for (let o = 0; o < n; o++, at++) f32[at] = (f32[at] ?? 0) + (f32[(biasPtr >>> 2) + o] ?? 0);
  };
  return {
    ...stateless,
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const { start, index, value, count: events } = input.events(row, count);
      if (count > 1 && isDense(events, count * k)) return product(row, count);
      // A scratch of its own pays off over many rows only.
      const wide = count >= 16 ? scratch : 0;
      kernels.accumulateEvents(count, k, n, start, index, value, weight.ptr, n, biasPtr, to(row), n, 0, wide);
    },
    finish: finishRows(memory, wire),
  };
}

/** Cross-correlation: the bias, then terms ascending by row, column, channel of the input. */
export function convolutionCell(
  memory: BlockMemory,
  wire: Wire,
  sources: readonly Source[],
  plan: ConvolutionPlan,
): Cell {
  const { kernels } = memory;
  const geometry = geometryOf(plan);
  const [channels, height, width] = geometry.input;
  const input = inputRows(memory, sources, {
    size: channels * height * width,
    last: imageOf(geometry.input),
    events: true,
  });
  const shape = convShape(kernels, geometry).ptr;
  const weight = kernels.f32(plan.weight.length);
  packConvEvents(geometry, plan.weight, weight.view);
  const hasBias = plan.bias.some((value) => value !== 0);
  const bias = kernels.f32(hasBias ? plan.bias.length : 0);
  if (hasBias) bias.view.set(plan.bias);
  const window = plan.weight.length / plan.outChannels;
  const dense = denseConvolution(memory, plan, geometry, shape, window);
  // A dense product adds the bias to the sum, not the terms to the bias.
  const isDense = densityOf(input, !hasBias && window <= longestSum);
  const { size } = wire.rows;
  return {
    ...stateless,
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const { start, index, value, count: events } = input.events(row, count);
      const to = wire.rows.ptr + 4 * row * size;
      if (count > 1 && isDense(events, count * input.rows.size))
        dense(count, input.rows.ptr + 4 * row * input.rows.size, to);
      else kernels.convEvents(shape, count, start, index, value, weight.ptr, hasBias ? bias.ptr : 0, to, 0);
    },
    finish: finishRows(memory, wire),
  };
}

function geometryOf({
  inChannels,
  outChannels,
  groups,
  vertical,
  horizontal,
}: ConvolutionPlan): ConvGeometry {
  return {
    input: [inChannels, vertical.size, horizontal.size],
    output: [outChannels, vertical.outSize, horizontal.outSize],
    kernel: [vertical.kernel, horizontal.kernel],
    stride: [vertical.stride, horizontal.stride],
    padding: [vertical.before, horizontal.before],
    dilation: [vertical.dilation, horizontal.dilation],
    groups,
  };
}

function denseConvolution(
  { kernels, scratch }: BlockMemory,
  plan: ConvolutionPlan,
  geometry: ConvGeometry,
  shape: number,
  window: number,
): (rows: number, from: number, to: number) => void {
  if (window > longestSum) return () => {};
  const weight = kernels.f32(plan.weight.length);
  packConvDense(geometry, plan.weight, weight.view);
  const room = scratch(convDenseScratchBytes(window, plan.horizontal.outSize));
  return (rows, from, to) => kernels.convDense(shape, rows, from, weight.ptr, 0, to, room);
}

/** Window sums, divided by an area that is a power of two. */
export function poolCell(memory: BlockMemory, wire: Wire, sources: readonly Source[], plan: PoolPlan): Cell {
  const { kernels } = memory;
  const { input: from, output, kernel, stride, padding, scale } = plan;
  const size = from[0] * from[1] * from[2];
  const input = inputRows(memory, sources, { size, last: imageOf(from), events: true });
  const shape = convShape(kernels, { input: from, output, kernel, stride, padding, groups: from[0] }).ptr;
  return {
    ...stateless,
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const { start, index, value } = input.events(row, count);
      kernels.poolEvents(shape, count, start, index, value, scale, wire.rows.ptr + 4 * row * wire.rows.size);
    },
    finish: finishRows(memory, wire),
  };
}
