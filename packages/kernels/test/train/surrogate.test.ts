import { expect, test } from "vitest";
import { loadKernels } from "../../src/index.ts";
import { loadTrainKernels, type SurrogateOptions, surrogate } from "../../src/train/index.ts";
import { builds, put } from "../builds.ts";

/** Check values of training.md 5, at θ = 1. */
const values: [SurrogateOptions, [number, number][]][] = [
  [
    { kind: "fastSigmoid" },
    [
      [1, 1],
      [1.25, 0.019024970273],
      [0.75, 0.019024970273],
      [2, 0.001479289941],
    ],
  ],
  [
    { kind: "atan" },
    [
      [1, 1],
      [1.25, 0.618486458159],
      [2, 0.09199966835],
    ],
  ],
  [
    { kind: "sigmoid" },
    [
      [1, 1],
      [1.25, 0.786447732966],
      [2, 0.070650824853],
    ],
  ],
  [
    { kind: "triangular", gamma: 1 },
    [
      [1, 1],
      [1.25, 0.75],
      [2, 0],
    ],
  ],
  [
    { kind: "exponential" },
    [
      [1, 2],
      [1.5, 2 * Math.exp(-1)],
    ],
  ],
  [
    { kind: "boxcar", w: 0.5 },
    [
      [1, 2],
      [1.25, 2],
      [1.2501, 0],
    ],
  ],
  [{ kind: "straightThrough" }, [[7, 1]]],
  [
    { kind: "sparseFastSigmoid", bound: 0.25 },
    [
      [1.24, 0.020408163],
      [1.25, 0],
    ],
  ],
  [
    { kind: "fastSigmoid", levels: 4 },
    [
      [0.9, 0.083375455],
      [1.5, 0.011896587],
      [2.05, 0.200914069],
    ],
  ],
  [
    { kind: "gaussian" },
    [
      [1, 0.797884560803],
      [1.5, 0.483941449038],
      [-3, 1.010454216e-14],
    ],
  ],
  [
    { kind: "multiGaussian" },
    [
      [1, 0.878223273313],
      [4, -0.024195514074],
    ],
  ],
  [
    { kind: "periodicExponential" },
    [
      [0.5, 0.367879441171],
      [1, 1],
      [1.4, 0.449328964117],
      [2.1, 0.818730753078],
    ],
  ],
  [
    { kind: "table", values: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) },
    [
      [1, 4],
      [1.5, 4.5],
      [99, 9],
      [-99, 0],
    ],
  ],
  [
    { kind: "table", values: Float32Array.of(0, 1, 2, 3, 4, 5, 6), reach: 1, levels: 1 },
    [
      [1, 2],
      [1.5, 3],
      [3, 6],
    ],
  ],
];

test.each(values)(
  "%o has the check values of its definition, within 2e-6 of their size",
  (options, pairs) => {
    for (const build of builds) {
      const kernels = loadKernels({ build });
      const u = put(
        kernels,
        Float32Array.from(pairs, ([each]) => each),
      );
      const theta = put(kernels, new Float32Array(pairs.length).fill(1));
      const out = kernels.f32(pairs.length);
      loadTrainKernels(kernels).surrogateDerivative(
        surrogate(kernels, options).ptr,
        pairs.length,
        u,
        theta,
        out.ptr,
      );
      pairs.forEach(([, value], k) => {
        expect(Math.abs((out.view[k] as number) - value)).toBeLessThanOrEqual(2e-6 * Math.abs(value));
      });
    }
  },
);

test("sigmoid' of 2001 points of [-6, 6] is within 2e-6 of the exact value, relatively", () => {
  const points = Float32Array.from({ length: 2001 }, (_, k) => (k - 1000) * 0.006);
  for (const build of builds) {
    const kernels = loadKernels({ build });
    const out = kernels.f32(points.length);
    const theta = put(kernels, new Float32Array(points.length).fill(0));
    const { ptr } = surrogate(kernels, { kind: "sigmoid", k: 1 });
    loadTrainKernels(kernels).surrogateDerivative(ptr, points.length, put(kernels, points), theta, out.ptr);
    points.forEach((x, k) => {
      const s = 1 / (1 + Math.exp(-x));
      expect(Math.abs((out.view[k] as number) / (s * (1 - s)) - 1)).toBeLessThanOrEqual(2e-6);
    });
  }
});
