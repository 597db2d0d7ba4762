/** The integer simulator against rational arithmetic on the dequantised weights. */

import { philox, type Random } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { type IntegerNeuron, simulateNetwork } from "../src/index.ts";
import { layer, neuron, steps } from "./network-builder.ts";

const inputs = 4;
const neurons = 50;
/** 10^5 neuron steps, 10^6 in the deep run. */
const length = process.env.NIRKIT_DEEP === "1" ? 20_000 : 2_000;

/** Numerator and denominator. */
interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

/** One random population: integers q, scale s = sn/sd and a threshold per neuron in volts. */
interface Draw {
  readonly q: readonly (readonly number[])[];
  readonly s: Rational;
  readonly theta: readonly Rational[];
  readonly z: readonly (readonly number[])[];
}

function draw(random: Random, count: number): Draw {
  return {
    q: Array.from({ length: neurons }, () => Array.from({ length: inputs }, () => random.integer(15) - 7)),
    s: { n: BigInt(100 + random.integer(200)), d: BigInt(1000 + random.integer(900)) },
    theta: Array.from({ length: neurons }, () => ({ n: BigInt(200 + random.integer(2000)), d: 997n })),
    z: Array.from({ length: count }, () => Array.from({ length: inputs }, () => random.integer(2))),
  };
}

/** floor(theta / s) for gt, ceil for ge. */
function thetaInt(theta: Rational, s: Rational, compare: "gt" | "ge"): number {
  const n = theta.n * s.d;
  const d = theta.d * s.n;
  return Number(compare === "gt" ? n / d : (n + d - 1n) / d);
}

/** Spikes of an IF in rationals: u in units of s/(d) so that u > theta is one comparison of integers. */
function rationalSpikes(
  made: Draw,
  i: number,
  compare: "gt" | "ge",
  reset: "value" | "subtract",
  sub: Rational,
): Uint8Array {
  const theta = made.theta[i] as Rational;
  // Common denominator of the weights, the threshold and the amount of a reset.
  const unit = made.s.d * theta.d * sub.d;
  const limit = theta.n * made.s.d * sub.d;
  const amount = sub.n * made.s.d * theta.d;
  const weights = (made.q[i] as readonly number[]).map((q) => BigInt(q) * made.s.n * (unit / made.s.d));
  let u = 0n;
  return Uint8Array.from(made.z, (z) => {
    for (let j = 0; j < inputs; j++) if (z[j] === 1) u += weights[j] as bigint;
    const isSpike = compare === "gt" ? u > limit : u >= limit;
    if (isSpike) u = reset === "value" ? 0n : u - amount;
    return isSpike ? 1 : 0;
  });
}

function integerSpikes(made: Draw, model: Partial<IntegerNeuron>): Int32Array {
  const made40 = neuron({ stateBits: 40, ...model });
  return simulateNetwork(layer(made.q, made40), steps(made.z)).outputs.get("n")?.data as Int32Array;
}

function mismatches(
  found: Int32Array,
  expected: (i: number) => Uint8Array,
): { count: number; spikes: number } {
  let count = 0;
  let spikes = 0;
  for (let i = 0; i < neurons; i++) {
    expected(i).forEach((z, t) => {
      spikes += z;
      if (found[t * neurons + i] !== z) count++;
    });
  }
  return { count, spikes };
}

describe(`IF, ${length * neurons} random neuron steps against rationals: no mismatch`, () => {
  test.each(["gt", "ge"] as const)("value reset, %s", (compare) => {
    const made = draw(philox(1, `if-value-${compare}`), length);
    const theta = Int32Array.from(made.theta, (limit) => thetaInt(limit, made.s, compare));
    const found = integerSpikes(made, { compare, theta });
    const zero = { n: 0n, d: 1n };
    const { count, spikes } = mismatches(found, (i) => rationalSpikes(made, i, compare, "value", zero));
    expect(spikes).toBeGreaterThan(length);
    expect(count).toBe(0);
  });

  test.each(["gt", "ge"] as const)("subtract reset with an aligned threshold, %s", (compare) => {
    const drawn = draw(philox(2, `if-subtract-${compare}`), length);
    // Aligned: theta = N · s exactly.
    const n = drawn.theta.map((limit) => BigInt(Math.max(1, thetaInt(limit, drawn.s, "gt"))));
    const made = { ...drawn, theta: n.map((k) => ({ n: k * drawn.s.n, d: drawn.s.d })) };
    const theta = Int32Array.from(n, Number);
    const found = integerSpikes(made, { compare, theta, sub: theta, reset: "subtract" });
    const { count, spikes } = mismatches(found, (i) =>
      rationalSpikes(made, i, compare, "subtract", made.theta[i] as Rational),
    );
    expect(spikes).toBeGreaterThan(length);
    expect(count).toBe(0);
  });

  test("a synaptic current without decay: the membrane adds it up exactly", () => {
    const made = draw(philox(7, "cuba"), Math.min(length, 500));
    const theta = Int32Array.from(made.theta, (limit) => 40 * thetaInt(limit, made.s, "gt"));
    const found = integerSpikes(made, { kind: "cuba", reset: "value", theta });
    const { count, spikes } = mismatches(found, (i) => {
      const limit = 40n * BigInt(thetaInt(made.theta[i] as Rational, made.s, "gt"));
      let [u, j] = [0n, 0n];
      return Uint8Array.from(made.z, (z) => {
        for (let k = 0; k < inputs; k++) if (z[k] === 1) j += BigInt(made.q[i]?.[k] as number);
        u += j;
        const isSpike = u > limit;
        if (isSpike) u = 0n;
        return isSpike ? 1 : 0;
      });
    });
    expect(spikes).toBeGreaterThan(1000);
    expect(count).toBe(0);
  });

  test("subtract reset, rounded: F = 0, 2, 4, 6, 8 differ less and less", () => {
    const made = draw(philox(3, "if-round-order"), 2000);
    const rates = [0, 2, 4, 6, 8].map((fracBits) => {
      const unit = { n: made.s.n, d: made.s.d << BigInt(fracBits) };
      const theta = Int32Array.from(made.theta, (limit) => thetaInt(limit, unit, "gt"));
      const sub = Int32Array.from(made.theta, (l) =>
        Math.floor(Number(l.n * unit.d) / Number(l.d * unit.n) + 0.5),
      );
      const found = integerSpikes(made, { theta, sub, reset: "subtract", fracBits });
      const { count } = mismatches(found, (i) =>
        rationalSpikes(made, i, "gt", "subtract", made.theta[i] as Rational),
      );
      return count / (2000 * neurons);
    });
    rates.forEach((rate, k) => {
      expect(rate, `F = ${2 * k}`).toBeGreaterThan(0);
      if (k > 0) expect(rate, `F = ${2 * k}`).toBeLessThan(rates[k - 1] as number);
    });
  });

  test("subtract reset with a rounded threshold does differ, by some percent at F = 0", () => {
    const made = draw(philox(3, "if-round"), length);
    const theta = Int32Array.from(made.theta, (limit) => thetaInt(limit, made.s, "gt"));
    const sub = Int32Array.from(made.theta, (l) =>
      Math.floor(Number(l.n * made.s.d) / Number(l.d * made.s.n) + 0.5),
    );
    const found = integerSpikes(made, { theta, sub, reset: "subtract" });
    const { count } = mismatches(found, (i) =>
      rationalSpikes(made, i, "gt", "subtract", made.theta[i] as Rational),
    );
    const rate = count / (length * neurons);
    expect(rate).toBeGreaterThan(0.005);
    expect(rate).toBeLessThan(0.3);
  });
});

describe("LIF beta = 7/8, value reset: spike mismatch against the exact leak, by form and fractional bits", () => {
  const count = 600;
  const forms = {
    shift: { form: "shift", shift: 3 },
    floor: { form: "mul", mul: 7, shift: 3, round: "floor" },
    zero: { form: "mul", mul: 7, shift: 3, round: "zero" },
    rne: { form: "mul", mul: 7, shift: 3, round: "rne" },
  } as const;
  const made = draw(philox(4, "lif"), count);
  // Thresholds between the weights and what four inputs reach: Theta in (4, 24).
  const theta = Array.from({ length: neurons }, (_, i) => 4 + ((i * 397) % 1000) / 50 + 1 / 997);

  /** 120 fractional bits: the truncation of all steps together stays below 2^-100, so this is the exact leak. */
  function exactSpikes(i: number): Uint8Array {
    const limit = BigInt(Math.floor((theta[i] as number) * 2 ** 40)) << 80n;
    let u = 0n;
    return Uint8Array.from(made.z, (z) => {
      u = (u * 7n) >> 3n;
      for (let j = 0; j < inputs; j++) if (z[j] === 1) u += BigInt(made.q[i]?.[j] as number) << 120n;
      const isSpike = u > limit;
      if (isSpike) u = 0n;
      return isSpike ? 1 : 0;
    });
  }

  function rate(form: keyof typeof forms, fracBits: number): number {
    const thetaInts = Int32Array.from(theta, (limit) => Math.floor(limit * 2 ** fracBits));
    const found = integerSpikes(made, { leak: forms[form], fracBits, theta: thetaInts });
    return mismatches(found, exactSpikes).count / (count * neurons);
  }

  test("F = 0: some percent, least with rne", () => {
    const rates = {
      shift: rate("shift", 0),
      floor: rate("floor", 0),
      zero: rate("zero", 0),
      rne: rate("rne", 0),
    };
    expect(rates.rne).toBeLessThan(rates.floor);
    expect(rates.rne).toBeLessThan(rates.zero);
    expect(rates.rne).toBeLessThan(rates.shift);
    for (const one of Object.values(rates)) {
      expect(one).toBeGreaterThan(0.002);
      expect(one).toBeLessThan(0.2);
    }
  });

  test.each(["shift", "floor", "zero", "rne"] as const)(
    "%s: four fractional bits cut the rate to less than a third, ten to below 1 in 1000",
    (form) => {
      const [coarse, fine, finest] = [rate(form, 0), rate(form, 4), rate(form, 10)];
      expect(rate(form, 2)).toBeLessThan(coarse);
      expect(fine).toBeLessThan(rate(form, 2));
      expect(fine).toBeLessThan(coarse / 3);
      expect(finest).toBeLessThan(1e-3);
    },
  );
});
