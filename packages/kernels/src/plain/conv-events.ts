/** Event-driven convolution and pooling: one event adds its row of weights to every output whose window holds it. */
import type { Heap, HeapViews } from "../heap.ts";
import type { EventKernels, IntegerKernels } from "../inference-kernels.ts";
import { readShape, type Shape } from "./read-shape.ts";

/** The float32 kernels on `heap`. */
export function plainConvEvents(heap: Heap): Pick<EventKernels, "convEvents" | "poolEvents"> {
  return {
    convEvents: (shapePtr, rows, start, index, value, w, bias, out, accumulate) => {
      const views = heap.views();
      const { f32 } = views;
      const shape = readShape(views, shapePtr);
      const outG = shape.outC / shape.groups;
      const w0 = w >>> 2;
      if (!accumulate) fillBias(f32, shape, rows, bias, out);
      eachEvent(views, shape, rows, start, index, (image, p, channel, y, x) => {
        const factor = value ? (f32[(value >>> 2) + p] as number) : 1;
        const group = Math.floor(channel / (shape.c / shape.groups)) * outG;
        eachTap(shape, y, x, (pixel, ky, kx) => {
          const from = w0 + ((channel * shape.kernelH + ky) * shape.kernelW + shape.kernelW - 1 - kx) * outG;
          const to = (out >>> 2) + (image + pixel) * shape.outC + group;
          for (let o = 0; o < outG; o++)
            f32[to + o] = (f32[to + o] as number) + Math.fround(factor * (f32[from + o] as number));
        });
      });
    },
    poolEvents: (shapePtr, rows, start, index, value, scale, out) => {
      const views = heap.views();
      const { f32 } = views;
      const shape = readShape(views, shapePtr);
      const size = rows * shape.outH * shape.outW * shape.c;
      f32.fill(0, out >>> 2, (out >>> 2) + size);
      eachEvent(views, shape, rows, start, index, (image, p, channel, y, x) => {
        const factor = value ? (f32[(value >>> 2) + p] as number) : 1;
        eachTap(shape, y, x, (pixel) => {
          const to = (out >>> 2) + (image + pixel) * shape.c + channel;
          f32[to] = (f32[to] as number) + factor;
        });
      });
      const unit = Math.fround(scale);
      if (unit !== 1) for (let o = out >>> 2; o < (out >>> 2) + size; o++) f32[o] = (f32[o] as number) * unit;
    },
  };
}

/** The integer kernels on `heap`. */
export function plainIntegerConvEvents(
  heap: Heap,
): Pick<IntegerKernels, "convEventsI8" | "convEventsI16" | "convEventsI32" | "poolEventsI32"> {
  return {
    convEventsI8: convInto(heap, "i8"),
    convEventsI16: convInto(heap, "i16"),
    convEventsI32: convInto(heap, "i32"),
    poolEventsI32: (shapePtr, rows, start, index, value, out) => {
      const views = heap.views();
      const { i32 } = views;
      const shape = readShape(views, shapePtr);
      eachEvent(views, shape, rows, start, index, (image, p, channel, y, x) => {
        const factor = value ? (i32[(value >>> 2) + p] as number) : 1;
        eachTap(shape, y, x, (pixel) => {
          const to = (out >>> 2) + (image + pixel) * shape.c + channel;
          i32[to] = (i32[to] as number) + factor;
        });
      });
    },
  };
}

const elementShift = { i8: 0, i16: 1, i32: 2 } as const;

function convInto(heap: Heap, kind: keyof typeof elementShift): IntegerKernels["convEventsI8"] {
  return (shapePtr, rows, start, index, value, w, out) => {
    const views = heap.views();
    const { i32 } = views;
    const weights = views[kind];
    const w0 = w >>> elementShift[kind];
    const shape = readShape(views, shapePtr);
    const outG = shape.outC / shape.groups;
    eachEvent(views, shape, rows, start, index, (image, p, channel, y, x) => {
      const factor = value ? (i32[(value >>> 2) + p] as number) : 1;
      const group = Math.floor(channel / (shape.c / shape.groups)) * outG;
      eachTap(shape, y, x, (pixel, ky, kx) => {
        const from = w0 + ((channel * shape.kernelH + ky) * shape.kernelW + shape.kernelW - 1 - kx) * outG;
        const to = (out >>> 2) + (image + pixel) * shape.outC + group;
        for (let o = 0; o < outG; o++)
          i32[to + o] = (i32[to + o] as number) + Math.imul(factor, weights[from + o] as number);
      });
    });
  };
}

function fillBias(f32: Float32Array, shape: Shape, rows: number, bias: number, out: number): void {
  const o0 = out >>> 2;
  const size = rows * shape.outH * shape.outW;
  for (let pixel = 0; pixel < size; pixel++)
    for (let o = 0; o < shape.outC; o++)
      f32[o0 + pixel * shape.outC + o] = bias ? (f32[(bias >>> 2) + o] as number) : 0;
}

/** Visits the events in order with the first output pixel of their image and their place in the input. */
function eachEvent(
  { u32 }: HeapViews,
  shape: Shape,
  rows: number,
  start: number,
  index: number,
  visit: (imagePixel: number, event: number, channel: number, y: number, x: number) => void,
): void {
  const plane = shape.h * shape.w;
  for (let r = 0; r < rows; r++) {
    const end = u32[(start >>> 2) + r + 1] as number;
    for (let p = u32[(start >>> 2) + r] as number; p < end; p++) {
      const at = u32[(index >>> 2) + p] as number;
      const channel = shape.chw ? Math.floor(at / plane) : at % shape.c;
      const pixel = shape.chw ? at % plane : Math.floor(at / shape.c);
      visit(r * shape.outH * shape.outW, p, channel, Math.floor(pixel / shape.w), pixel % shape.w);
    }
  }
}

/** Visits the output pixels whose windows hold input pixel (y, x), each with the tap that meets it. */
function eachTap(
  shape: Shape,
  y: number,
  x: number,
  visit: (pixel: number, ky: number, kx: number) => void,
): void {
  for (let ky = 0; ky < shape.kernelH; ky++) {
    const top = y + shape.padTop - ky * shape.dilationH;
    const oy = top / shape.strideH;
    if (top < 0 || !Number.isInteger(oy) || oy >= shape.outH) continue;
    for (let kx = 0; kx < shape.kernelW; kx++) {
      const left = x + shape.padLeft - kx * shape.dilationW;
      const ox = left / shape.strideW;
      if (left < 0 || !Number.isInteger(ox) || ox >= shape.outW) continue;
      visit(oy * shape.outW + ox, ky, kx);
    }
  }
}
