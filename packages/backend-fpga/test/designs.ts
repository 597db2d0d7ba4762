/** The designs of the acceptance list: each is small and stands for one edge of the cores. */
import type { IntegerNeuron, Network } from "@nirkit/network";
import { type Design, lif, pattern, regular } from "./design-parts.ts";
import { dense, network, population, spikes, workedRows, workedSpikes } from "./random-network.ts";

export { convolutionDesigns } from "./convolution-designs.ts";
export { type Design, pattern, regular } from "./design-parts.ts";

function one(
  size: number,
  inputs: number,
  model: Partial<IntegerNeuron>,
  more: { range?: number; bias?: readonly number[] } = {},
): Network {
  return network({
    input: { shape: [inputs] },
    populations: [population("l1", size, model, more.bias)],
    projections: [dense("fc1", "in", "l1", pattern(size, inputs, more.range ?? 7))],
  });
}

function graded(): Design {
  const values = [
    [-128, 127, 0, 5],
    [0, -128, -128, 1],
    [100, -37, 3, 0],
    [0, 0, 0, 0],
    [127, 127, 127, 127],
  ];
  const net = network({
    input: { shape: [4], bits: 8, signed: true },
    populations: [
      population("l1", 5, { ...lif, stateBits: 18, theta: Int32Array.of(9000), sub: Int32Array.of(9000) }),
    ],
    projections: [dense("fc1", "in", "l1", pattern(5, 4, 7))],
  });
  return { name: "signed 8-bit input with -128", network: net, inputs: [spikes(values)], options: { pe: 2 } };
}

function unsigned(): Design {
  const net = network({
    input: { shape: [3], bits: 8, signed: false },
    populations: [population("l1", 4, { theta: Int32Array.of(900), stateBits: 16 })],
    projections: [dense("fc1", "in", "l1", pattern(4, 3, 7))],
  });
  const values = [
    [255, 0, 128],
    [255, 255, 255],
    [1, 2, 3],
  ];
  return {
    name: "unsigned 8-bit input with 255, multipliers in DSP",
    network: net,
    inputs: [spikes(values)],
    options: { mul: "dsp" },
  };
}

/** Powers of two that look irregular, 2^0 … 2^top of either sign; every fifth is 0 unless `dense`. */
function powers(rows: number, columns: number, top: number, isDense = false): number[][] {
  return pattern(rows, columns, 1000).map((row) =>
    row.map((w) => (!isDense && w % 5 === 0 ? 0 : (w < 0 ? -1 : 1) * 2 ** (Math.abs(w) % (top + 1)))),
  );
}

function powersOfTwo(signed: boolean, isDense: boolean): Design {
  const values = regular(6, 5, 2).map((row, t) =>
    row.map((s, i) => (s === 0 ? 0 : signed ? ((37 * (5 * t + i)) % 256) - 128 : (91 * (5 * t + i)) % 256)),
  );
  const lasting = { ...lif, stateBits: 22, theta: Int32Array.of(20000), sub: Int32Array.of(20000) };
  const net = network({
    input: { shape: [5], bits: 8, signed },
    populations: [
      population("l1", 7, { ...lasting, kind: "cuba", synLeak: { form: "shift", shift: 1 } }),
      population("l2", 3, { theta: Int32Array.of(9), stateBits: 12 }),
    ],
    projections: [
      dense("fc1", "in", "l1", powers(7, 5, isDense ? 7 : 6, isDense), { shift: 1 }),
      dense("back", "l1", "l1", powers(7, 7, 3), { delay: 1, shift: 2 }),
      dense("fc2", "l1", "l2", powers(3, 7, 5, isDense)),
    ],
  });
  return {
    name: `powers of two, ${isDense ? "none of them 0, " : ""}${signed ? "signed" : "unsigned"} input`,
    network: net,
    inputs: [spikes(values)],
    options: { pe: 3 },
  };
}

function held(): Design {
  const net = network({
    input: { shape: [3], bits: 8, signed: false },
    populations: [
      population("l1", 5, { ...lif, stateBits: 18, theta: Int32Array.of(5000), sub: Int32Array.of(5000) }),
      population("l2", 2, { theta: Int32Array.of(9) }),
    ],
    projections: [dense("fc1", "in", "l1", pattern(5, 3, 7)), dense("fc2", "l1", "l2", pattern(2, 5, 7))],
  });
  const frame = [200, 0, 17];
  return {
    name: "held input",
    network: net,
    inputs: [spikes([frame, frame, frame, frame])],
    options: { holdInput: true, pe: 2 },
  };
}

function recurrent(pe: number): Design {
  const net = network({
    input: { shape: [4] },
    populations: [
      population("l1", 6, { ...lif, kind: "cuba", synLeak: { form: "shift", shift: 2 }, cubaOrder: "old" }),
      population("l2", 3, { ...lif, spiking: false, reset: "none" }),
    ],
    projections: [
      dense("fc1", "in", "l1", pattern(6, 4, 7)),
      dense("back", "l1", "l1", pattern(6, 6, 5), { delay: 1, shift: 1 }),
      dense("fc2", "l1", "l2", pattern(3, 6, 7)),
    ],
  });
  return {
    name: `recurrent CubaLIF and LI readout, ${pe} lanes`,
    network: net,
    inputs: [spikes(regular(9, 4, 3))],
    options: { pe },
  };
}

function chain(fifoDepth: number): Design {
  const net = network({
    input: { shape: [5] },
    populations: [
      population("l1", 9, { theta: Int32Array.of(3) }),
      population("l2", 7, { theta: Int32Array.of(2), reset: "subtract", sub: Int32Array.of(2) }),
      population("l3", 4, { theta: Int32Array.of(4), reset: "none" }),
    ],
    projections: [
      dense("fc1", "in", "l1", pattern(9, 5, 7)),
      dense("fc2", "l1", "l2", pattern(7, 9, 7)),
      dense("fc3", "l2", "l3", pattern(4, 7, 7)),
    ],
  });
  return {
    name: `three layers, buffers of ${fifoDepth}`,
    network: net,
    inputs: [spikes(regular(8, 5, 2))],
    options: { fifoDepth, lanes: "l1=4,l2=1,l3=4" },
  };
}

/** At least the twelve of the acceptance list. */
export function acceptanceDesigns(): readonly Design[] {
  const worked = network({
    input: { shape: [3], maxEvents: 2 },
    populations: [
      population("l1", 2, { theta: Int32Array.of(48), stateBits: 8, leak: { form: "shift", shift: 3 } }),
    ],
    projections: [dense("fc1", "in", "l1", workedRows)],
  });
  const burst = regular(6, 6, 1);
  return [
    {
      name: "K = 1: the worked layer, twice",
      network: worked,
      inputs: [spikes(workedSpikes), spikes(workedSpikes)],
      options: { pe: 2 },
    },
    { name: "K = 2", network: one(6, 5, lif), inputs: [spikes(regular(10, 5, 3))], options: { pe: 3 } },
    {
      name: "N = 10 is no multiple of P = 4",
      network: one(10, 5, lif),
      inputs: [spikes(regular(10, 5, 2))],
      options: { pe: 4 },
    },
    {
      name: "P = 16 lanes for N = 10",
      network: one(10, 5, lif),
      inputs: [spikes(regular(10, 5, 2))],
      options: { pe: 16 },
    },
    { name: "P = 1", network: one(7, 3, lif), inputs: [spikes(regular(6, 3, 2))], options: { pe: 1 } },
    { name: "NI = 1", network: one(5, 1, lif), inputs: [spikes(regular(6, 1, 1))], options: { pe: 2 } },
    { name: "N = 1", network: one(1, 4, lif), inputs: [spikes(regular(6, 4, 2))] },
    { name: "T = 1", network: one(5, 4, lif), inputs: [spikes(regular(1, 4, 1))] },
    {
      name: "no events at all",
      network: one(5, 4, lif),
      inputs: [spikes(regular(7, 4, 1).map((r) => r.map(() => 0)))],
    },
    {
      name: "all neurons fire in every step",
      network: one(9, 6, { theta: Int32Array.of(-5000) }),
      inputs: [spikes(burst)],
      options: { pe: 4 },
    },
    {
      name: "saturation at both ends",
      network: one(6, 6, { stateBits: 6, theta: Int32Array.of(1000), reset: "none" }, { range: 90 }),
      inputs: [spikes(burst)],
      options: { pe: 2 },
    },
    {
      name: "wrap",
      network: one(
        6,
        6,
        { stateBits: 6, theta: Int32Array.of(1000), reset: "none", overflow: "wrap" },
        { range: 90 },
      ),
      inputs: [spikes(burst)],
      options: { pe: 2 },
    },
    graded(),
    unsigned(),
    powersOfTwo(true, false),
    powersOfTwo(false, true),
    { ...powersOfTwo(true, true), name: "powers of two, multiplied", options: { pe: 3, bac: "off" } },
    {
      name: "eos in the middle: three samples in one stream",
      network: one(6, 5, lif),
      inputs: [spikes(regular(4, 5, 2)), spikes(regular(1, 5, 1)), spikes(regular(5, 5, 3))],
      options: { pe: 4 },
    },
    {
      name: "a parameter of its own for every neuron",
      network: one(
        5,
        4,
        {
          ...lif,
          leak: { form: "mul", mul: [0, 4095, 3000, 2048, 77], shift: 12, round: "rne" },
          theta: Int32Array.of(-3, 20, 90, 160, 31),
          sub: Int32Array.of(1, 2, 3, 4, 5),
        },
        { bias: [1, -2, 30, 0, 5] },
      ),
      inputs: [spikes(regular(9, 4, 2))],
      options: { pe: 2, mul: "dsp" },
    },
    {
      name: "reset and spikes one step late",
      network: one(5, 4, { ...lif, resetDelay: 1, spikeDelay: 1 }),
      inputs: [spikes(regular(9, 4, 2))],
      options: { pe: 2 },
    },
    held(),
    recurrent(6),
    recurrent(2),
    chain(0),
    chain(2),
    {
      name: "64-bit words",
      network: one(5, 4, lif),
      inputs: [spikes(regular(5, 4, 2))],
      options: { streamWidth: 64 },
    },
  ];
}
