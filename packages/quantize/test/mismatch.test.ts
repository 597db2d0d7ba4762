/** How often integers fire where the same weights in real numbers do not, or the other way round. */
import { philox, roundHalfEven } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import {
  type IntegerLeak,
  type MembraneNeuron,
  membraneStep,
  type NeuronArithmetic,
  restingMembrane,
} from "../src/index.ts";

const random = philox(77, "mismatch");
const neurons = 50;
const steps = 1000;

const base: NeuronArithmetic = {
  compare: "gt",
  reset: "value",
  resetDelay: 0,
  spikeDelay: 0,
  cubaOrder: "new",
  leak: { form: "none" },
  synLeak: { form: "none" },
  stateBits: 32,
  fracBits: 0,
  vMin: -(2 ** 31),
  vMax: 2 ** 31 - 1,
  overflow: "sat",
};

/** Weights −7 … 7 of four inputs, and a threshold that is no integer. */
function draw(k: number): { readonly q: readonly number[]; readonly theta: number; readonly beta: number } {
  const at = (i: number): number => random.at(k * 16 + i) / 4294967296;
  return {
    q: [0, 1, 2, 3].map((i) => Math.floor(at(i) * 15) - 7 + (i === 0 ? 4 : 0)),
    theta: 4 + 12 * at(4) + 1e-3,
    beta: 7 / 8,
  };
}

interface Trial {
  readonly words: Partial<NeuronArithmetic>;
  readonly fracBits?: number;
  /** Amount of a subtract reset in finest LSB, from the real threshold there. */
  readonly sub?: (theta: number) => number;
  /** Threshold as the integers have it; floor when absent. */
  readonly align?: boolean;
}

/** Share of steps in which the spikes differ; both sides start every step from their own state. */
function rate({ words, fracBits = 0, sub = () => 0, align = false }: Trial): number {
  let different = 0;
  for (let k = 0; k < neurons; k++) {
    const { q, theta: drawn, beta } = draw(k);
    const theta = align ? Math.floor(drawn) : drawn;
    const fine = theta * 2 ** fracBits;
    const neuron: MembraneNeuron = {
      kind: "lif",
      spiking: true,
      theta: Math.floor(fine),
      sub: sub(fine),
      vReset: 0,
      arithmetic: { ...base, ...words, fracBits },
    };
    const leaky = neuron.arithmetic.leak.form !== "none";
    let state = restingMembrane;
    let u = 0;
    for (let t = 0; t < steps; t++) {
      let sum = 0;
      for (let i = 0; i < 4; i++)
        if (random.at(100000 + (k * steps + t) * 4 + i) / 4294967296 < 0.4) sum += q[i] ?? 0;
      state = membraneStep(neuron, state, sum);
      u = (leaky ? beta * u : u) + sum;
      const spike = u > theta;
      if (spike) u = neuron.arithmetic.reset === "subtract" ? u - theta : 0;
      if (spike !== (state as ReturnType<typeof membraneStep>).fired) different++;
    }
  }
  return different / (neurons * steps);
}

describe("reset to value without leak", () => {
  test("exact: 0 of 50 000 steps differ", () => {
    expect(rate({ words: {} })).toBe(0);
  });
});

describe("reset subtract", () => {
  const round = (fracBits: number): number =>
    rate({ words: { reset: "subtract" }, fracBits, sub: (theta) => roundHalfEven(theta) });

  test("rounded thresholds: fewer with every two fractional bits, a tenth at F = 8 of what F = 0 has", () => {
    const rates = [0, 2, 4, 6, 8].map(round);
    for (let i = 1; i < rates.length; i++) expect(rates[i]).toBeLessThan(rates[i - 1] ?? 0);
    expect(rates[0]).toBeGreaterThan(0.02);
    expect(rates[4]).toBeLessThan((rates[0] ?? 0) / 10);
  });

  test("aligned thresholds: 0 of 50 000 steps differ", () => {
    expect(rate({ words: { reset: "subtract" }, sub: (theta) => theta, align: true })).toBe(0);
  });
});

describe("leaks against the real decay 7/8", () => {
  const mul = (roundWord: "floor" | "zero" | "rne"): IntegerLeak => ({
    form: "mul",
    mul: 7,
    shift: 3,
    round: roundWord,
  });
  const shift: IntegerLeak = { form: "shift", shift: 3 };
  const of = (leak: IntegerLeak, fracBits: number): number => rate({ words: { leak }, fracBits });

  test("F = 0: rounding to nearest differs least, the shift most, floor and zero in between", () => {
    const [rne, zero, floor, shifted] = [
      of(mul("rne"), 0),
      of(mul("zero"), 0),
      of(mul("floor"), 0),
      of(shift, 0),
    ];
    expect(rne).toBeLessThan(Math.min(zero, floor, shifted));
    expect(shifted).toBeGreaterThanOrEqual(Math.max(zero, floor) * 0.9);
    expect(rne).toBeGreaterThan(0.005);
  });

  test("every form gains with fractional bits: F = 0, 2, 4, 8; at 8 at most one in a thousand", () => {
    for (const leak of [mul("floor"), mul("zero"), mul("rne"), shift]) {
      const rates = [0, 2, 4, 8].map((bits) => of(leak, bits));
      for (let i = 1; i < rates.length; i++) expect(rates[i]).toBeLessThan(rates[i - 1] ?? 0);
      expect(rates[3]).toBeLessThanOrEqual(0.001);
    }
  });
});
