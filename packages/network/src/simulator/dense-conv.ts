/**
 * A convolution of dense spike images, for steps in which much of an image fires.
 *
 * Products of 0 or 1 with integers are added in float32, which is exact while no sum can reach 2^24. One event costs
 * what it reaches; the matrix product costs the same at every density, at two to four times the rate: measured, it
 * wins from 28 % (8 channels) to 40 % (64 channels) of the pixels on. Dense layers gain nothing: rows of int8 weights
 * are added faster than float32 multiplies them, at any density.
 */
import {
  type Block,
  type ConvGeometry,
  convDenseScratchBytes,
  convShape,
  type Kernels,
  packConvDense,
} from "@nirkit/kernels";
import { imageLayout } from "./layout.ts";

/** Share of the pixels from which on dense images are faster. */
export const denseShare = 0.4;

const exactFloat32 = 2 ** 24;

/** Room and weights of the dense form of one convolution. */
export class DenseConv {
  readonly #kernels: Kernels;
  readonly #shape: Block<Int32Array>;
  readonly #weights: Block<Float32Array>;
  readonly #bias: Block<Float32Array>;
  readonly #scratch: Block<Uint8Array>;
  readonly #image: Block<Float32Array>;
  readonly #sums: Block<Float32Array>;
  readonly #sources: number;
  readonly #targets: number;
  /** Position `[H, W, C]` of each index of the events; undefined where they have that order. */
  readonly #order: Uint32Array | undefined;

  constructor(kernels: Kernels, geometry: ConvGeometry, ints: ArrayLike<number>, chunk: number) {
    const { input, output, kernel, groups = 1 } = geometry;
    this.#kernels = kernels;
    this.#sources = input[0] * input[1] * input[2];
    this.#targets = output[0] * output[1] * output[2];
    this.#shape = convShape(kernels, { ...geometry, eventOrder: "hwc" });
    this.#weights = kernels.f32(ints.length);
    packConvDense(geometry, Float32Array.from(ints), this.#weights.view);
    this.#bias = kernels.f32(output[0]);
    const window = (input[0] / groups) * kernel[0] * kernel[1];
    this.#scratch = kernels.u8(convDenseScratchBytes(window, output[2]));
    this.#image = kernels.f32(chunk * this.#sources);
    this.#sums = kernels.f32(chunk * this.#targets);
    this.#order = geometry.eventOrder === "chw" ? imageLayout(input).fromNir : undefined;
  }

  /** Adds the spikes of some rows to rows of sums that begin at `base` of `acc`. */
  add(
    events: { readonly start: Uint32Array; readonly index: Uint32Array; readonly first: number },
    rows: number,
    acc: Int32Array,
    base: number,
  ): void {
    const image = this.#image.view;
    image.fill(0, 0, rows * this.#sources);
    for (let r = 0; r < rows; r++) {
      const to = events.start[events.first + r + 1] as number;
      for (let k = events.start[events.first + r] as number; k < to; k++) {
        const at = events.index[k] as number;
        image[r * this.#sources + (this.#order === undefined ? at : (this.#order[at] as number))] = 1;
      }
    }
    const [shape, x, w, bias, out] = [this.#shape, this.#image, this.#weights, this.#bias, this.#sums];
    this.#kernels.convDense(shape.ptr, rows, x.ptr, w.ptr, bias.ptr, out.ptr, this.#scratch.ptr);
    const sums = out.view;
    for (let i = 0; i < rows * this.#targets; i++)
      acc[base + i] = (acc[base + i] as number) + (sums[i] as number);
  }
}

/** True where no sum of weights of one output channel can leave the exact integers of float32. */
export function fitsFloat32(ints: ArrayLike<number>, outputs: number): boolean {
  const per = ints.length / outputs;
  for (let o = 0; o < outputs; o++) {
    let sum = 0;
    for (let k = o * per; k < (o + 1) * per; k++) sum += Math.abs(ints[k] as number);
    if (sum >= exactFloat32) return false;
  }
  return true;
}
