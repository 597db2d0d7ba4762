/** Dense layers, convolutions and pools by events; dense layers as a product where most inputs are not silent. */
import { type ConvGeometry, convShape, packConvEvents, sgemmScratchBytes } from "@nirkit/kernels";
import type { FloatArray } from "../float-array.ts";
import type { ConvolutionPlan } from "../step/convolution.ts";
import type { DensePlan, PoolPlan } from "../step/step.ts";
import { type Cell, stateless } from "./cell.ts";
import { listRows } from "./event-list.ts";
import { type InputRows, inputRows } from "./input-rows.ts";
import type { BlockMemory } from "./rows.ts";
import type { Source, Wire } from "./wire.ts";

/** Share of inputs that are not silent above which a dense product costs less. */
const denseAbove = 0.3;
/** Longest sums that a dense product adds up in the order of the inputs. */
const longestSum = 256;

/** Makes the events of a wire from its rows, where somebody wants them. */
function finishRows(memory: BlockMemory, { events, rows }: Wire): Cell["finish"] {
  return events === undefined ? () => {} : ({ count }) => listRows(memory, events, rows, rows.ptr, count);
}

/** Measures the density of each chunk and says how its rows are best made. */
function densityOf(input: InputRows, allowed: boolean): (events: number, values: number) => boolean {
  return (events, values) => {
    if (!allowed || events <= denseAbove * values) return false;
    // Rows of a source that left them out are there from the next chunk on.
    const ready = input.direct?.rowsWanted ?? true;
    if (input.direct !== undefined) input.direct.rowsWanted = true;
    return ready;
  };
}

/** Adds one row to each of many: a list without events, and a bias. Undefined where all of it is 0. */
function biasAdder(
  { kernels, chunk }: BlockMemory,
  bias: FloatArray | undefined,
): ((rows: number, to: number) => void) | undefined {
  if (bias === undefined || bias.every((value) => value === 0)) return undefined;
  const n = bias.length;
  const row = kernels.f32(n);
  row.view.set(bias);
  const silent = kernels.u32(chunk + 1).ptr;
  return (rows, to) => kernels.accumulateEvents(rows, 1, n, silent, 0, 0, row.ptr, n, row.ptr, to, n, 1, 0);
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
  const input = inputRows(memory, sources, { size: k, events: true });
  const weight = kernels.f32(k * n);
  weight.view.set(plan.weight);
  const bias = plan.bias === undefined ? undefined : kernels.f32(n);
  bias?.view.set(plan.bias ?? []);
  const scratch = memory.scratch(Math.max(sgemmScratchBytes(), 128 * k));
  const isDense = densityOf(input, k <= longestSum);
  const addBias = biasAdder(memory, plan.bias);
  const to = (row: number): number => wire.rows.ptr + 4 * row * n;
  const product = (row: number, count: number): void => {
    kernels.sgemm(count, n, k, input.rows.ptr + 4 * row * k, k, 0, weight.ptr, n, 0, to(row), n, 0, scratch);
    addBias?.(count, to(row));
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
      kernels.accumulateEvents(
        count,
        k,
        n,
        start,
        index,
        value,
        weight.ptr,
        n,
        bias?.ptr ?? 0,
        to(row),
        n,
        0,
        wide,
      );
    },
    finish: finishRows(memory, wire),
  };
}

/** Images as the kernels write them, channels last, turned to the order of the file. */
function imageRows(
  memory: BlockMemory,
  [channels, height, width]: readonly [number, number, number],
): {
  readonly ptr: number;
  turn(rows: number, to: number): void;
} {
  const { kernels, chunk } = memory;
  const plane = height * width;
  const { ptr } = kernels.f32(chunk * channels * plane);
  return { ptr, turn: (rows, to) => kernels.transposeImages(rows, plane, channels, ptr, to) };
}

/** Cross-correlation: terms ascending by channel, row, column of the input, then the bias. */
export function convolutionCell(
  memory: BlockMemory,
  wire: Wire,
  sources: readonly Source[],
  plan: ConvolutionPlan,
): Cell {
  const { kernels } = memory;
  const geometry = geometryOf(plan);
  const [channels, height, width] = geometry.input;
  const input = inputRows(memory, sources, { size: channels * height * width, events: true });
  const shape = convShape(kernels, geometry).ptr;
  const weight = kernels.f32(plan.weight.length);
  packConvEvents(geometry, plan.weight, weight.view);
  const images = imageRows(memory, geometry.output);
  const { size } = wire.rows;
  const area = size / plan.outChannels;
  const addBias = biasAdder(
    memory,
    Float32Array.from({ length: size }, (_, n) => plan.bias[Math.floor(n / area)] ?? 0),
  );
  return {
    ...stateless,
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const { start, index, value } = input.events(row, count);
      const to = wire.rows.ptr + 4 * row * size;
      kernels.convEvents(shape, count, start, index, value, weight.ptr, 0, images.ptr, 0);
      images.turn(count, to);
      addBias?.(count, to);
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
    eventOrder: "chw",
  };
}

/** Window sums, divided by an area that is a power of two. */
export function poolCell(memory: BlockMemory, wire: Wire, sources: readonly Source[], plan: PoolPlan): Cell {
  const { kernels } = memory;
  const { input: from, output, kernel, stride, padding, scale } = plan;
  const input = inputRows(memory, sources, { size: from[0] * from[1] * from[2], events: true });
  const geometry = {
    input: from,
    output,
    kernel,
    stride,
    padding,
    groups: from[0],
    eventOrder: "chw",
  } as const;
  const shape = convShape(kernels, geometry).ptr;
  const images = imageRows(memory, output);
  return {
    ...stateless,
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const { start, index, value } = input.events(row, count);
      kernels.poolEvents(shape, count, start, index, value, scale, images.ptr);
      images.turn(count, wire.rows.ptr + 4 * row * wire.rows.size);
    },
    finish: finishRows(memory, wire),
  };
}
