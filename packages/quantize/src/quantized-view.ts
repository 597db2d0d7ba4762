/** The typed, verified view of a graph's `nirkit:*` annotations: what `lower` reads. */
import type { Diagnostic } from "@nirkit/graph";
import type { NeuronArithmetic } from "./integer-neuron.ts";
import type { QuantTensor } from "./quant-tensor.ts";

/** Integers of a weight node. */
export interface QuantizedWeight {
  readonly weight: QuantTensor;
  /** `nirkit:bias_int`: one entry per output, in units of 2^-biasFrac weight LSB; absent where the node has no bias. */
  readonly bias?: Int32Array;
  readonly biasFrac: number;
}

/** Integers of a neuron node; arrays have one entry or one per neuron, in the finest LSB (2^-fracBits). */
export interface QuantizedNeuron {
  readonly arithmetic: NeuronArithmetic;
  readonly theta: Int32Array;
  readonly sub: Int32Array;
  readonly vReset: Int32Array;
  /** g·s: volts per weight LSB of state. */
  readonly stateScale: Float64Array;
}

/** `nirkit:input`: x_int = clamp(rne(x / scale)). Spikes: bits 1, unsigned, scale 1. */
export interface QuantizedInput {
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: number;
}

/** `nirkit:encoding`: how a sample becomes steps. direct: the same value at every step. */
export interface InputEncoding {
  readonly kind: "spikes" | "direct" | "rate" | "latency" | "delta";
  readonly steps: number;
}

/** All annotations by node path (`block/lif` for nested nodes). */
export interface QuantizedView {
  /** From `nirkit:graph`; the unit of tau (seconds unless the file counts steps). */
  readonly dt: number;
  readonly weights: ReadonlyMap<string, QuantizedWeight>;
  readonly neurons: ReadonlyMap<string, QuantizedNeuron>;
  readonly inputs: ReadonlyMap<string, QuantizedInput>;
  /** By name of the Input; those without an encoding take what they are given. */
  readonly encodings: ReadonlyMap<string, InputEncoding>;
  /** Warnings (re-derived integers, foreign version); errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
}
