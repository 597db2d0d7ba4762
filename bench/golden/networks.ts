/** Networks and spikes of chosen size and density, the same in every run. */
import type { Events, Shape, SpikeInput } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import type { IntegerNeuron, Network, Population, Projection } from "@nirkit/network";
import { buildQuantTensor, type QuantTensor } from "@nirkit/quantize";

/** What is timed: all inputs, one after the other. */
export interface GoldenCase {
  readonly name: string;
  readonly network: Network;
  readonly inputs: readonly SpikeInput[];
}

/** LIF layers in a row, int8 weights without zeros. */
export function denseChain(widths: readonly number[]): Network {
  const populations = widths.slice(1).map((n, k) => population(`n${k}`, [n]));
  const projections = populations.map((target, k): Projection => {
    const sources = widths[k] as number;
    const targets = target.bias.length;
    return {
      name: `fc${k}`,
      source: k === 0 ? "in" : `n${k - 1}`,
      target: target.name,
      op: { kind: "dense" },
      weights: weights([targets, sources], sources * 3),
      delay: 0,
    };
  });
  return network([widths[0] as number], populations, projections);
}

/** One 3 x 3 convolution with padding 1 between images of the same size, and LIF. */
export function convLayer(channels: number, size: number): Network {
  const image = [channels, size, size] as const;
  const projection: Projection = {
    name: "conv",
    source: "in",
    target: "n0",
    op: {
      kind: "conv2d",
      inShape: image,
      outShape: image,
      stride: [1, 1],
      padding: [1, 1],
      dilation: [1, 1],
      groups: 1,
    },
    weights: weights([channels, channels, 3, 3], channels),
    delay: 0,
  };
  return network(image, [population("n0", image)], [projection]);
}

/** Random spikes, each address with the same probability. */
export function spikesFor(shape: Shape, steps: number, density: number, seed = 0): SpikeInput {
  const random = philox(seed, `golden-${shape}-${density}`);
  const size = shape.reduce((a, b) => a * b, 1);
  const start = new Uint32Array(steps + 1);
  const index: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < size; i++) if (random.uniform() < density) index.push(i);
    start[t + 1] = index.length;
  }
  const events: Events = { steps, shape, start, index: Uint32Array.from(index) };
  return new Map([["in", events]]);
}

function network(
  shape: Shape,
  populations: readonly Population[],
  projections: readonly Projection[],
): Network {
  const spikes = { bits: 1, signed: false, scale: 1, maxEvents: 1 };
  const last = populations.at(-1) as Population;
  return {
    inputs: [{ name: "in", shape, ...spikes }],
    outputs: [{ name: "out", shape: last.shape, ...spikes, sources: [last.name] }],
    populations,
    projections,
    dt: 1,
    latency: 0,
    meta: { graphHash: "bench", diagnostics: [] },
  };
}

function population(name: string, shape: Shape): Population {
  const neuron: IntegerNeuron = {
    arithmetic: "integer",
    kind: "lif",
    spiking: true,
    compare: "gt",
    reset: "value",
    resetDelay: 0,
    spikeDelay: 0,
    cubaOrder: "new",
    leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
    synLeak: { form: "none" },
    stateBits: 24,
    fracBits: 4,
    vMin: -(2 ** 23),
    vMax: 2 ** 23 - 1,
    overflow: "sat",
    theta: Int32Array.of(127 * 16 * 4),
    sub: Int32Array.of(0),
    vReset: Int32Array.of(0),
    stateScale: Float64Array.of(1),
    stateOffset: Float64Array.of(0),
  };
  return { name, shape, neuron, bias: new Int32Array(shape.reduce((a, b) => a * b, 1)) };
}

function weights(shape: Shape, seed: number): QuantTensor {
  const random = philox(seed, "golden-weights");
  const size = shape.reduce((a, b) => a * b, 1);
  const ints = Int8Array.from(
    { length: size },
    () => (1 + random.integer(127)) * (random.integer(2) === 0 ? 1 : -1),
  );
  return buildQuantTensor({
    scheme: "uniform",
    bits: 8,
    intBits: 8,
    axis: null,
    shape,
    scale: Float64Array.of(1),
    ints,
    codes: new Uint8Array(ints.buffer),
    levels: Int32Array.from({ length: 255 }, (_, i) => i - 127),
  });
}
