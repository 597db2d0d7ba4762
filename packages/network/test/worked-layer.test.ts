/** The worked layer of 2 neurons and 3 inputs, ints [[64,-32,4],[-32,8,-2]], in three arithmetics. */
import { expect, test } from "vitest";
import { accumulatorBounds, type IntegerNeuron, simulateNetwork } from "../src/index.ts";
import { events, everything, layer, neuron } from "./network-builder.ts";

const rows = [
  [64, -32, 4],
  [-32, 8, -2],
];
/** Events per step; two events of one address in step 4. */
const addresses = [[0], [1], [0, 1, 2], [], [2, 2], [0], [0]];

/** Tuples (x, s, U') of both neurons per step. */
function tuples(model: Partial<IntegerNeuron>): string[] {
  const made = layer(rows, neuron({ compare: "ge", ...model }));
  const twice = { ...made, inputs: made.inputs.map((port) => ({ ...port, maxEvents: 2 })) };
  const trace = simulateNetwork(twice, events(3, addresses), { record: everything });
  const at = (signal: string, k: number): number => Number(trace.records.get(`n/${signal}`)?.data[k]);
  return addresses.map((_, t) =>
    [0, 1].map((i) => `(${at("vpre", 2 * t + i)},${at("out", 2 * t + i)},${at("v", 2 * t + i)})`).join(" "),
  );
}

test("A: value reset, F = 0, shift 3, TH = 48, 8 bits", () => {
  expect(tuples({ stateBits: 8, theta: Int32Array.of(48), leak: { form: "shift", shift: 3 } })).toEqual([
    "(64,1,0) (-32,0,-32)",
    "(-32,0,-32) (-20,0,-20)",
    "(8,0,8) (-43,0,-43)",
    "(7,0,7) (-37,0,-37)",
    "(15,0,15) (-36,0,-36)",
    "(78,1,0) (-63,0,-63)",
    "(64,1,0) (-87,0,-87)",
  ]);
});

test("B: subtract, F = 4, mul 3584 >> 12 to zero, TH = SUB = 768, 12 bits", () => {
  const leak = { form: "mul", mul: 3584, shift: 12, round: "zero" } as const;
  const limit = Int32Array.of(768);
  expect(tuples({ stateBits: 12, fracBits: 4, reset: "subtract", theta: limit, sub: limit, leak })).toEqual([
    "(1024,1,256) (-512,0,-512)",
    "(-288,0,-288) (-320,0,-320)",
    "(324,0,324) (-696,0,-696)",
    "(283,0,283) (-609,0,-609)",
    "(375,0,375) (-596,0,-596)",
    "(1352,1,584) (-1033,0,-1033)",
    "(1535,1,767) (-1415,0,-1415)",
  ]);
});

test("C: IF, subtract, F = 0, TH = SUB = 48, 7 bits saturates at -64", () => {
  const limit = Int32Array.of(48);
  expect(tuples({ stateBits: 7, reset: "subtract", theta: limit, sub: limit })).toEqual([
    "(64,1,16) (-32,0,-32)",
    "(-16,0,-16) (-24,0,-24)",
    "(20,0,20) (-50,0,-50)",
    "(20,0,20) (-50,0,-50)",
    "(28,0,28) (-54,0,-54)",
    "(92,1,44) (-86,0,-64)",
    "(108,1,60) (-96,0,-64)",
  ]);
});

test("the accumulator is 8 bits wide: max(64 + 32 + 4, 32 + 8 + 2) = 100", () => {
  const bounds = accumulatorBounds(
    layer(rows, neuron({ stateBits: 8, leak: { form: "shift", shift: 3 } })),
  ).get("n");
  // |leak(-128)| = 112, so |x| <= 212 takes 9 bits; U stays below ceil(100 * 8) = 800 without a clamp.
  expect(bounds).toMatchObject({ acc: 100, accBits: 8, x: 212, xBits: 9, reach: 800, stateBits: 8, out: 1 });
});

test("two saturations in C and the clamp after the comparison: 8 bits, TH = SUB = 64, x = 300 stores 127, not 63", () => {
  const limit = Int32Array.of(64);
  const model = neuron({ stateBits: 8, compare: "ge", reset: "subtract", theta: limit, sub: limit });
  const trace = simulateNetwork(layer([[300]], model), events(1, [[0]]), { record: everything });
  expect(trace.records.get("n/vpre")?.data[0]).toBe(300);
  expect(trace.records.get("n/v")?.data[0]).toBe(127);
  expect(trace.saturations.get("n")).toBe(1);
});
