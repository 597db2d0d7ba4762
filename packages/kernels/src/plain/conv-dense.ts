/** Convolution and pooling of dense images. */
import type { Heap } from "../heap.ts";
import type { DenseKernels, EventKernels } from "../inference-kernels.ts";
import { readShape, type Shape } from "./read-shape.ts";

/** The dense image kernels on `heap`; products by `dense`. */
export function plainConvDense(
  heap: Heap,
  dense: DenseKernels,
): Pick<EventKernels, "convDense" | "poolDense"> {
  return {
    convDense: (shapePtr, rows, x, w, bias, out, scratch) => {
      const views = heap.views();
      const shape = readShape(views, shapePtr);
      const { f32 } = views;
      const inG = shape.c / shape.groups;
      const outG = shape.outC / shape.groups;
      const k = shape.kernelH * shape.kernelW * inG;
      for (let r = 0; r < rows; r++)
        for (let oy = 0; oy < shape.outH; oy++) {
          const to = (r * shape.outH + oy) * shape.outW * shape.outC;
          for (let o = 0; o < shape.outW * shape.outC; o++)
            f32[(out >>> 2) + to + o] = bias ? (f32[(bias >>> 2) + (o % shape.outC)] as number) : 0;
          for (let g = 0; g < shape.groups; g++) {
            gatherRow(
              f32,
              shape,
              (x >>> 2) + r * shape.h * shape.w * shape.c,
              oy,
              g * inG,
              inG,
              scratch >>> 2,
            );
            const c = out + 4 * (to + g * outG);
            dense.sgemm(
              shape.outW,
              outG,
              k,
              scratch,
              k,
              0,
              w + 4 * g * k * outG,
              outG,
              0,
              c,
              shape.outC,
              1,
              0,
            );
          }
        }
    },
    poolDense: (shapePtr, rows, x, scale, out) => {
      const views = heap.views();
      const { f32 } = views;
      const shape = readShape(views, shapePtr);
      const unit = Math.fround(scale);
      let to = out >>> 2;
      for (let r = 0; r < rows; r++)
        for (let oy = 0; oy < shape.outH; oy++)
          for (let ox = 0; ox < shape.outW; ox++)
            for (let c = 0; c < shape.c; c++)
              f32[to++] =
                windowSum(f32, shape, (x >>> 2) + r * shape.h * shape.w * shape.c + c, oy, ox) * unit;
    },
  };
}

function windowSum(f32: Float32Array, shape: Shape, image: number, oy: number, ox: number): number {
  let sum = 0;
  for (let ky = 0; ky < shape.kernelH; ky++)
    for (let kx = 0; kx < shape.kernelW; kx++) {
      const y = oy * shape.strideH - shape.padTop + ky * shape.dilationH;
      const x = ox * shape.strideW - shape.padLeft + kx * shape.dilationW;
      if (y < 0 || x < 0 || y >= shape.h || x >= shape.w) continue;
      sum = Math.fround(sum + (f32[image + (y * shape.w + x) * shape.c] as number));
    }
  return sum;
}

/** Windows of output row `oy` side by side: [outW][kH][kW][inG], zeros outside the image. */
function gatherRow(
  f32: Float32Array,
  shape: Shape,
  image: number,
  oy: number,
  channel: number,
  inG: number,
  to: number,
): void {
  let at = to;
  for (let ox = 0; ox < shape.outW; ox++)
    for (let ky = 0; ky < shape.kernelH; ky++)
      for (let kx = 0; kx < shape.kernelW; kx++) {
        const y = oy * shape.strideH - shape.padTop + ky * shape.dilationH;
        const x = ox * shape.strideW - shape.padLeft + kx * shape.dilationW;
        const inside = y >= 0 && x >= 0 && y < shape.h && x < shape.w;
        const from = image + (y * shape.w + x) * shape.c + channel;
        for (let c = 0; c < inG; c++) f32[at++] = inside ? (f32[from + c] as number) : 0;
      }
}
