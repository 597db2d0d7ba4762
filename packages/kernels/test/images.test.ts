import { describe, expect, test } from "vitest";
import {
  type ConvGeometry,
  convDenseScratchBytes,
  convShape,
  loadKernels,
  packConvDense,
  packConvEvents,
} from "../src/index.ts";
import { builds, gaussians, integers, put, random, randomEvents, sumBound } from "./builds.ts";

const geometries: [string, ConvGeometry][] = [
  ["2x7x6 3x3 to 5 channels", conv([2, 7, 6], 5, [3, 3])],
  ["padding 1", conv([3, 6, 9], 8, [3, 3], { padding: [1, 1] })],
  ["stride 2, padding 2, kernel 5x4", conv([2, 11, 10], 16, [5, 4], { stride: [2, 2], padding: [2, 1] })],
  ["dilation 2 by 3", conv([2, 12, 13], 6, [3, 3], { dilation: [2, 3], padding: [1, 2] })],
  ["4 groups", conv([8, 6, 6], 12, [3, 3], { groups: 4, padding: [1, 1] })],
  ["depthwise, stride 2", conv([6, 9, 9], 6, [2, 2], { groups: 6, stride: [2, 1] })],
  ["height 1 (Conv1d)", conv([4, 1, 20], 7, [1, 5], { padding: [0, 2] })],
  ["kernel wider than the image", conv([1, 3, 3], 9, [5, 5], { padding: [2, 2] })],
];

function conv(
  input: ConvGeometry["input"],
  outC: number,
  kernel: ConvGeometry["kernel"],
  more: Partial<ConvGeometry> = {},
): ConvGeometry {
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = more;
  const size = (axis: 0 | 1): number =>
    Math.floor(
      ((input[axis + 1] as number) + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) /
        stride[axis],
    ) + 1;
  return { input, output: [outC, size(0), size(1)], kernel, ...more };
}

/** y[o,p,q] and Σ|terms| of simulation.md's definition, on [C,H,W] values and NIR weights. */
function convolve(
  g: ConvGeometry,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
): { y: Float64Array; size: Float64Array } {
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 } = g;
  const [[inC, h, width], [outC, oh, ow], [kh, kw]] = [g.input, g.output, g.kernel];
  const inG = inC / groups;
  const [y, size] = [new Float64Array(outC * oh * ow), new Float64Array(outC * oh * ow)];
  for (let o = 0; o < outC; o++)
    for (let p = 0; p < oh; p++)
      for (let q = 0; q < ow; q++)
        for (let c = 0; c < inG; c++)
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++) {
              const [r, s] = [
                p * stride[0] - padding[0] + i * dilation[0],
                q * stride[1] - padding[1] + j * dilation[1],
              ];
              if (r < 0 || s < 0 || r >= h || s >= width) continue;
              const channel = Math.floor(o / (outC / groups)) * inG + c;
              const term =
                (x[(channel * h + r) * width + s] as number) *
                (w[((o * inG + c) * kh + i) * kw + j] as number);
              const at = (o * oh + p) * ow + q;
              y[at] = (y[at] as number) + term;
              size[at] = (size[at] as number) + Math.abs(term);
            }
  return { y, size };
}

/** Value at [c, pixel] of an [pixels, channels] array. */
function channelFirst(values: ArrayLike<number>, channels: number): Float64Array {
  const pixels = values.length / channels;
  return Float64Array.from(
    values,
    (_, at) => values[(at % pixels) * channels + Math.floor(at / pixels)] as number,
  );
}

const weightsOf = ({ input, output, kernel, groups = 1 }: ConvGeometry): number =>
  (output[0] * input[0] * kernel[0] * kernel[1]) / groups;

const volume = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe.each(builds)("%s", (build) => {
  test.each(geometries)(
    "events, chw and hwc, and dense images of %s: as defined, within the sum bound",
    (_, g) => {
      const rng = random(volume(g.input));
      const rows = 3;
      const size = volume(g.input);
      const { start, index } = randomEvents(rng, rows, size, 0.3);
      const [value, w, bias] = [
        gaussians(rng, index.length),
        gaussians(rng, weightsOf(g)),
        gaussians(rng, g.output[0]),
      ];
      const pixels = g.input[1] * g.input[2];
      const asHwc = index.map((at) => (at % pixels) * g.input[0] + Math.floor(at / pixels));
      const images = new Float32Array(rows * size);
      for (let r = 0; r < rows; r++)
        for (let p = start[r] as number; p < (start[r + 1] as number); p++)
          images[r * size + (asHwc[p] as number)] = value[p] as number;
      const [eventWeights, denseWeights] = [new Float32Array(w.length), new Float32Array(w.length)];
      packConvEvents(g, w, eventWeights);
      packConvDense(g, w, denseWeights);
      const kernels = loadKernels({ build });
      const outSize = volume(g.output);
      const [chw, hwc, dense] = [0, 1, 2].map(() => kernels.f32(rows * outSize)) as [never, never, never] as [
        ReturnType<typeof kernels.f32>,
        ReturnType<typeof kernels.f32>,
        ReturnType<typeof kernels.f32>,
      ];
      const [sp, vp, bp, wp] = [
        put(kernels, start),
        put(kernels, value),
        put(kernels, bias),
        put(kernels, eventWeights),
      ];
      const shape = convShape(kernels, g).ptr;
      kernels.convEvents(
        convShape(kernels, { ...g, eventOrder: "chw" }).ptr,
        rows,
        sp,
        put(kernels, index),
        vp,
        wp,
        bp,
        chw.ptr,
        0,
      );
      kernels.convEvents(shape, rows, sp, put(kernels, asHwc), vp, wp, bp, hwc.ptr, 0);
      const scratch = kernels.u8(
        convDenseScratchBytes(g.input[0] * g.kernel[0] * g.kernel[1], g.output[2]),
      ).ptr;
      kernels.convDense(
        shape,
        rows,
        put(kernels, images),
        put(kernels, denseWeights),
        bp,
        dense.ptr,
        scratch,
      );
      expect(hwc.view).toEqual(chw.view);
      for (let r = 0; r < rows; r++) {
        const x = channelFirst(images.subarray(r * size, (r + 1) * size), g.input[0]);
        const { y, size: bound } = convolve(g, x, w);
        for (const out of [chw, dense]) {
          const found = channelFirst(out.view.subarray(r * outSize, (r + 1) * outSize), g.output[0]);
          found.forEach((each, at) => {
            const offset = bias[Math.floor(at / (g.output[1] * g.output[2]))] as number;
            const slack = ((bound[at] as number) + Math.abs(offset)) * sumBound(weightsOf(g) + 1);
            expect(Math.abs(each - (y[at] as number) - offset)).toBeLessThanOrEqual(slack);
          });
        }
      }
    },
  );

  test.each(geometries)("integer events of %s, int8, int16 and int32, unit and graded: equal", (_, g) => {
    const rng = random(volume(g.input) + 1);
    const size = volume(g.input);
    const { start, index } = randomEvents(rng, 1, size, 0.4);
    const value = integers(rng, index.length, -200, 200);
    const kernels = loadKernels({ build });
    const [sp, ip, vp] = [put(kernels, start), put(kernels, index), put(kernels, value)];
    const shape = convShape(kernels, { ...g, eventOrder: "chw" }).ptr;
    const kinds = [
      [kernels.convEventsI8, Int8Array, 127],
      [kernels.convEventsI16, Int16Array, 32767],
      [kernels.convEventsI32, Int32Array, 65535],
    ] as const;
    for (const [conv2d, type, most] of kinds)
      for (const graded of [false, true]) {
        const w = integers(rng, weightsOf(g), -most - 1, most);
        const packed = new type(w.length);
        packConvEvents(g, w, packed);
        const out = kernels.i32(volume(g.output));
        conv2d(shape, 1, sp, ip, graded ? vp : 0, put(kernels, packed), out.ptr);
        const x = new Int32Array(size);
        index.forEach((at, p) => {
          x[at] = graded ? (value[p] as number) : 1;
        });
        expect(channelFirst(out.view, g.output[0])).toEqual(convolve(g, x, w).y);
      }
  });

  test("2x2 pooling of events and of images, mean and sum, and with overlap and padding", () => {
    const rng = random(9);
    for (const [stride, padding, out] of [
      [
        [2, 2],
        [0, 0],
        [3, 3],
      ],
      [
        [1, 2],
        [1, 0],
        [7, 3],
      ],
    ] as const) {
      const g: ConvGeometry = { input: [3, 6, 6], output: [3, ...out], kernel: [2, 2], stride, padding };
      const kernels = loadKernels({ build });
      const { start, index } = randomEvents(rng, 2, 108, 0.4);
      const value = integers(rng, index.length, 1, 9);
      const images = new Float32Array(216);
      for (let r = 0; r < 2; r++)
        for (let p = start[r] as number; p < (start[r + 1] as number); p++)
          images[r * 108 + (index[p] as number)] = value[p] as number;
      const shape = convShape(kernels, g).ptr;
      const size = volume(g.output);
      const [sp, ip] = [put(kernels, start), put(kernels, index)];
      const [events, dense, ints] = [kernels.f32(2 * size), kernels.f32(2 * size), kernels.i32(2 * size)];
      kernels.poolEvents(shape, 2, sp, ip, put(kernels, Float32Array.from(value)), 0.25, events.ptr);
      kernels.poolDense(shape, 2, put(kernels, images), 0.25, dense.ptr);
      kernels.poolEventsI32(shape, 2, sp, ip, put(kernels, value), ints.ptr);
      // One output channel of ones over one input channel is the window sum of that channel.
      const depthwise = { ...g, groups: 3 };
      const exact = [0, 1].flatMap((r) => {
        const x = channelFirst(images.subarray(r * 108, (r + 1) * 108), 3);
        return [...convolve(depthwise, x, new Float32Array(12).fill(1)).y];
      });
      const found = [0, 1].flatMap((r) => [...channelFirst(ints.view.subarray(r * size, (r + 1) * size), 3)]);
      expect(found).toEqual(exact);
      expect([...events.view]).toEqual([...ints.view].map((sum) => sum / 4));
      expect([...dense.view]).toEqual([...events.view]);
    }
  });
});

test("plain and simd give the same bits for all geometries, events and dense", () => {
  for (const [, g] of geometries) {
    const bits = (["plain", "simd"] as const).map((build) => {
      const kernels = loadKernels({ build });
      const rng = random(21);
      const size = volume(g.input);
      const { start, index } = randomEvents(rng, 2, size, 0.5);
      const [value, w, x] = [
        gaussians(rng, index.length),
        gaussians(rng, weightsOf(g)),
        gaussians(rng, 2 * size),
      ];
      const [a, b] = [kernels.f32(2 * volume(g.output)), kernels.f32(2 * volume(g.output))];
      const shape = convShape(kernels, g).ptr;
      const wp = put(kernels, w);
      const scratch = kernels.u8(
        convDenseScratchBytes(g.input[0] * g.kernel[0] * g.kernel[1], g.output[2]),
      ).ptr;
      kernels.convEvents(
        shape,
        2,
        put(kernels, start),
        put(kernels, index),
        put(kernels, value),
        wp,
        0,
        a.ptr,
        0,
      );
      kernels.convDense(shape, 2, put(kernels, x), wp, 0, b.ptr, scratch);
      return [a.view, b.view].map((view) =>
        new Uint32Array(view.buffer, view.byteOffset, view.length).slice(),
      );
    });
    expect(bits[1]).toEqual(bits[0]);
  }
});
