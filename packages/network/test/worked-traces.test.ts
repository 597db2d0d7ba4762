/** Worked traces: w = [.9, -.35] at 4 bits, q = [7, -3], s = .9/7, gamma = 1, theta = 1, inputs 10,01,11,00,10,10,01,11,10,00. */
import { describe, expect, test } from "vitest";
import { type IntegerNeuron, type NetworkTrace, simulateNetwork } from "../src/index.ts";
import { everything, layer, neuron, steps } from "./network-builder.ts";

const input = steps([
  [1, 0],
  [0, 1],
  [1, 1],
  [0, 0],
  [1, 0],
  [1, 0],
  [0, 1],
  [1, 1],
  [1, 0],
  [0, 0],
]);

const run = (weights: readonly number[], model: Partial<IntegerNeuron>): NetworkTrace =>
  simulateNetwork(layer([weights], neuron({ stateBits: 24, ...model })), input, { record: everything });

const record = (trace: NetworkTrace, signal: string): number[] =>
  Array.from(trace.records.get(`n/${signal}`)?.data as Int32Array);

/** "7,4,8*": potentials before reset, a star where a spike is fired. */
function potentials(trace: NetworkTrace): string {
  const spikes = record(trace, "out");
  return record(trace, "vpre")
    .map((u, t) => `${u}${spikes[t] === 1 ? "*" : ""}`)
    .join(",");
}

describe("IF and LIF, Theta = 7.7778 -> 7, compare gt", () => {
  test("IF with value reset", () => {
    expect(potentials(run([7, -3], { theta: Int32Array.of(7) }))).toBe("7,4,8*,0,7,14*,-3,1,8*,0");
  });

  test("IF with subtract reset, rounded: compare > 7, sub 8", () => {
    const trace = run([7, -3], { reset: "subtract", theta: Int32Array.of(7), sub: Int32Array.of(8) });
    expect(potentials(trace)).toBe("7,4,8*,0,7,14*,3,7,14*,6");
  });

  test("IF with subtract reset, aligned: N = 7, q' = [6, -2]; U = 7 is not > 7", () => {
    const trace = run([6, -2], { reset: "subtract", theta: Int32Array.of(7), sub: Int32Array.of(7) });
    expect(potentials(trace)).toBe("6,4,8*,1,7,13*,4,8*,7,7");
  });

  test.each([
    [0, 7, "7,3,6,5,11*,7,3,6,12*,0"],
    [4, 124, "112,50,107,93,193*,112,50,107,205*,0"],
    [8, 1991, "1792,800,1724,1508,3111*,1792,800,1724,3300*,0"],
  ])("LIF beta = 7/8, value reset, floor leak, F = %i, Theta %i", (fracBits, theta, expected) => {
    const leak = { form: "mul", mul: 7, shift: 3, round: "floor" } as const;
    expect(potentials(run([7, -3], { fracBits, leak, theta: Int32Array.of(theta) }))).toBe(expected);
  });
});

describe("Cuba a = 3/4, beta = 7/8, kappa = .25, theta = .3, Theta = 9.333, floor leaks, new current", () => {
  const cuba = (fracBits: number, theta: number): string => {
    const trace = run([7, -3], {
      kind: "cuba",
      fracBits,
      theta: Int32Array.of(theta),
      leak: { form: "mul", mul: 7, shift: 3, round: "floor" },
      synLeak: { form: "mul", mul: 3, shift: 2, round: "floor" },
    });
    const current = record(trace, "i");
    return potentials(trace)
      .split(",")
      .map((u, t) => `(${current[t]},${u})`)
      .join(",");
  };

  test("F = 0 gives a wrong silent neuron at the last step: U = 9 is not > 9", () => {
    expect(cuba(0, 9)).toBe("(7,7),(2,8),(5,12*),(3,3),(9,11*),(13,13*),(6,6),(8,13*),(13,13*),(9,9)");
  });

  test("F = 6, Theta 597, fires as the float neuron does", () => {
    expect(cuba(6, 597)).toBe(
      "(448,448),(144,536),(364,833*),(273,273),(652,890*),(937,937*),(510,510),(638,1084*),(926,926*),(694,694*)",
    );
  });

  test("order old reads the current of the step before: the potentials of the first two steps are 0 and 7", () => {
    const trace = run([7, -3], { kind: "cuba", cubaOrder: "old", theta: Int32Array.of(100) });
    expect(record(trace, "vpre").slice(0, 3)).toEqual([0, 7, 7 + 4]);
    expect(record(trace, "i").slice(0, 3)).toEqual([7, 4, 8]);
  });
});
