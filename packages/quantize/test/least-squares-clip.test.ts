import { philox, roundHalfEven } from "@nirkit/integer";
import { expect, test } from "vitest";
import { leastSquaresClip } from "../src/index.ts";

const n = 2 ** 18 + 5;
const random = philox(77, "least-squares-clip");
const gaussian = Float32Array.from({ length: n }, () => random.normal());

const tails = Float32Array.from({ length: n }, () => random.normal() ** 3);
const grid = Float32Array.from({ length: n }, () => (random.integer(15) - 7) * 0.125);

const uniform = (top: number) => (x: number) => Math.max(-top, Math.min(top, roundHalfEven(x)));
/** Powers of two with the boundary of the logarithm, not the midpoint. */
const power = (x: number): number => {
  const m = Math.abs(x);
  if (m < 0.5) return 0;
  const levels = [1, 2, 4, 8, 16, 32, 64];
  const at = levels.findIndex((level) => m < level * Math.SQRT2);
  return (x < 0 ? -1 : 1) * (levels[at < 0 ? 6 : at] ?? 64);
};

function plain(w: Float32Array, top: number, levelOf: (x: number) => number): number {
  const absmax = w.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  let best = absmax;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 99; i >= 0; i--) {
    const alpha = absmax * (0.2 + (0.8 * i) / 99);
    let error = 0;
    for (const x of w) error += (x - (alpha / top) * levelOf((x * top) / alpha)) ** 2;
    if (error < least) {
      least = error;
      best = alpha;
    }
  }
  return best;
}

const deep = process.env.NIRKIT_DEEP === "1";
const trials = [
  ["heavy tails at 2 bit", tails, 1, uniform(1)],
  ["Gaussian weights at 4 bit", gaussian, 7, uniform(7)],
  ["a grid of eighths at 3 bit", grid, 3, uniform(3)],
  ["Gaussian weights on powers of two", gaussian, 64, power],
] as const;

// Every trial takes a hundred passes over all weights to compare with: one in the normal run.
for (const [name, w, top, levelOf] of deep ? trials : trials.slice(0, 1))
  test(`${name}: ${n} weights judged by bins have the clip value of all hundred trials`, () => {
    expect(leastSquaresClip(w, top, levelOf)).toBe(plain(w, top, levelOf));
  });

test("steps finer than the bins (16 bit) are tried on all weights", () => {
  const few = gaussian.subarray(0, 2 ** 18);
  expect(leastSquaresClip(few, 32767, uniform(32767))).toBeCloseTo(
    few.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
    6,
  );
});
