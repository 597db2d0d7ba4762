/** The designs of the acceptance list that convolve, pool and flatten. */
import type { SpikeInput } from "@nirkit/graph";
import type { IntegerNeuron, Projection } from "@nirkit/network";
import { type Design, lif, pattern, regular } from "./design-parts.ts";
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
} from "./random-network.ts";

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
