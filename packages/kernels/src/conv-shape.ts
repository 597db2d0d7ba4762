/** Geometry of a convolution or a pool, and the two layouts of its weights. */
import type { Block } from "./arena.ts";
import { KernelError } from "./kernel-error.ts";

/**
 * Sizes of a convolution or pooling over images; a 1-d one has height 1. Padding is zeros before each axis: outH and
 * outW say how far the windows run, so that asymmetric padding needs no word of its own.
 */
export interface ConvGeometry {
  /** Channels, height, width of the input. */
  readonly input: readonly [c: number, h: number, w: number];
  /** Channels, height, width of the output. */
  readonly output: readonly [c: number, h: number, w: number];
  readonly kernel: readonly [h: number, w: number];
  readonly stride?: readonly [h: number, w: number];
  readonly padding?: readonly [top: number, left: number];
  readonly dilation?: readonly [h: number, w: number];
  readonly groups?: number;
  /** Order of the indices of input events: `hwc` (default) as the kernels write them, or `chw` as NIR counts them. */
  readonly eventOrder?: "hwc" | "chw";
}

/** Words of a shape in memory, in this order, int32 each. */
export const shapeWord = {
  h: 0,
  w: 1,
  c: 2,
  outH: 3,
  outW: 4,
  outC: 5,
  kernelH: 6,
  kernelW: 7,
  strideH: 8,
  strideW: 9,
  padTop: 10,
  padLeft: 11,
  dilationH: 12,
  dilationW: 13,
  groups: 14,
  chw: 15,
} as const;

/**
 * Writes a geometry into the kernels' memory.
 *
 * @throws E_KERNEL_SHAPE where a size is not a positive integer, or groups do not divide the channels
 */
export function convShape(
  arena: { i32(n: number): Block<Int32Array> },
  geometry: ConvGeometry,
): Block<Int32Array> {
  const {
    input,
    output,
    kernel,
    stride = [1, 1],
    padding = [0, 0],
    dilation = [1, 1],
    groups = 1,
  } = geometry;
  const sizes = { input, output, kernel, stride, dilation, groups: [groups] };
  for (const [what, values] of Object.entries(sizes))
    if (!values.every((size) => Number.isSafeInteger(size) && size > 0))
      throw new KernelError("E_KERNEL_SHAPE", { what, found: `[${values}]`, expected: "positive integers" });
  if (!padding.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new KernelError("E_KERNEL_SHAPE", {
      what: "padding",
      found: `[${padding}]`,
      expected: "integers from 0",
    });
  if (input[0] % groups !== 0 || output[0] % groups !== 0)
    throw new KernelError("E_KERNEL_SHAPE", {
      what: "groups",
      found: `${groups}`,
      expected: `a divisor of ${input[0]} input and ${output[0]} output channels`,
    });
  const block = arena.i32(16);
  const chw = geometry.eventOrder === "chw" ? 1 : 0;
  block.view.set([input[1], input[2], input[0], output[1], output[2], output[0], ...kernel, ...stride]);
  block.view.set([...padding, ...dilation, groups, chw], 10);
  return block;
}

/** Arrays that weights may be packed in. */
export type WeightArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/**
 * NIR weights [outC, C/groups, kH, kW] to the event layout [C][kH][kW from right to left][outC/groups]: what one
 * event adds to one output row is one run, and with stride and dilation 1 also one run of the output.
 *
 * @param into as long as `weights`
 */
export function packConvEvents(geometry: ConvGeometry, weights: WeightArray, into: WeightArray): void {
  eachWeight(geometry, weights, (from, { o, c, y, x, outG, kh, kw }) => {
    into[((c * kh + y) * kw + (kw - 1 - x)) * outG + o] = weights[from] as number;
  });
}

/** The inverse of {@link packConvEvents}: event layout to NIR weights. */
export function unpackConvEvents(geometry: ConvGeometry, packed: WeightArray, into: WeightArray): void {
  eachWeight(geometry, packed, (to, { o, c, y, x, outG, kh, kw }) => {
    into[to] = packed[((c * kh + y) * kw + (kw - 1 - x)) * outG + o] as number;
  });
}

/**
 * NIR weights [outC, C/groups, kH, kW] to the dense layout [groups][kH][kW][C/groups][outC/groups]: per group the
 * matrix that gathered windows are multiplied with.
 */
export function packConvDense(geometry: ConvGeometry, weights: WeightArray, into: WeightArray): void {
  eachWeight(geometry, weights, (from, at) => {
    into[denseAt(at)] = weights[from] as number;
  });
}

/** The inverse of {@link packConvDense}. */
export function unpackConvDense(geometry: ConvGeometry, packed: WeightArray, into: WeightArray): void {
  eachWeight(geometry, packed, (to, at) => {
    into[to] = packed[denseAt(at)] as number;
  });
}

/** Place of one weight: group, output channel within it, input channel (of all, and within the group), tap. */
interface WeightPlace {
  readonly g: number;
  readonly o: number;
  readonly c: number;
  readonly inner: number;
  readonly y: number;
  readonly x: number;
  readonly inG: number;
  readonly outG: number;
  readonly kh: number;
  readonly kw: number;
}

function denseAt({ g, o, inner, y, x, inG, outG, kh, kw }: WeightPlace): number {
  return (((g * kh + y) * kw + x) * inG + inner) * outG + o;
}

function eachWeight(
  { input, output, kernel: [kh, kw], groups = 1 }: ConvGeometry,
  weights: WeightArray,
  visit: (nirIndex: number, place: WeightPlace) => void,
): void {
  const inG = input[0] / groups;
  const outG = output[0] / groups;
  const expected = output[0] * inG * kh * kw;
  if (weights.length !== expected)
    throw new KernelError("E_KERNEL_SHAPE", {
      what: "The number of weights",
      found: `${weights.length}`,
      expected: `${output[0]}·${inG}·${kh}·${kw} = ${expected}`,
    });
  let at = 0;
  for (let out = 0; out < output[0]; out++) {
    const g = Math.floor(out / outG);
    for (let inner = 0; inner < inG; inner++)
      for (let y = 0; y < kh; y++)
        for (let x = 0; x < kw; x++, at++)
          visit(at, { g, o: out - g * outG, c: g * inG + inner, inner, y, x, inG, outG, kh, kw });
  }
}
