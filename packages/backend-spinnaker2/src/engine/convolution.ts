/**
 * The convolution of the chip, event by event: no synapse is stored.
 *
 *     yp = floor(y / pool), dropped when yp >= floor(H / pool)
 *     ny = yp + pad_top − r;  oy = ny / stride where it divides and lies inside    (x alike)
 *     sum[o, oy, ox] += w[c][o][r][s]
 *
 * Source: spinnaker2.md 2.2.
 */
import type { FanOut } from "./fan-out.ts";

/** Parameters of a `Conv2DProjection`; integers. */
export interface ConvParams {
  readonly in_height: number;
  readonly in_width: number;
  readonly stride_x: number;
  readonly stride_y: number;
  readonly pool_x: number;
  readonly pool_y: number;
  readonly pad_top: number;
  readonly pad_bottom: number;
  readonly pad_left: number;
  readonly pad_right: number;
}

/** Weights `[c_in][c_out][k_h][k_w]`, row-major, with the parameters of the projection. */
export interface Convolution {
  readonly weights: Int8Array;
  readonly shape: readonly [channelsIn: number, channelsOut: number, height: number, width: number];
  readonly params: ConvParams;
}

/** Output rows and columns: floor((floor(H / pool) + pads − k) / stride) + 1. */
export function convOutput({ shape, params }: Pick<Convolution, "shape" | "params">): {
  readonly height: number;
  readonly width: number;
} {
  const pooledHeight = Math.floor(params.in_height / params.pool_y);
  const pooledWidth = Math.floor(params.in_width / params.pool_x);
  const height = pooledHeight + params.pad_top + params.pad_bottom - shape[2];
  const width = pooledWidth + params.pad_left + params.pad_right - shape[3];
  return {
    height: Math.floor(height / params.stride_y) + 1,
    width: Math.floor(width / params.stride_x) + 1,
  };
}

/** Positions along one axis that an input position reaches, with the kernel tap of each. */
interface AxisTaps {
  readonly start: Uint32Array;
  readonly output: Uint32Array;
  readonly tap: Uint32Array;
}

interface Axis {
  readonly size: number;
  readonly pool: number;
  readonly pad: number;
  readonly stride: number;
  readonly kernel: number;
  readonly outputs: number;
}

function axisTaps({ size, pool, pad, stride, kernel, outputs }: Axis): AxisTaps {
  const start = new Uint32Array(size + 1);
  const output: number[] = [];
  const tap: number[] = [];
  const pooledSize = Math.floor(size / pool);
  for (let y = 0; y < size; y++) {
    const pooled = Math.floor(y / pool);
    for (let r = 0; r < kernel && pooled < pooledSize; r++) {
      const distance = pooled + pad - r;
      if (distance < 0 || distance % stride !== 0 || distance / stride >= outputs) continue;
      output.push(distance / stride);
      tap.push(r);
    }
    start[y + 1] = output.length;
  }
  return { start, output: Uint32Array.from(output), tap: Uint32Array.from(tap) };
}

/** The taps of both axes of a convolution. */
export function convTaps(conv: Pick<Convolution, "shape" | "params">): {
  readonly rows: AxisTaps;
  readonly columns: AxisTaps;
} {
  const { params, shape } = conv;
  const { height, width } = convOutput(conv);
  return {
    rows: axisTaps({
      size: params.in_height,
      pool: params.pool_y,
      pad: params.pad_top,
      stride: params.stride_y,
      kernel: shape[2],
      outputs: height,
    }),
    columns: axisTaps({
      size: params.in_width,
      pool: params.pool_x,
      pad: params.pad_left,
      stride: params.stride_x,
      kernel: shape[3],
      outputs: width,
    }),
  };
}

/** The fan-out of a convolution; its delay field is 0. */
export function convFanOut(conv: Convolution): FanOut {
  const { weights, params, shape } = conv;
  const [, channelsOut, kernelHeight, kernelWidth] = shape;
  const { rows, columns } = convTaps(conv);
  const { height: outHeight, width: outWidth } = convOutput(conv);
  const image = params.in_height * params.in_width;
  const kernel = kernelHeight * kernelWidth;
  const map = outHeight * outWidth;
  return {
    longestDelay: 0,
    synapses: convSynapses(conv, rows, columns),
    deliver(sums, starts, sources, from, to) {
      const row = starts[0] as number;
      for (let k = from; k < to; k++) {
        const source = sources[k] as number;
        const y = Math.floor((source % image) / params.in_width);
        const x = source % params.in_width;
        const firstKernel = Math.floor(source / image) * channelsOut * kernel;
        const lastRow = rows.start[y + 1] as number;
        const lastColumn = columns.start[x + 1] as number;
        for (let i = rows.start[y] as number; i < lastRow; i++) {
          const line = row + (rows.output[i] as number) * outWidth;
          const taps = firstKernel + (rows.tap[i] as number) * kernelWidth;
          for (let j = columns.start[x] as number; j < lastColumn; j++) {
            let at = line + (columns.output[j] as number);
            let weight = taps + (columns.tap[j] as number);
            for (let o = 0; o < channelsOut; o++) {
              sums[at] = (sums[at] as number) + (weights[weight] as number);
              at += map;
              weight += kernel;
            }
          }
        }
      }
    },
  };
}

function convSynapses(conv: Convolution, rows: AxisTaps, columns: AxisTaps): Uint32Array {
  const { weights, params, shape } = conv;
  const [channelsIn, channelsOut, kernelHeight, kernelWidth] = shape;
  const kernel = kernelHeight * kernelWidth;
  const synapses = new Uint32Array(channelsIn * params.in_height * params.in_width);
  let at = 0;
  for (let c = 0; c < channelsIn; c++) {
    const filled = new Uint32Array(kernel);
    for (let o = 0; o < channelsOut; o++)
      for (let k = 0; k < kernel; k++)
        if (weights[(c * channelsOut + o) * kernel + k] !== 0) filled[k] = (filled[k] as number) + 1;
    for (let y = 0; y < params.in_height; y++)
      for (let x = 0; x < params.in_width; x++) {
        let count = 0;
        for (let i = rows.start[y] as number; i < (rows.start[y + 1] as number); i++)
          for (let j = columns.start[x] as number; j < (columns.start[x + 1] as number); j++)
            count += filled[(rows.tap[i] as number) * kernelWidth + (columns.tap[j] as number)] as number;
        synapses[at++] = count;
      }
  }
  return synapses;
}
