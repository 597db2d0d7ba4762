/** Annotations as flat metadata entries. */
import {
  type Affine,
  type Conv1d,
  type Conv2d,
  type Linear,
  type Metadata,
  type MetadataValue,
  type NirNode,
  type Tensor,
  tensor,
  tensorBytes,
} from "@nirkit/graph";
import { packBits } from "@nirkit/integer";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { NeuronArithmetic } from "../integer-neuron.ts";
import type { QuantTensor } from "../quant-tensor.ts";
import type { InputEncoding, QuantizedInput, QuantizedNeuron } from "../quantized-view.ts";
import type { SchemeWords } from "../weight-quantizer.ts";
import { annotationKeys as keys, sortedJson } from "./keys.ts";
import type { GraphWords } from "./schema.ts";

type Entries = ReadonlyMap<string, MetadataValue>;

/** SHA-256 of the little-endian float32 bytes of a weight, in hexadecimal. */
export function weightSha256(weight: Float32Array): string {
  return bytesToHex(sha256(tensorBytes({ dtype: "float32", shape: [weight.length], data: weight })));
}

/** The integers of a bias and their fractional bits. */
export interface BiasInts {
  readonly ints: Int32Array;
  readonly frac: number;
}

/** Entries of a weight node. Codes are stored only where they are not the integers' own low bits. */
export function encodeWeight(
  weight: QuantTensor,
  words: SchemeWords,
  prunedFraction: number,
  bias: BiasInts | undefined,
): Entries {
  const packed = codesAreLowBits(weight) ? false : "dense";
  const { scheme, bits, intBits, axis } = weight;
  const sha = weightSha256(weight.dequant);
  const entries = new Map<string, MetadataValue>([
    [
      keys.quant,
      sortedJson({ v: 1, scheme, bits, intBits, axis, ...words, packed, weightSha256: sha, prunedFraction }),
    ],
    [keys.weightInt, intTensor(weight)],
    [keys.weightScale, tensor("float64", [weight.scale.length], weight.scale)],
  ]);
  if (weight.factor !== undefined)
    entries.set(keys.weightFactor, tensor("float64", [weight.factor.length], weight.factor));
  if (packed !== false) {
    const bytes = packBits(weight.codes, bits);
    entries.set(keys.weightCode, tensor("uint8", [bytes.length], bytes));
  }
  if (bias !== undefined) {
    entries.set(keys.biasInt, tensor("int32", [bias.ints.length], bias.ints));
    entries.set(keys.biasFrac, bias.frac);
  }
  if (weight.axis === null) {
    entries.set(keys.mirrorWeight, tensor("uint8", [1], [1]));
    entries.set(keys.mirrorScale, tensor("float64", [1], weight.scale));
    entries.set(keys.mirrorZero, tensor("float64", [1], [0]));
  }
  return entries;
}

/** Entries of a neuron node. */
export function encodeNeuron(neuron: QuantizedNeuron): Entries {
  const arithmetic: NeuronArithmetic = neuron.arithmetic;
  return new Map<string, MetadataValue>([
    [keys.neuron, sortedJson({ v: 1, ...arithmetic })],
    [keys.thetaInt, tensor("int32", [neuron.theta.length], neuron.theta)],
    [keys.subInt, tensor("int32", [neuron.sub.length], neuron.sub)],
    [keys.vResetInt, tensor("int32", [neuron.vReset.length], neuron.vReset)],
    [keys.stateScale, tensor("float64", [neuron.stateScale.length], neuron.stateScale)],
  ]);
}

/**
 * A neuron node with its integers as annotation; other metadata stay.
 *
 * @example annotateNeuron(node, { ...neuron, arithmetic: { ...neuron.arithmetic, vMax: 7, vMin: -8, stateBits: 4 } })
 */
export function annotateNeuron<N extends NirNode>(node: N, neuron: QuantizedNeuron): N {
  return { ...node, metadata: annotate(node.metadata, encodeNeuron(neuron)) };
}

/**
 * A weight node with the dequantised values of its integers, and the integers as annotation; other metadata stay. What
 * of a network is quantised beside its weights is the driver's to decide.
 *
 * @example annotateWeight(node, uniform.quantize(w, fitted, params), uniform.describe(params))
 */
export function annotateWeight<N extends Affine | Linear | Conv1d | Conv2d>(
  node: N,
  weight: QuantTensor,
  words: SchemeWords,
  prunedFraction = 0,
): N {
  const values: Tensor = { dtype: "float32", shape: weight.shape, data: weight.dequant };
  const metadata = annotate(node.metadata, encodeWeight(weight, words, prunedFraction, undefined));
  return { ...node, weight: values, metadata };
}

/** Entry of an Input node. */
export function encodeInput(input: QuantizedInput): Entries {
  const { bits, signed, scale } = input;
  return new Map([[keys.input, sortedJson({ v: 1, bits, signed, scale })]]);
}

/** Entry of an Input node that says how samples become steps. */
export function encodeEncoding({ kind, steps }: InputEncoding): Entries {
  return new Map([[keys.encoding, sortedJson({ v: 1, kind, steps })]]);
}

/** Entry of the graph. */
export function encodeGraph(words: GraphWords): Entries {
  return new Map([[keys.graph, sortedJson(words)]]);
}

/** Metadata with entries set, and every stale quantisation key taken out first. */
export function annotate(metadata: Metadata | undefined, entries: Entries): Metadata {
  const keep = new Set<string>([keys.mask, keys.encoding]);
  const ours = new Set<string>(Object.values(keys));
  const kept = [...(metadata ?? [])].filter(([key]) => keep.has(key) || !ours.has(key));
  return new Map<string, MetadataValue>([...kept, ...entries]);
}

/** True when every code is the low bits of its integer in two's complement. */
function codesAreLowBits(weight: QuantTensor): boolean {
  if (weight.intBits > weight.bits) return false;
  const mask = 2 ** weight.bits - 1;
  return weight.ints.every((int, i) => (int & mask) >>> 0 === ((weight.codes[i] ?? 0) & mask) >>> 0);
}

function intTensor(weight: QuantTensor): Tensor {
  const { ints, shape } = weight;
  if (ints instanceof Int8Array) return { dtype: "int8", shape, data: ints };
  return ints instanceof Int16Array
    ? { dtype: "int16", shape, data: ints }
    : { dtype: "int32", shape, data: ints };
}
