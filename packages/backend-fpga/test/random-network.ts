/** Small networks by hand and at random, and samples for them. */
import type { SpikeInput, Tensor } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import type { IntegerNeuron, Network, PoolOp, Population, Port, Projection } from "@nirkit/network";
import type { QuantTensor } from "@nirkit/quantize";

export function quantTensor(shape: readonly number[], ints: readonly number[] | Int32Array): QuantTensor {
  return {
    scheme: "uniform",
    bits: 8,
    intBits: 8,
    shape,
    axis: null,
    scale: Float64Array.of(1),
    ints: Int32Array.from(ints),
    codes: new Uint8Array(0),
    dequant: Float32Array.from(ints),
    stats: { mse: 0, sqnrDb: 0, clippedFraction: 0, zeroFraction: 0, levelHistogram: new Uint32Array(0) },
  };
}

export function dense(
  name: string,
  source: string,
  target: string,
  rows: readonly (readonly number[])[],
  more: Partial<Projection> = {},
): Projection {
  const shape = [rows.length, rows[0]?.length ?? 0];
  return {
    name,
    source,
    target,
    op: { kind: "dense" },
    weights: quantTensor(shape, rows.flat()),
    delay: 0,
    ...more,
  };
}

/** What a convolution over `[C, H, W]` is made of. */
export interface ConvShape {
  readonly inShape: readonly [number, number, number];
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

/** Output of a window over an axis. */
function outputs(size: number, kernel: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Map that a convolution gives. */
export function convOutput(shape: ConvShape): [number, number, number] {
  const [, height, width] = shape.inShape;
  const { kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1], channels } = shape;
  return [
    channels,
    outputs(height, kernel[0], stride[0], padding[0], dilation[0]),
    outputs(width, kernel[1], stride[1], padding[1], dilation[1]),
  ];
}

export function conv(
  name: string,
  source: string,
  target: string,
  shape: ConvShape,
  weight: (k: number) => number,
  more: Partial<Projection> = {},
): Projection {
  const { inShape, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 } = shape;
  const weightShape = [shape.channels, inShape[0] / groups, ...kernel];
  const size = weightShape.reduce((a, b) => a * b, 1);
  return {
    name,
    source,
    target,
    op: { kind: "conv2d", inShape, outShape: convOutput(shape), stride, padding, dilation, groups },
    weights: quantTensor(
      weightShape,
      Array.from({ length: size }, (_, k) => weight(k)),
    ),
    delay: 0,
    ...more,
  };
}

/** Window sum, the stride being the window unless given. */
export function pool(
  inShape: readonly [number, number, number],
  kernel: readonly [number, number],
  stride = kernel,
  padding: readonly [number, number] = [0, 0],
): PoolOp {
  const out = [1, 2].map((axis) =>
    outputs(
      inShape[axis] as number,
      kernel[axis - 1] as number,
      stride[axis - 1] as number,
      padding[axis - 1] as number,
      1,
    ),
  );
  return {
    kind: "pool",
    inShape,
    outShape: [inShape[0], out[0] as number, out[1] as number],
    kernel,
    stride,
    padding,
  };
}

function neuron(fields: Partial<IntegerNeuron> = {}): IntegerNeuron {
  const stateBits = fields.stateBits ?? 12;
  return {
    arithmetic: "integer",
    kind: "lif",
    spiking: true,
    compare: "ge",
    reset: "value",
    resetDelay: 0,
    spikeDelay: 0,
    cubaOrder: "new",
    leak: { form: "none" },
    synLeak: { form: "none" },
    stateBits,
    fracBits: 0,
    vMin: -(2 ** (stateBits - 1)),
    vMax: 2 ** (stateBits - 1) - 1,
    overflow: "sat",
    theta: Int32Array.of(10),
    sub: Int32Array.of(10),
    vReset: Int32Array.of(0),
    stateScale: Float64Array.of(1),
    stateOffset: Float64Array.of(0),
    ...fields,
  };
}

export function population(
  name: string,
  size: number | readonly number[],
  fields: Partial<IntegerNeuron>,
  bias?: readonly number[],
): Population {
  const shape = typeof size === "number" ? [size] : size;
  const neurons = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    shape,
    neuron: neuron(fields),
    bias: Int32Array.from(bias ?? new Array(neurons).fill(0)),
  };
}

export function network(parts: {
  input: Partial<Port> & { shape: readonly number[] };
  populations: readonly Population[];
  projections: readonly Projection[];
}): Network {
  const last = parts.populations.at(-1) as Population;
  return {
    inputs: [{ name: "in", bits: 1, signed: false, scale: 1, maxEvents: 1, ...parts.input }],
    outputs: [
      {
        name: "out",
        shape: last.shape,
        bits: 1,
        signed: false,
        scale: 1,
        maxEvents: 1,
        sources: [last.name],
      },
    ],
    populations: parts.populations,
    projections: parts.projections,
    dt: 1e-3,
    latency: 0,
    meta: { graphHash: "0".repeat(64), diagnostics: [] },
  };
}

export function spikes(rows: readonly (readonly number[])[], of?: readonly number[]): SpikeInput {
  const shape = [rows.length, ...(of ?? [rows[0]?.length ?? 0])];
  return new Map([["in", { dtype: "int32", shape, data: Int32Array.from(rows.flat()) } satisfies Tensor]]);
}

/** The layer of fpga.md 3.4: 2 neurons, 3 inputs, ints [[64, -32, 4], [-32, 8, -2]]. */
export const workedRows = [
  [64, -32, 4],
  [-32, 8, -2],
] as const;
/** Its events: {0}, {1}, {0,1,2}, {}, {2,2}, {0}, {0}. */
export const workedSpikes = [
  [1, 0, 0],
  [0, 1, 0],
  [1, 1, 1],
  [0, 0, 0],
  [0, 0, 2],
  [1, 0, 0],
  [1, 0, 0],
];

/** A random chain with everything that a core knows; the same seed gives the same network. */
export function randomNetwork(seed: number): { network: Network; input: SpikeInput } {
  const random = philox(seed, "fpga-network");
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const depth = 1 + random.integer(3);
  const portKind = random.integer(4);
  const port =
    portKind === 0
      ? { bits: 8, signed: true, maxEvents: 1 }
      : portKind === 1
        ? { bits: 1 + random.integer(8), signed: false, maxEvents: 1 }
        : { bits: 1, signed: false, maxEvents: 1 + random.integer(2) };
  const sizes = Array.from({ length: depth + 1 }, () => 1 + random.integer(12));
  const populations: Population[] = [];
  const projections: Projection[] = [];
  for (let l = 0; l < depth; l++) {
    const source = l === 0 ? "in" : `l${l - 1}`;
    const [inputs, size] = [sizes[l] as number, sizes[l + 1] as number];
    const isLast = l + 1 === depth;
    populations.push(randomPopulation(`l${l}`, size, isLast, random));
    const spiking = (populations[l]?.neuron as IntegerNeuron | undefined)?.spiking === true;
    projections.push(
      dense(`w${l}`, source, `l${l}`, randomRows(size, inputs, random), pick([{}, {}, { shift: 1 }])),
    );
    if (random.integer(5) === 0)
      projections.push(
        dense(`v${l}`, source, `l${l}`, randomRows(size, inputs, random), pick([{}, { shift: 2 }])),
      );
    if (spiking && random.integer(3) === 0)
      projections.push(
        dense(`r${l}`, `l${l}`, `l${l}`, randomRows(size, size, random), {
          delay: 1,
          shift: random.integer(2),
        }),
      );
  }
  const steps = 1 + random.integer(12);
  const rate = pick([0, 0.1, 0.4, 1]);
  const max = port.bits === 1 && !port.signed ? port.maxEvents : 2 ** port.bits - 1;
  const value = (): number => {
    if (random.uniform() >= rate) return 0;
    const level = random.integer(max + 1);
    return port.signed ? (random.integer(6) === 0 ? -128 : level - 128) : level;
  };
  const rows = Array.from({ length: steps }, () => Array.from({ length: sizes[0] as number }, value));
  return {
    network: network({ input: { shape: [sizes[0] as number], ...port }, populations, projections }),
    input: spikes(rows),
  };
}

export function randomRows(size: number, inputs: number, random: Random): number[][] {
  const range = [1, 7, 127][random.integer(3)] as number;
  return Array.from({ length: size }, () =>
    Array.from({ length: inputs }, () => random.integer(2 * range + 1) - range),
  );
}

export function randomPopulation(
  name: string,
  shape: number | readonly number[],
  isLast: boolean,
  random: Random,
): Population {
  const size = typeof shape === "number" ? shape : shape.reduce((a, b) => a * b, 1);
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const stateBits = 7 + random.integer(12);
  const vMax = 2 ** (stateBits - 1) - 1;
  const fracBits = pick([0, 0, 2, 4]);
  const perNeuron = random.integer(3) === 0;
  const values = (low: number, high: number): Int32Array =>
    Int32Array.from({ length: perNeuron ? size : 1 }, () => low + random.integer(high - low + 1));
  const leak = (): IntegerNeuron["leak"] => {
    const form = random.integer(4);
    const shift = 1 + random.integer(11);
    if (form === 0) return { form: "none" };
    if (form === 1) return { form: "shift", shift: random.integer(6) };
    const factor = (): number => random.integer(2 ** shift + 1);
    const mul = random.integer(4) === 0 ? Array.from({ length: size }, factor) : factor();
    return { form: "mul", mul, shift, round: pick(["floor", "zero", "rne"] as const) };
  };
  const kind = pick(
    isLast ? (["lif", "lif", "cuba", "threshold", "sum"] as const) : (["lif", "cuba", "threshold"] as const),
  );
  const spiking = kind === "sum" ? false : kind === "threshold" || !isLast || random.integer(2) === 0;
  const reset = spiking ? pick(["value", "subtract", "none"] as const) : "none";
  return population(
    name,
    shape,
    {
      kind,
      spiking,
      stateBits,
      fracBits,
      reset,
      resetDelay: pick([0, 0, 0, 1]),
      spikeDelay: pick([0, 0, 0, 1]),
      compare: pick(["gt", "ge"]),
      cubaOrder: pick(["new", "old"]),
      leak: leak(),
      synLeak: leak(),
      overflow: pick(["sat", "sat", "wrap"]),
      vMin: pick([-vMax - 1, -Math.floor(vMax / 4), 0]),
      theta: values(-5, Math.min(300, vMax)),
      sub: values(0, Math.min(300, vMax)),
      vReset: values(-20, 20),
    },
    Array.from({ length: size }, () => pick([0, 0, random.integer(41) - 20])),
  );
}
