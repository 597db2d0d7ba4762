/** Small exact networks, built without a graph: each shows one feature to a back end. */
import { type Shape, sizeOf } from "@nirkit/graph";
import type { IntegerNeuron, Network, OutputPort, Population, Port, Projection } from "@nirkit/network";
import type { IntArray, QuantTensor } from "@nirkit/quantize";

/** A spike port; override bits, signed and scale for graded input. */
export function port(name: string, shape: Shape, changes: Partial<Port> = {}): Port {
  return { name, shape, bits: 1, signed: false, scale: 1, maxEvents: 1, ...changes };
}

/** An IF with value reset, `gt`, 16 bits and no fractional bits, unless overridden. */
export function neuron(changes: Partial<IntegerNeuron> = {}): IntegerNeuron {
  const stateBits = changes.stateBits ?? 16;
  return {
    arithmetic: "integer",
    kind: "lif",
    spiking: true,
    compare: "gt",
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
    theta: Int32Array.of(9),
    sub: Int32Array.of(9),
    vReset: Int32Array.of(0),
    stateScale: Float64Array.of(1),
    stateOffset: Float64Array.of(0),
    ...changes,
  };
}

/** A population; without biases unless given. */
export function population(
  name: string,
  shape: Shape,
  model: IntegerNeuron,
  bias?: readonly number[],
): Population {
  return {
    name,
    shape,
    neuron: model,
    bias: bias === undefined ? new Int32Array(sizeOf(shape)) : Int32Array.from(bias),
  };
}

/** A dense projection with small fixed weights, both signs and some zeros. */
export function dense(
  source: Port | Population,
  target: Population,
  changes: Partial<Projection> = {},
): Projection {
  const shape = [sizeOf(target.shape), sizeOf(source.shape)];
  return {
    name: `${source.name}-${target.name}`,
    source: source.name,
    target: target.name,
    op: { kind: "dense" },
    weights: weights(shape, pattern(sizeOf(shape))),
    delay: 0,
    ...changes,
  };
}

/** Integers of [-7, 7] that look irregular and never change: (37·k + 11) mod 15 − 7. */
export function pattern(count: number): Int8Array {
  return Int8Array.from({ length: count }, (_, k) => ((37 * k + 11) % 15) - 7);
}

/** Integers as a 4-bit uniform tensor of scale 2^-3; codes are their low bits in two's complement. */
export function weights(shape: Shape, ints: IntArray): QuantTensor {
  const histogram = new Uint32Array(15);
  for (const q of ints) histogram[q + 7] = (histogram[q + 7] ?? 0) + 1;
  return {
    scheme: "uniform",
    bits: 4,
    intBits: 4,
    shape,
    axis: null,
    scale: Float64Array.of(0.125),
    ints,
    codes: Uint8Array.from(ints, (q) => q & 15),
    dequant: Float32Array.from(ints, (q) => q * 0.125),
    stats: {
      mse: 0,
      sqnrDb: Number.POSITIVE_INFINITY,
      clippedFraction: 0,
      zeroFraction: (histogram[7] ?? 0) / Math.max(1, ints.length),
      levelHistogram: histogram,
    },
  };
}

/** An output that reads populations as they are. */
export function output(name: string, sources: readonly Population[]): OutputPort {
  const first = sources[0];
  const model = first?.neuron.arithmetic === "integer" ? first.neuron : neuron();
  const graded = !model.spiking;
  return {
    ...port(name, first?.shape ?? [0]),
    bits: graded ? model.stateBits : 1,
    signed: graded,
    maxEvents: graded ? 1 : sources.length,
    sources: sources.map((source) => source.name),
  };
}

/** Puts the parts together; the last population is the output unless outputs are given. */
export function network(
  parts: Partial<Network> & Pick<Network, "inputs" | "populations" | "projections">,
): Network {
  return {
    outputs: [output("out", parts.populations.slice(-1))],
    dt: 1e-3,
    latency: 0,
    meta: { graphHash: "0".repeat(64), diagnostics: [] },
    ...parts,
  };
}
