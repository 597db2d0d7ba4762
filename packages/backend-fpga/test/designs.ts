/** The designs of the acceptance list: each is small and stands for one edge of the cores. */
import type { SpikeInput } from "@nirkit/graph";
import type { IntegerNeuron, Network, Projection } from "@nirkit/network";
import type { FpgaOptions } from "../src/options.ts";
import {
  type ConvShape,
  conv,
  convOutput,
  dense,
  network,
  pool,
  population,
  quantTensor,
  spikes,
  workedRows,
  workedSpikes,
} from "./random-network.ts";

export interface Design {
  readonly name: string;
  readonly network: Network;
  readonly inputs: readonly SpikeInput[];
  readonly options?: Partial<FpgaOptions>;
}

/** Weights that look irregular: (37·k + 11) mod (2·range + 1) − range. */
export function pattern(rows: number, columns: number, range: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => ((37 * (i * columns + j) + 11) % (2 * range + 1)) - range),
  );
}

/** Spikes where (7·t + 5·i) mod `every` is 0. */
export function regular(steps: number, size: number, every: number): number[][] {
  return Array.from({ length: steps }, (_, t) =>
    Array.from({ length: size }, (_, i) => ((7 * t + 5 * i) % every === 0 ? 1 : 0)),
  );
}

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

const lif: Partial<IntegerNeuron> = {
  leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
  fracBits: 4,
  stateBits: 14,
  theta: Int32Array.of(160),
  sub: Int32Array.of(160),
  reset: "subtract",
};

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

/** One convolution into one map, and a dense layer behind it. */
function convolution(
  name: string,
  shape: ConvShape,
  more: {
    lanes?: number;
    model?: Partial<IntegerNeuron>;
    perNeuron?: "channel" | "neuron";
    value?: number;
    projection?: Partial<Projection>;
    isLast?: boolean;
  } = {},
): Design {
  const { lanes = 2, model = {}, perNeuron, value = 0, projection = {}, isLast = false } = more;
  const out = convOutput(shape);
  const neurons = out[0] * out[1] * out[2];
  const port = projection.pool?.inShape ?? shape.inShape;
  const size = port[0] * port[1] * port[2];
  const own = (low: number, span: number): Int32Array =>
    Int32Array.from({ length: neurons }, (_, i) => {
      const place = perNeuron === "channel" ? Math.floor(i / (out[1] * out[2])) : i;
      return low + ((7 * place) % span);
    });
  const parameters =
    perNeuron === undefined
      ? {}
      : { theta: own(3, 9), leak: { ...lif.leak, mul: Array.from(own(2000, 1000)) } };
  const net = network({
    input: value > 0 ? { shape: port, bits: value, signed: true } : { shape: port },
    populations: [
      population("map", out, { theta: Int32Array.of(6), ...model, ...parameters } as Partial<IntegerNeuron>),
      ...(isLast ? [] : [population("l2", 3, { theta: Int32Array.of(5) })]),
    ],
    projections: [
      conv("conv", "in", "map", shape, (k) => ((37 * k + 11) % 15) - 7, projection),
      ...(isLast ? [] : [dense("fc", "map", "l2", pattern(3, neurons, 3))]),
    ],
  });
  const steps = regular(5, size, 7).map((row, t) =>
    value === 0
      ? row
      : row.map((s, i) => (s === 0 ? 0 : ((29 * (5 * t + i)) % 2 ** value) - 2 ** (value - 1))),
  );
  return {
    name,
    network: net,
    inputs: [spikes(steps, port)],
    options: { lanes: `map=${lanes}`, ...(perNeuron === undefined ? {} : { mul: "lut" as const }) },
  };
}

/** Every form of a convolution and of what stands around it. */
export function convolutionDesigns(): readonly Design[] {
  const map = [2, 5, 6] as const;
  return [
    convolution("convolution 3 x 3, padding 1", {
      inShape: map,
      channels: 5,
      kernel: [3, 3],
      padding: [1, 1],
    }),
    convolution(
      "stride 2, one lane",
      {
        inShape: map,
        channels: 3,
        kernel: [3, 3],
        stride: [2, 2],
        padding: [1, 1],
      },
      { lanes: 1 },
    ),
    convolution(
      "dilation 2, stride 3 and 1, padding 2, more lanes than channels",
      {
        inShape: map,
        channels: 3,
        kernel: [3, 2],
        stride: [3, 1],
        padding: [2, 1],
        dilation: [2, 3],
      },
      { lanes: 4 },
    ),
    convolution("stride 4 with dilation 6 in groups of 2", {
      inShape: [4, 9, 7],
      channels: 6,
      kernel: [2, 3],
      stride: [4, 2],
      padding: [3, 3],
      dilation: [6, 2],
      groups: 2,
    }),
    convolution(
      "depthwise, a map as output",
      {
        inShape: [3, 4, 4],
        channels: 3,
        kernel: [3, 3],
        padding: [1, 1],
        groups: 3,
      },
      { lanes: 1, isLast: true },
    ),
    convolution(
      "a kernel wider than the map, an output of one neuron",
      {
        inShape: [2, 3, 3],
        channels: 1,
        kernel: [3, 3],
      },
      { lanes: 1, model: { ...lif } },
    ),
    convolution(
      "parameters by channel",
      { inShape: map, channels: 5, kernel: [2, 2] },
      {
        perNeuron: "channel",
        model: lif,
        lanes: 2,
      },
    ),
    convolution(
      "parameters by neuron",
      { inShape: map, channels: 3, kernel: [2, 2], groups: 1 },
      {
        perNeuron: "neuron",
        model: lif,
        lanes: 2,
      },
    ),
    convolution(
      "8-bit input, states of a map as output",
      { inShape: map, channels: 3, kernel: [3, 3] },
      {
        value: 8,
        isLast: true,
        model: { ...lif, spiking: false, reset: "none", stateBits: 20 },
      },
    ),
    convolution(
      "window sum in front, sizes rounded down",
      { inShape: [2, 3, 2], channels: 4, kernel: [2, 2] },
      {
        projection: { pool: pool([2, 7, 8], [2, 3], [2, 3], [0, 0]) },
      },
    ),
    convolution(
      "window sum with gaps and zeros in front",
      { inShape: [2, 3, 3], channels: 3, kernel: [2, 2] },
      {
        projection: { pool: pool([2, 7, 7], [2, 2], [3, 3], [1, 1]) },
      },
    ),
    convolution("Conv1d: height 1", { inShape: [3, 1, 9], channels: 4, kernel: [1, 3], stride: [1, 2] }),
    ...chainsOfMaps(),
  ];
}

function chainsOfMaps(): Design[] {
  const powersAt = (k: number): number => (k % 5 === 0 ? 0 : (k % 3 === 0 ? -1 : 1) * 2 ** (k % 7));
  const first: ConvShape = { inShape: [2, 8, 8], channels: 4, kernel: [3, 3], padding: [1, 1] };
  const second: ConvShape = {
    inShape: [4, 4, 4],
    channels: 6,
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1],
  };
  const classic = network({
    input: { shape: [2, 8, 8], maxEvents: 2 },
    populations: [
      population("a", [4, 8, 8], { theta: Int32Array.of(40) }),
      population("b", [6, 2, 2], { ...lif }),
      population("c", 5, { theta: Int32Array.of(4), reset: "subtract", sub: Int32Array.of(4) }),
    ],
    projections: [
      conv("conv1", "in", "a", first, powersAt),
      conv("conv2", "a", "b", second, (k) => ((11 * k + 3) % 9) - 4, { pool: pool([4, 8, 8], [2, 2]) }),
      dense("fc", "b", "c", pattern(5, 24, 5)),
    ],
  });
  const sums = network({
    input: { shape: [3, 6, 6] },
    populations: [
      population("p", [3, 3, 3], { theta: Int32Array.of(2) }),
      population("q", [3, 2, 2], { theta: Int32Array.of(3) }),
      population("r", [3, 2, 2], { theta: Int32Array.of(1) }),
      population("s", 2, { theta: Int32Array.of(3) }),
    ],
    projections: [
      {
        ...conv("sum1", "in", "p", { inShape: [3, 6, 6], channels: 3, kernel: [1, 1] }, () => 1),
        op: pool([3, 6, 6], [2, 2]),
        weights: quantTensor([1], [1]),
      },
      {
        ...conv("sum2", "p", "q", { inShape: [3, 3, 3], channels: 3, kernel: [1, 1] }, () => 1),
        op: pool([3, 3, 3], [2, 2], [1, 1]),
        weights: quantTensor([1], [2]),
      },
      {
        ...conv("one", "q", "r", { inShape: [3, 2, 2], channels: 3, kernel: [1, 1] }, () => 1),
        op: { kind: "identity" },
        weights: quantTensor([1], [3]),
      },
      dense("fc", "r", "s", pattern(2, 3, 3), { pool: pool([3, 2, 2], [2, 2]) }),
    ],
  });
  const unrolled = network({
    input: { shape: [2, 4, 4] },
    populations: [
      population("a", [2, 4, 4], { theta: Int32Array.of(9) }),
      population("b", [2, 3, 3], { theta: Int32Array.of(7) }),
    ],
    projections: [
      conv(
        "conv",
        "in",
        "a",
        { inShape: [2, 4, 4], channels: 2, kernel: [3, 3], padding: [1, 1] },
        (k) => (k % 7) - 2,
      ),
      conv(
        "back",
        "a",
        "a",
        { inShape: [2, 4, 4], channels: 2, kernel: [3, 3], padding: [1, 1] },
        (k) => (k % 5) - 3,
        { delay: 1 },
      ),
      conv("next", "a", "b", { inShape: [2, 4, 4], channels: 2, kernel: [2, 2] }, (k) => (k % 7) - 2),
    ],
  });
  const seen = (shape: readonly [number, number, number], every: number): SpikeInput =>
    spikes(regular(6, shape[0] * shape[1] * shape[2], every), shape);
  return [
    {
      name: "convolution, window sum, convolution, dense",
      network: classic,
      inputs: [seen([2, 8, 8], 5), seen([2, 8, 8], 9)],
      options: { pe: 4, lanes: "c=2" },
    },
    {
      name: "window sums and one-to-one into neurons",
      network: sums,
      inputs: [seen([3, 6, 6], 4)],
      options: { pe: 1 },
    },
    {
      name: "a recurrent convolution, multiplied out",
      network: unrolled,
      inputs: [seen([2, 4, 4], 5)],
      options: { pe: 4 },
    },
  ];
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
