import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  atan,
  exponential,
  fastSigmoid,
  type Surrogate,
  sigmoid,
  straightThrough,
  triangular,
} from "../src/index.ts";
import {
  finiteDifferences,
  type ReferenceNeuron,
  referenceBackward,
  referenceForward,
  relativeError,
} from "../src/testing/index.ts";

const x = [0.6, 0.7, 0.2, 0.9];
const weights = [1, 2, 3, 4];
const surrogate = fastSigmoid({ k: 2 });
const base = { decay: 0.8, threshold: 1, surrogate } as const;

const near = (found: ArrayLike<number>, expected: readonly number[], digits = 9): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, digits);
  });
};

describe("one neuron of β 0.8 over [0.6, 0.7, 0.2, 0.9]", () => {
  test.each([
    [
      "subtract",
      0,
      true,
      [0.6, 1.18, 0.344, 1.1752],
      [2.6559504997, 2.9341356555, 2.3160259708, 2.1934873431],
      2.931925714,
      -5.9975010702,
    ],
    [
      "subtract",
      0,
      false,
      [0.6, 1.18, 0.344, 1.1752],
      [1.3107010193, 1.8117585393, 1.9877421644, 2.1934873431],
      2.1994083592,
      -4.0994923602,
    ],
    [
      "value",
      0,
      true,
      [0.6, 1.18, 0.2, 1.06],
      [1.1736938784, 1.0813148789, 2.9948073904, 3.1887755102],
      1.2865440294,
      -5.0225193467,
    ],
    [
      "value",
      0,
      false,
      [0.6, 1.18, 0.2, 1.06],
      [0.0422585917, -0.4086563271, 2.9193334138, 3.1887755102],
      0.3925613058,
      -3.5176158421,
    ],
    [
      "subtract",
      1,
      true,
      [0.6, 1.18, 0.144, 1.0152],
      [3.3636806997, 3.8187984054, 3.4218544082, 3.7674568882],
      6.8715810368,
      -8.9871570482,
    ],
    [
      "subtract",
      1,
      false,
      [0.6, 1.18, 0.144, 1.0152],
      [1.2107277093, 1.835903127, 2.9096197959, 3.7674568882],
      5.0774070273,
      -5.8229434674,
    ],
  ] as const)(
    "reset %s, delay %i, detached %s: u, ∂L/∂x, ∂L/∂β, ∂L/∂θ of the page to 9 digits",
    (reset, resetDelay, detachReset, u, dx, decay, threshold) => {
      const neuron: ReferenceNeuron = { ...base, reset, resetDelay, detachReset };
      const trace = referenceForward(neuron, x);
      near(trace.u, u);
      near(trace.s, [0, 1, 0, 1]);
      const gradients = referenceBackward(neuron, x, weights);
      near(gradients.x, dx);
      expect(gradients.decay).toBeCloseTo(decay, 9);
      expect(gradients.threshold).toBeCloseTo(threshold, 9);
    },
  );

  test("CubaLIF of α 0.5 spikes at 2 and 3, with ∂L/∂α 3.547854801923", () => {
    const neuron: ReferenceNeuron = {
      ...base,
      synapse: { decay: 0.5, gain: 1 },
      reset: "subtract",
      detachReset: true,
    };
    const drive = [0.6, 0, 0.9, 0.4];
    near(referenceForward(neuron, drive).u, [0.6, 0.78, 1.674, 1.4642]);
    const gradients = referenceBackward(neuron, drive, weights);
    near(gradients.x, [3.508975948811, 3.059483427555, 1.942486205796, 1.075637032049]);
    expect(gradients.synDecay).toBeCloseTo(3.547854801923, 9);
    expect(gradients.decay).toBeCloseTo(3.073564352417, 9);
    expect(gradients.threshold).toBeCloseTo(-3.753452869969, 9);
  });

  test.each([
    [
      "subtract",
      [0.6, 0.9577777778, 0.5973697632, 1.1563211371],
      4.5071695892,
      [1.3954674346, 1.9650192455, 2.2078590789, 2.3214921411],
      2.4736527989,
      -4.4597705847,
    ],
    [
      "value",
      [0.6, 1.0466666667, 0.5829268293, 1.2392138038],
      4.8281741896,
      [0.7826290933, 1.103245878, 1.7030109851, 1.8300369714],
      2.0692012125,
      -3.0935134071,
    ],
  ] as const)(
    "smooth, reset %s: u, L and gradients of the page to 9 digits",
    (reset, u, loss, dx, decay, threshold) => {
      const neuron: ReferenceNeuron = { ...base, reset, detachReset: false, spiking: false };
      const trace = referenceForward(neuron, x);
      near(trace.u, u);
      expect(trace.s.reduce((sum, s, t) => sum + s * (weights[t] ?? 0), 0)).toBeCloseTo(loss, 9);
      const gradients = referenceBackward(neuron, x, weights);
      near(gradients.x, dx);
      expect(gradients.decay).toBeCloseTo(decay, 9);
      expect(gradients.threshold).toBeCloseTo(threshold, 9);
    },
  );
});

describe("smooth neurons", () => {
  const surrogates: readonly Surrogate[] = [
    fastSigmoid({ k: 3 }),
    atan(),
    sigmoid(),
    triangular({ gamma: 1, w: 2 }),
    exponential(),
    straightThrough(),
  ];

  test("have gradients within 1e-6 of central differences, in 200 random neurons", () => {
    const number = fc.double({ min: -1.5, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.1, max: 0.95, noNaN: true }),
        fc.double({ min: 0.5, max: 1.5, noNaN: true }),
        fc.constantFrom(...surrogates),
        fc.constantFrom("subtract" as const, "value" as const, "none" as const),
        fc.constantFrom(0 as const, 1 as const),
        fc.boolean(),
        (drive, decay, threshold, chosen, reset, resetDelay, cuba) => {
          const neuron = (over: Partial<ReferenceNeuron> = {}): ReferenceNeuron => ({
            decay,
            gain: 0.9,
            threshold,
            vReset: 0.1,
            surrogate: chosen,
            reset,
            resetDelay,
            detachReset: false,
            spiking: false,
            ...(cuba ? { synapse: { decay: 0.6, gain: 0.8 } } : {}),
            ...over,
          });
          const loss = (given: ReferenceNeuron, values: ArrayLike<number>): number =>
            referenceForward(given, values).s.reduce((sum, s, t) => sum + s * (t + 1), 0);
          const y = drive.map((_, t) => t + 1);
          const found = referenceBackward(neuron(), drive, y);
          const byX = finiteDifferences((values) => loss(neuron(), values), drive);
          // At a kink of the surrogate (d = 0, |d| = w) there is no derivative to compare with.
          const { u } = referenceForward(neuron(), drive);
          fc.pre(
            u.every(
              (value) =>
                Math.abs(value - threshold) > 1e-3 && Math.abs(Math.abs(value - threshold) - 2) > 1e-3,
            ),
          );
          expect(relativeError(found.x, byX)).toBeLessThan(1e-6);
          const [byDecay] = finiteDifferences(
            ([value = 0]) => loss(neuron({ decay: value }), drive),
            [decay],
          );
          const [byReset] = finiteDifferences(([value = 0]) => loss(neuron({ vReset: value }), drive), [0.1]);
          expect(Math.abs(found.decay - (byDecay ?? 0))).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(byDecay ?? 0)),
          );
          expect(Math.abs(found.vReset - (byReset ?? 0))).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(byReset ?? 0)),
          );
          // An exponential surrogate has the threshold in its width too, which the spike's gradient leaves out.
          if (chosen.kind === "exponential") return;
          const [byTheta] = finiteDifferences(
            ([value = 0]) => loss(neuron({ threshold: value }), drive),
            [threshold],
          );
          expect(Math.abs(found.threshold - (byTheta ?? 0))).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(byTheta ?? 0)),
          );
        },
      ),
      { numRuns: 200, seed: 11 },
    );
  });
});
