/** Small networks for the tests, built by hand so that the simulator is tested without `lower`. */
import { type SpikeInput, tensor } from "@nirkit/graph";
import type { QuantTensor } from "@nirkit/quantize";
import {
  type IntegerNeuron,
  type Network,
  type Population,
  type Port,
  type Projection,
  simulateNetwork,
} from "../src/index.ts";

export const spikePort = (name: string, size: number): Port => ({
  name,
  shape: [size],
  bits: 1,
  signed: false,
  scale: 1,
  maxEvents: 1,
});

/** Weights with given integers, scale 1. */
export function quantTensor(shape: readonly number[], ints: readonly number[], scale = 1): QuantTensor {
  return {
    scheme: "test",
    bits: 32,
    intBits: 32,
    shape,
    axis: null,
    scale: Float64Array.of(scale),
    ints: Int32Array.from(ints),
    codes: new Uint8Array(0),
    dequant: Float32Array.from(ints, (q) => q * scale),
    stats: { mse: 0, sqnrDb: 0, clippedFraction: 0, zeroFraction: 0, levelHistogram: new Uint32Array(0) },
  };
}

/** An IF with value reset, `gt`, 16 bits, no fractional bits; override what matters. */
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
    theta: Int32Array.of(0),
    sub: Int32Array.of(0),
    vReset: Int32Array.of(0),
    stateScale: Float64Array.of(1),
    stateOffset: Float64Array.of(0),
    ...changes,
  };
}

export function population(
  name: string,
  size: number,
  model: IntegerNeuron,
  bias?: readonly number[],
): Population {
  return {
    name,
    shape: [size],
    neuron: model,
    bias: Int32Array.from(bias ?? new Array<number>(size).fill(0)),
  };
}

export function dense(
  source: string,
  target: string,
  rows: readonly (readonly number[])[],
  changes: Partial<Projection> = {},
): Projection {
  return {
    name: `${source}->${target}`,
    source,
    target,
    op: { kind: "dense" },
    weights: quantTensor([rows.length, rows[0]?.length ?? 0], rows.flat()),
    delay: 0,
    ...changes,
  };
}

/** A network whose outputs are all its populations, each as its own port. */
export function network(
  inputs: readonly Port[],
  populations: readonly Population[],
  projections: readonly Projection[],
): Network {
  return {
    inputs,
    outputs: populations.map((p) => ({
      ...spikePort(p.name, p.bias.length),
      shape: p.shape,
      sources: [p.name],
    })),
    populations,
    projections,
    dt: 1,
    latency: 0,
    meta: { graphHash: "test", diagnostics: [] },
  };
}

/** One dense layer of one population `n` behind the port `in`. */
export function layer(
  rows: readonly (readonly number[])[],
  model: IntegerNeuron,
  bias?: readonly number[],
): Network {
  return network(
    [spikePort("in", rows[0]?.length ?? 0)],
    [population("n", rows.length, model, bias)],
    [dense("in", "n", rows)],
  );
}

/** Dense input of port `in`, one array of values per step. */
export function steps(values: readonly (readonly number[])[]): SpikeInput {
  const width = values[0]?.length ?? 0;
  return new Map([["in", tensor("int32", [values.length, width], values.flat())]]);
}

/** Events of port `in`, one list of addresses per step. */
export function events(size: number, addresses: readonly (readonly number[])[]): SpikeInput {
  const start = new Uint32Array(addresses.length + 1);
  addresses.forEach((list, t) => {
    start[t + 1] = (start[t] as number) + list.length;
  });
  return new Map([
    ["in", { steps: addresses.length, shape: [size], start, index: Uint32Array.from(addresses.flat()) }],
  ]);
}

export const everything = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;

/** One spike at step `at` of the single address of port `in`. */
export function impulse(length: number, at = 0): SpikeInput {
  return steps(Array.from({ length }, (_, t) => [t === at ? 1 : 0]));
}

/** One record of a run, `n/v` or the like. */
export function recorded(made: Network, input: SpikeInput, name: string): number[] {
  return Array.from(
    simulateNetwork(made, input, { record: everything }).records.get(name)?.data as Int32Array,
  );
}
