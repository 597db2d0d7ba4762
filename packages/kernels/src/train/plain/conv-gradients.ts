/** Gradients of convolutions and pools. */
import type { Heap, HeapViews } from "../../heap.ts";
import { readShape, type Shape } from "../../plain/read-shape.ts";
import type { TrainKernels } from "../train-kernels.ts";

type ConvGradients = Pick<
  TrainKernels,
  "convEventsWeightGradient" | "convDenseWeightGradient" | "convInputGradient" | "poolInputGradient"
>;

/** The gradient kernels on `heap`. */
export function plainConvGradients(heap: Heap): ConvGradients {
  return {
    convEventsWeightGradient: (shapePtr, rows, start, index, value, dy, dw) => {
      const views = heap.views();
      const { f32, u32 } = views;
      const shape = readShape(views, shapePtr);
      const outG = shape.outC / shape.groups;
      for (let r = 0; r < rows; r++)
        for (let p = u32[(start >>> 2) + r] as number; p < (u32[(start >>> 2) + r + 1] as number); p++) {
          const factor = value ? (f32[(value >>> 2) + p] as number) : 1;
          const { channel, y, x } = placeOf(shape, u32[(index >>> 2) + p] as number);
          const group = Math.floor(channel / (shape.c / shape.groups)) * outG;
          eachOutput(shape, y, x, (pixel, ky, kx) => {
            const to =
              (dw >>> 2) + ((channel * shape.kernelH + ky) * shape.kernelW + shape.kernelW - 1 - kx) * outG;
            const from = (dy >>> 2) + (r * shape.outH * shape.outW + pixel) * shape.outC + group;
            for (let o = 0; o < outG; o++)
              f32[to + o] = (f32[to + o] as number) + Math.fround(factor * (f32[from + o] as number));
          });
        }
    },
    convDenseWeightGradient: (shapePtr, rows, x, dy, dw) => {
      const views = heap.views();
      const sums = new Float64Array(views.f32.length > 0 ? weightCount(readShape(views, shapePtr)) : 0);
      eachProduct(views, shapePtr, rows, (image, output, weight) => {
        sums[weight] =
          (sums[weight] as number) +
          (views.f32[(x >>> 2) + image] as number) * (views.f32[(dy >>> 2) + output] as number);
      });
      for (let k = 0; k < sums.length; k++)
        views.f32[(dw >>> 2) + k] = (views.f32[(dw >>> 2) + k] as number) + (sums[k] as number);
    },
    convInputGradient: (shapePtr, rows, dy, w, dx) => {
      const views = heap.views();
      const shape = readShape(views, shapePtr);
      const sums = new Float64Array(rows * shape.h * shape.w * shape.c);
      eachProduct(views, shapePtr, rows, (image, output, weight) => {
        sums[image] =
          (sums[image] as number) +
          (views.f32[(w >>> 2) + weight] as number) * (views.f32[(dy >>> 2) + output] as number);
      });
      views.f32.set(sums, dx >>> 2);
    },
    poolInputGradient: (shapePtr, rows, dy, scale, dx) => {
      const views = heap.views();
      const { f32 } = views;
      const shape = readShape(views, shapePtr);
      const size = rows * shape.h * shape.w * shape.c;
      const unit = Math.fround(scale);
      f32.fill(0, dx >>> 2, (dx >>> 2) + size);
      eachWindow(shape, rows, (image, output) => {
        for (let c = 0; c < shape.c; c++) {
          const to = (dx >>> 2) + image * shape.c + c;
          f32[to] =
            (f32[to] as number) + Math.fround(unit * (f32[(dy >>> 2) + output * shape.c + c] as number));
        }
      });
    },
  };
}

function weightCount(shape: Shape): number {
  return (shape.c / shape.groups) * shape.kernelH * shape.kernelW * shape.outC;
}

function placeOf(
  shape: Shape,
  at: number,
): { readonly channel: number; readonly y: number; readonly x: number } {
  const plane = shape.h * shape.w;
  const channel = shape.chw ? Math.floor(at / plane) : at % shape.c;
  const pixel = shape.chw ? at % plane : Math.floor(at / shape.c);
  return { channel, y: Math.floor(pixel / shape.w), x: pixel % shape.w };
}

function eachOutput(
  shape: Shape,
  y: number,
  x: number,
  visit: (pixel: number, ky: number, kx: number) => void,
): void {
  for (let ky = 0; ky < shape.kernelH; ky++)
    for (let kx = 0; kx < shape.kernelW; kx++) {
      const oy = (y + shape.padTop - ky * shape.dilationH) / shape.strideH;
      const ox = (x + shape.padLeft - kx * shape.dilationW) / shape.strideW;
      if (
        Number.isInteger(oy) &&
        Number.isInteger(ox) &&
        oy >= 0 &&
        ox >= 0 &&
        oy < shape.outH &&
        ox < shape.outW
      )
        visit(oy * shape.outW + ox, ky, kx);
    }
}

/** Visits each pair of an input pixel and an output pixel whose window holds it, windows in order. */
function eachWindow(
  shape: Shape,
  rows: number,
  visit: (input: number, output: number, ky: number, kx: number) => void,
): void {
  for (let output = 0; output < rows * shape.outH * shape.outW; output++) {
    const row = Math.floor(output / (shape.outH * shape.outW));
    const [oy, ox] = [Math.floor(output / shape.outW) % shape.outH, output % shape.outW];
    for (let ky = 0; ky < shape.kernelH; ky++)
      for (let kx = 0; kx < shape.kernelW; kx++) {
        const y = oy * shape.strideH - shape.padTop + ky * shape.dilationH;
        const x = ox * shape.strideW - shape.padLeft + kx * shape.dilationW;
        if (y < 0 || x < 0 || y >= shape.h || x >= shape.w) continue;
        visit((row * shape.h + y) * shape.w + x, output, ky, kx);
      }
  }
}

/** Visits every product of a convolution: element of the input, of the output, and of the weights (dense layout). */
function eachProduct(
  views: HeapViews,
  shapePtr: number,
  rows: number,
  visit: (input: number, output: number, weight: number) => void,
): void {
  const shape = readShape(views, shapePtr);
  const inG = shape.c / shape.groups;
  const outG = shape.outC / shape.groups;
  eachWindow(shape, rows, (image, output, ky, kx) => {
    for (let c = 0; c < shape.c; c++) {
      const group = Math.floor(c / inG);
      const row = ((group * shape.kernelH + ky) * shape.kernelW + kx) * inG + (c % inG);
      for (let o = 0; o < outG; o++)
        visit(image * shape.c + c, output * shape.outC + group * outG + o, row * outG + o);
    }
  });
}
