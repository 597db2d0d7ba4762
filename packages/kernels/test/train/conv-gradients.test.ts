import { describe, expect, test } from "vitest";
import {
  type ConvGeometry,
  convDenseScratchBytes,
  convShape,
  loadKernels,
  unpackConvDense,
  unpackConvEvents,
} from "../../src/index.ts";
import { convInputGradientScratchBytes, loadTrainKernels } from "../../src/train/index.ts";
import { builds, gaussians, put, random, randomEvents, sumBound } from "../builds.ts";

const geometries: [string, ConvGeometry][] = [
  ["5x5, 2 to 8 channels", { input: [2, 12, 11], output: [8, 8, 7], kernel: [5, 5] }],
  ["padding 1", { input: [3, 6, 9], output: [5, 6, 9], kernel: [3, 3], padding: [1, 1] }],
  ["stride 2", { input: [2, 11, 10], output: [16, 6, 5], kernel: [5, 4], stride: [2, 2], padding: [2, 1] }],
  [
    "dilation 2 by 3",
    { input: [2, 12, 13], output: [6, 10, 11], kernel: [3, 3], dilation: [2, 3], padding: [1, 2] },
  ],
  ["9 to 6 channels", { input: [9, 6, 7], output: [6, 4, 5], kernel: [3, 3] }],
  [
    "16 to 20 channels, last rows and columns in no window",
    { input: [16, 8, 9], output: [20, 3, 2], kernel: [2, 3], stride: [2, 4] },
  ],
  ["padding of one side alone", { input: [8, 5, 5], output: [4, 6, 5], kernel: [3, 3], padding: [0, 2] }],
  ["one pixel", { input: [1, 1, 1], output: [1, 1, 1], kernel: [1, 1] }],
  ["4 groups", { input: [8, 6, 6], output: [12, 6, 6], kernel: [3, 3], groups: 4, padding: [1, 1] }],
];

const volume = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Visits [input element, output element, NIR weight] of every product; images are [H, W, C]. */
function eachProduct(g: ConvGeometry, visit: (x: number, y: number, w: number) => void): void {
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 } = g;
  const [[inC, h, width], [outC, oh, ow], [kh, kw]] = [g.input, g.output, g.kernel];
  const inG = inC / groups;
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
              visit(
                (r * width + s) * inC + channel,
                (p * ow + q) * outC + o,
                ((o * inG + c) * kh + i) * kw + j,
              );
            }
}

/** Expects |found − exact| within the float32 bound of `terms` products of the stated size. */
function expectSums(found: ArrayLike<number>, exact: Float64Array, size: Float64Array, terms: number): void {
  exact.forEach((value, at) => {
    expect(Math.abs((found[at] as number) - value)).toBeLessThanOrEqual(
      (size[at] as number) * sumBound(terms),
    );
  });
}

describe.each(builds)("%s", (build) => {
  test.each(geometries)(
    "weight gradients (events, dense) and input gradient of %s, within the sum bound",
    (_, g) => {
      const rng = random(volume(g.output));
      const [rows, size, outSize] = [2, volume(g.input), volume(g.output)];
      const weights = (g.output[0] * g.input[0] * g.kernel[0] * g.kernel[1]) / (g.groups ?? 1);
      const { start, index } = randomEvents(rng, rows, size, 0.3);
      const [value, dy, w] = [
        gaussians(rng, index.length),
        gaussians(rng, rows * outSize),
        gaussians(rng, weights),
      ];
      const x = new Float32Array(rows * size);
      for (let r = 0; r < rows; r++)
        for (let p = start[r] as number; p < (start[r + 1] as number); p++)
          x[r * size + (index[p] as number)] = value[p] as number;
      const kernels = loadKernels({ build });
      const train = loadTrainKernels(kernels);
      const shape = convShape(kernels, g).ptr;
      const scratch = kernels.u8(
        convDenseScratchBytes(g.input[0] * g.kernel[0] * g.kernel[1], g.output[2]),
      ).ptr;
      const [events, dense, dx] = [kernels.f32(weights), kernels.f32(weights), kernels.f32(rows * size)];
      const [dyPtr, wPtr] = [put(kernels, dy), put(kernels, w)];
      train.convEventsWeightGradient(
        shape,
        rows,
        put(kernels, start),
        put(kernels, index),
        put(kernels, value),
        dyPtr,
        events.ptr,
      );
      train.convDenseWeightGradient(shape, rows, put(kernels, x), dyPtr, dense.ptr, scratch);
      const room = convInputGradientScratchBytes(g) / 4;
      const guarded = kernels.f32(room + 32);
      guarded.view.fill(7, room);
      train.convInputGradient(shape, rows, dyPtr, wPtr, dx.ptr, guarded.ptr);
      expect(guarded.view.subarray(room)).toEqual(new Float32Array(32).fill(7));
      const nirWeights = new Float32Array(weights);
      unpackConvDense(g, w, nirWeights);
      const [dw, dwSize] = [new Float64Array(weights), new Float64Array(weights)];
      const [exact, exactSize] = [new Float64Array(rows * size), new Float64Array(rows * size)];
      for (let r = 0; r < rows; r++)
        eachProduct(g, (at, to, weight) => {
          const [input, output] = [x[r * size + at] as number, dy[r * outSize + to] as number];
          dw[weight] = (dw[weight] as number) + input * output;
          dwSize[weight] = (dwSize[weight] as number) + Math.abs(input * output);
          const back = output * (nirWeights[weight] as number);
          exact[r * size + at] = (exact[r * size + at] as number) + back;
          exactSize[r * size + at] = (exactSize[r * size + at] as number) + Math.abs(back);
        });
      const [fromEvents, fromDense] = [new Float32Array(weights), new Float32Array(weights)];
      unpackConvEvents(g, events.view, fromEvents);
      unpackConvDense(g, dense.view, fromDense);
      expectSums(fromEvents, dw, dwSize, rows * g.output[1] * g.output[2]);
      expectSums(fromDense, dw, dwSize, rows * g.output[1] * g.output[2]);
      expectSums(dx.view, exact, exactSize, weights);
    },
  );

  test("the gradient of a 2x2 mean pool with stride 1 is the mean of the windows that hold a pixel", () => {
    const kernels = loadKernels({ build });
    const g: ConvGeometry = { input: [5, 3, 3], output: [5, 2, 2], kernel: [2, 2] };
    const dy = Float32Array.from({ length: 20 }, (_, at) => 4 * Math.floor(at / 5) + 4);
    const dx = kernels.f32(45);
    loadTrainKernels(kernels).poolInputGradient(convShape(kernels, g).ptr, 1, put(kernels, dy), 0.25, dx.ptr);
    const first = [1, 3, 2, 4, 10, 6, 3, 7, 4];
    expect([...dx.view]).toEqual(Array.from({ length: 45 }, (_, at) => first[Math.floor(at / 5)]));
  });

  test("Adam from 1 with gradients 0.5, -0.2, 0.3 (lr 0.1): 0.900000002, 0.865439418, 0.810995384", () => {
    for (const n of [1, 6]) {
      const kernels = loadKernels({ build });
      const [p, g, m, v] = [kernels.f32(n), kernels.f32(n), kernels.f32(n), kernels.f32(n)];
      p.view.fill(1);
      [0.5, -0.2, 0.3].forEach((gradient, t) => {
        g.view.fill(gradient);
        loadTrainKernels(kernels).adam(
          n,
          p.ptr,
          g.ptr,
          m.ptr,
          v.ptr,
          0.1,
          0.9,
          0.999,
          1e-8,
          1 - 0.9 ** (t + 1),
          1 - 0.999 ** (t + 1),
          0,
        );
        for (const each of p.view)
          expect(each).toBeCloseTo([0.900000002, 0.865439418117, 0.810995383681][t] as number, 5);
      });
    }
  });

  test("SGD with momentum 0.5 and decay 0.5 from 1, gradient 1, rate 0.25: 0.625, 0.234375; sums over rows and parameters", () => {
    const kernels = loadKernels({ build });
    const train = loadTrainKernels(kernels);
    const [p, m] = [put(kernels, new Float32Array(7).fill(1)), kernels.f32(7)];
    const ones = put(kernels, new Float32Array(7).fill(1));
    const view = (ptr: number): number[] => [...new Float32Array(kernels.heap.buffer, ptr, 7)];
    train.sgd(7, p, ones, m.ptr, 0.25, 0.5, 0.5);
    expect(view(p)).toEqual(Array(7).fill(0.625));
    train.sgd(7, p, ones, m.ptr, 0.25, 0.5, 0.5);
    expect(view(p)).toEqual(Array(7).fill(0.625 - 0.25 * (0.5 * 1.5 + 1 + 0.3125)));
    train.sgd(7, p, ones, 0, 1, 0.5, 0);
    expect(view(p)[6]).toBe(0.625 - 0.25 * (0.5 * 1.5 + 1 + 0.3125) - 1);
    const x = put(
      kernels,
      Float32Array.from({ length: 21 }, (_, at) => at),
    );
    train.sumRows(3, 7, x, ones);
    expect(view(ones)).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => 1 + 3 * k + 21));
    train.addScaled(7, -2, x, ones);
    expect(view(ones)).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => 22 + k));
    expect(train.sumSquares(7, x)).toBe(91);
  });

  test("of the numbers 0, −0, NaN, 1e-45 and seven more 6 are not 0, and 0 of none; rows of 21 columns add up", () => {
    const kernels = loadKernels({ build });
    const train = loadTrainKernels(kernels);
    const x = put(kernels, Float32Array.of(0, -0, Number.NaN, 1e-45, 1, 0, 2, -3, 0, 0, 4));
    expect(train.countNonZero(11, x)).toBe(6);
    expect(train.countNonZero(3, x)).toBe(1);
    expect(train.countNonZero(0, x)).toBe(0);
    const rows = put(
      kernels,
      Float32Array.from({ length: 63 }, (_, at) => at),
    );
    const sums = kernels.f32(24);
    train.sumRows(3, 21, rows, sums.ptr);
    expect([...sums.view]).toEqual([...Array.from({ length: 21 }, (_, k) => 3 * k + 63), 0, 0, 0]);
  });
});

test("plain and simd give the same bits for Adam, SGD, pool and event weight gradients of 1000 values", () => {
  const runs = (["plain", "simd"] as const).map((build) => {
    const kernels = loadKernels({ build });
    const train = loadTrainKernels(kernels);
    const rng = random(31);
    const [p, g, m, v] = [0, 1, 2, 3].map(() => put(kernels, gaussians(rng, 1003))) as [
      number,
      number,
      number,
      number,
    ];
    const square = new Float32Array(kernels.heap.buffer, v, 1003);
    square.forEach((each, k) => {
      square[k] = Math.abs(each);
    });
    train.adam(1003, p, g, m, v, 1e-3, 0.9, 0.999, 1e-8, 1 - 0.9 ** 7, 1 - 0.999 ** 7, 1e-5);
    train.sgd(1003, p, g, m, 1e-2, 0.9, 1e-4);
    const geometry: ConvGeometry = {
      input: [2, 11, 10],
      output: [16, 6, 5],
      kernel: [5, 4],
      stride: [2, 2],
      padding: [2, 1],
    };
    const { start, index } = randomEvents(rng, 2, 220, 0.4);
    const [dw, dx] = [kernels.f32(640), kernels.f32(220)];
    const dy = put(kernels, gaussians(rng, 960));
    const lists = [
      put(kernels, start),
      put(kernels, index),
      put(kernels, gaussians(rng, index.length)),
    ] as const;
    train.convEventsWeightGradient(convShape(kernels, geometry).ptr, 2, ...lists, dy, dw.ptr);
    const pool: ConvGeometry = { input: [2, 11, 10], output: [2, 5, 5], kernel: [3, 2], stride: [2, 2] };
    train.poolInputGradient(convShape(kernels, pool).ptr, 1, dy, 1 / 6, dx.ptr);
    const norm = train.sumSquares(1003, g);
    return [
      norm,
      ...[p, m, v].map((ptr) => new Uint32Array(kernels.heap.buffer, ptr, 1003).slice()),
      dw.view,
      dx.view,
    ];
  });
  expect(runs[1]).toEqual(runs[0]);
});
