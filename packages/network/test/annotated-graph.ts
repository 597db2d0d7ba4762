/** Annotated nodes with chosen integers, as a quantizer would have written them. */
import { createHash } from "node:crypto";
import {
  full,
  type Metadata,
  type MetadataValue,
  type NirNode,
  type Shape,
  type Tensor,
  tensor,
} from "@nirkit/graph";
import type { NeuronArithmetic } from "@nirkit/quantize";

/** Graph metadata of a quantized graph with dt = 1. */
export const graphMetadata: Metadata = new Map([
  ["nirkit:graph", JSON.stringify({ v: 1, dt: 1, tool: "test", toolVersion: "0" })],
]);

/** Integers of one weight node; scales are powers of two where float sums have to be exact. */
export interface WeightInts {
  readonly shape: Shape;
  readonly ints: readonly number[];
  readonly scale: readonly number[];
  readonly bias?: readonly number[];
  readonly biasFrac?: number;
  /** Real value of 1 of the input integers: the LSB of the bias is scale · inputUnit · 2^-biasFrac. */
  readonly inputUnit?: number;
}

/** Weight tensor, bias tensor and metadata. */
export function weights(made: WeightInts): {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly metadata: Metadata;
} {
  const { shape, ints, scale, biasFrac = 0, inputUnit = 1 } = made;
  const rows = shape[0] ?? 1;
  const per = ints.length / scale.length;
  const values = Float32Array.from(ints, (q, i) => q * (scale[Math.floor(i / per)] ?? 1));
  const bias = made.bias ?? new Array<number>(rows).fill(0);
  const bits = ints.every((q) => q >= -128 && q < 128) ? 8 : 16;
  const words = {
    v: 1,
    scheme: "uniform",
    bits,
    intBits: bits,
    axis: scale.length === 1 ? null : 0,
    layout: "full",
    rounding: "HALF_EVEN",
    alphaMode: "absmax",
    packed: false,
    weightSha256: createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex"),
    prunedFraction: 0,
  };
  const lsb = (i: number): number => (scale[scale.length === 1 ? 0 : i] ?? 1) * inputUnit * 2 ** -biasFrac;
  return {
    weight: { dtype: "float32", shape, data: values },
    bias: tensor(
      "float32",
      [rows],
      bias.map((b, i) => b * lsb(i)),
    ),
    metadata: new Map<string, MetadataValue>([
      ["nirkit:quant", JSON.stringify(words)],
      ["nirkit:weight_int", tensor("int16", shape, ints)],
      ["nirkit:weight_scale", tensor("float64", [scale.length], scale)],
      ["nirkit:bias_int", tensor("int32", [rows], bias)],
      ["nirkit:bias_frac", tensor("int32", [1], [biasFrac])],
    ]),
  };
}

/** Arithmetic of a neuron: IF, value reset, `gt`, 24 bits. */
const arithmetic: NeuronArithmetic = {
  compare: "gt",
  reset: "value",
  resetDelay: 0,
  spikeDelay: 0,
  cubaOrder: "new",
  leak: { form: "none" },
  synLeak: { form: "none" },
  stateBits: 24,
  fracBits: 0,
  vMin: -(2 ** 23),
  vMax: 2 ** 23 - 1,
  overflow: "sat",
};

/** What a neuron node is annotated with. */
export interface NeuronInts {
  readonly shape: Shape;
  readonly theta: number;
  readonly sub?: number;
  readonly vReset?: number;
  /** Real value of one LSB before the fractional bits. */
  readonly stateScale: number;
  readonly arithmetic?: Partial<NeuronArithmetic>;
}

/** A neuron node whose threshold stands half an LSB above (or below) its integer. */
export function neuronNode(
  type: "IF" | "LIF" | "CubaLIF" | "LI" | "I" | "CubaLI" | "Threshold",
  made: NeuronInts,
): NirNode {
  const { shape, theta, sub = theta, vReset = 0, stateScale } = made;
  const words = { v: 1, ...arithmetic, ...made.arithmetic };
  const every = (value: number): Tensor => full("float64", shape, value);
  const half = words.compare === "gt" ? 0.5 : -0.5;
  const vThreshold = every((theta + half) * stateScale * 2 ** -words.fracBits);
  const metadata: Metadata = new Map<string, MetadataValue>([
    ["nirkit:neuron", JSON.stringify(words)],
    ["nirkit:theta_int", tensor("int32", [1], [theta])],
    ["nirkit:sub_int", tensor("int32", [1], [sub])],
    ["nirkit:vreset_int", tensor("int32", [1], [vReset])],
    ["nirkit:state_scale", tensor("float64", [1], [stateScale])],
  ]);
  const r = every(1);
  const leaky = { tau: every(8), r, vLeak: every(0) };
  const cuba = { tauSyn: every(4), tauMem: every(8), r, vLeak: every(0), wIn: every(1) };
  const spiking = { vThreshold, vReset: every(0) };
  switch (type) {
    case "Threshold":
      return { type, threshold: vThreshold, metadata };
    case "I":
      return { type, r, metadata };
    case "LI":
      return { type, ...leaky, metadata };
    case "CubaLI":
      return { type, ...cuba, metadata };
    case "IF":
      return { type, r, ...spiking, metadata };
    case "LIF":
      return { type, ...leaky, ...spiking, metadata };
    case "CubaLIF":
      return { type, ...cuba, ...spiking, metadata };
    default:
      return type satisfies never;
  }
}

/** An Input, with an input quantizer where it has more than one bit. */
export function inputNode(shape: Shape, bits = 1, scale = 1): NirNode {
  if (bits === 1) return { type: "Input", shape };
  const words = JSON.stringify({ v: 1, bits, signed: false, scale });
  return { type: "Input", shape, metadata: new Map([["nirkit:input", words]]) };
}
