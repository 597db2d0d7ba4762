import { describe, expect, test } from "vitest";
import {
  bitsMembrane,
  gridOfLevels,
  type IntegerLeak,
  type MembraneNeuron,
  membraneStep,
  type NeuronArithmetic,
  nearestLevel,
  restingMembrane,
} from "../src/index.ts";

const none: IntegerLeak = { form: "none" };
const floorLeak = (mul: number, shift: number): IntegerLeak => ({ form: "mul", mul, shift, round: "floor" });
const arithmetic: NeuronArithmetic = {
  compare: "gt",
  reset: "value",
  resetDelay: 0,
  spikeDelay: 0,
  cubaOrder: "new",
  leak: none,
  synLeak: none,
  stateBits: 24,
  fracBits: 0,
  vMin: -(2 ** 23),
  vMax: 2 ** 23 - 1,
  overflow: "sat",
};
const neuron = (
  words: Partial<NeuronArithmetic>,
  numbers: Partial<Pick<MembraneNeuron, "theta" | "sub" | "vReset" | "kind">> = {},
): MembraneNeuron => ({
  kind: "lif",
  spiking: true,
  theta: 7,
  sub: 0,
  vReset: 0,
  ...numbers,
  arithmetic: { ...arithmetic, ...words },
});

// Inputs (z1, z2) = 10, 01, 11, 00, 10, 10, 01, 11, 10, 00.
const z1 = [1, 0, 1, 0, 1, 1, 0, 1, 1, 0];
const z2 = [0, 1, 1, 0, 0, 0, 1, 1, 0, 0];
/** Potentials before reset, spikes starred, `J/` in front for currents. */
function trace(one: MembraneNeuron, q: readonly [number, number] = [7, -3]): string {
  let state = restingMembrane;
  return z1
    .map((z, t) => {
      const step = membraneStep(one, state, q[0] * z + q[1] * (z2[t] ?? 0));
      state = step;
      const x = `${step.x}${step.spike ? "*" : ""}`;
      return one.kind === "cuba" ? `${step.j}/${x}` : x;
    })
    .join(" ");
}

describe("the worked traces, q = [7, -3]", () => {
  test("IF, reset to value: 7 4 8* 0 7 14* -3 1 8* 0", () => {
    expect(trace(neuron({}))).toBe("7 4 8* 0 7 14* -3 1 8* 0");
  });

  test("IF, subtract, round (compare > 7, subtract 8): 7 4 8* 0 7 14* 3 7 14* 6", () => {
    expect(trace(neuron({ reset: "subtract" }, { sub: 8 }))).toBe("7 4 8* 0 7 14* 3 7 14* 6");
  });

  test("IF, subtract, aligned, q = [6, -2]: 6 4 8* 1 7 13* 4 8* 7 7", () => {
    expect(trace(neuron({ reset: "subtract" }, { sub: 7 }), [6, -2])).toBe("6 4 8* 1 7 13* 4 8* 7 7");
  });

  test("LIF 7/8, floor leak, F = 0, 4, 8 with Theta 7, 124, 1991", () => {
    const leak = floorLeak(7, 3);
    expect(trace(neuron({ leak }))).toBe("7 3 6 5 11* 7 3 6 12* 0");
    expect(trace(neuron({ leak, fracBits: 4 }, { theta: 124 }))).toBe("112 50 107 93 193* 112 50 107 205* 0");
    expect(trace(neuron({ leak, fracBits: 8 }, { theta: 1991 }))).toBe(
      "1792 800 1724 1508 3111* 1792 800 1724 3300* 0",
    );
  });

  test("Cuba 3/4 and 7/8, F = 0 ends in a wrong silent neuron, F = 6 fires as the float one", () => {
    const leaks = { synLeak: floorLeak(3, 2), leak: floorLeak(7, 3) };
    expect(trace(neuron(leaks, { kind: "cuba", theta: 9 }))).toBe(
      "7/7 2/8 5/12* 3/3 9/11* 13/13* 6/6 8/13* 13/13* 9/9",
    );
    expect(trace(neuron({ ...leaks, fracBits: 6 }, { kind: "cuba", theta: 597 }))).toBe(
      "448/448 144/536 364/833* 273/273 652/890* 937/937* 510/510 638/1084* 926/926* 694/694*",
    );
  });
});

describe("storage", () => {
  test("a potential is compared before it saturates: 8 bits, Theta 64, subtract 64, x 300 is stored as 127", () => {
    const one = neuron({ reset: "subtract", stateBits: 8, vMin: -128, vMax: 127 }, { theta: 64, sub: 64 });
    const step = membraneStep(one, restingMembrane, 300);
    expect(step).toMatchObject({ x: 300, spike: true, u: 127, saturated: true });
  });

  test("wrap keeps the low bits: 8 bits, 130 becomes -126", () => {
    const one = neuron({ overflow: "wrap", stateBits: 8, vMin: -128, vMax: 127 }, { theta: 1000 });
    expect(membraneStep(one, restingMembrane, 130).u).toBe(-126);
  });

  test("both states of a Cuba neuron are stored on the grid: a current of 3 becomes 4, and drives the membrane as 4", () => {
    const one = neuron({ stateLevels: [-8, -4, 0, 4, 8], vMin: -8, vMax: 8 }, { kind: "cuba", theta: 100 });
    expect(membraneStep(one, restingMembrane, 3)).toMatchObject({ j: 4, x: 4, u: 4, saturated: false });
  });

  test("nearest level, ties to the lower: 0.5 between 0 and 1, -0.5 between -1 and 0, ends", () => {
    const levels = [-1, 0, 1];
    expect([0.5, 0.6, -0.5, -0.4, 9, -9].map((x) => nearestLevel(levels, x))).toEqual([0, 1, -1, 0, 1, -1]);
  });

  test("delayed resets and spikes come one step late, a subtraction is not decayed", () => {
    const late = neuron({ resetDelay: 1, reset: "subtract", leak: { form: "shift", shift: 1 } }, { sub: 4 });
    const first = membraneStep(late, restingMembrane, 10);
    expect(first).toMatchObject({ x: 10, spike: true, u: 10 });
    expect(membraneStep(late, first, 0).x).toBe(1);
    const delayed = neuron({ spikeDelay: 1 });
    const a = membraneStep(delayed, restingMembrane, 10);
    expect([a.spike, membraneStep(delayed, a, 0).spike]).toEqual([false, true]);
  });
});

describe("grids", () => {
  const request = (theta: number) => ({
    path: "nodes.n",
    theta: Int32Array.of(theta),
    vReset: Int32Array.of(0),
    fracBits: 4,
    stateScale: Float64Array.of(1),
  });

  test("8 bits and Theta 1991: every 16th state from -2048 to 2032", () => {
    const grid = bitsMembrane(8).grid(request(1991));
    expect(grid).toMatchObject({ stateBits: 12, vMin: -2048, vMax: 2032, storedBits: 8 });
    expect([grid.stateLevels?.length, grid.stateLevels?.[1]]).toEqual([256, -2032]);
  });

  test("8 bits and Theta 127 need no table; 128 does", () => {
    expect(bitsMembrane(8).grid(request(127)).stateLevels).toBeUndefined();
    expect(bitsMembrane(8).grid(request(128)).stateLevels).toHaveLength(256);
  });

  test("tables of more than 4096 levels are refused: 14 bits, Theta 10000", () => {
    expect(() => bitsMembrane(14).grid(request(10000))).toThrow(/E_STATE_TOO_NARROW/);
  });

  test("levels are sorted, doubles merged; without 0, alone or past 32 bits they are refused", () => {
    expect(gridOfLevels([4, 0, -4, 0], "nodes.n")).toEqual({
      stateBits: 4,
      vMin: -4,
      vMax: 4,
      stateLevels: [-4, 0, 4],
      storedBits: 2,
    });
    for (const levels of [[1, 2], [0], [0, 2 ** 31], [0, 0.5]])
      expect(() => gridOfLevels(levels, "nodes.n")).toThrow(/E_MEMBRANE_GRID nodes\.n/);
  });
});
