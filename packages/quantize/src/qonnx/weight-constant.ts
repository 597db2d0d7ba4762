/** A quantised weight in ONNX: the dequantised floats as a constant, and the QONNX operator that puts them on their grid. */
import type { QuantTensor } from "../quant-tensor.ts";
import { type OnnxBuilder, qonnxDomain } from "./onnx-builder.ts";

/**
 * Adds the weight and returns the name of its quantised value.
 *
 * Integers of any scheme are integers: `IntQuant` of `intBits` bits gives ŵ = scale·int back, bit for bit. Weights of
 * one bit are `BipolarQuant`.
 */
export function addWeight(builder: OnnxBuilder, path: string, weight: QuantTensor): string {
  const { shape, dequant, bits, intBits } = weight;
  const value = builder.constant(`${path}.weight`, shape, dequant);
  // One scale per output channel stands on axis 0 and is broadcast over the others.
  const scaleShape = weight.axis === null ? [] : shape.map((n, axis) => (axis === 0 ? n : 1));
  const scale = builder.constant(`${path}.weight_scale`, scaleShape, Float32Array.from(weight.scale));
  const result = `${path}.weight_quantized`;
  if (bits === 1) return builder.add("BipolarQuant", [value, scale], result, {}, qonnxDomain);
  const zero = builder.constant(`${path}.weight_zero_point`, [], Float32Array.of(0));
  const width = builder.constant(`${path}.weight_bits`, [], Float32Array.of(intBits));
  const lowest = -(2 ** (intBits - 1));
  const narrow = weight.ints.some((int: number) => int === lowest) ? 0 : 1;
  const attributes = { signed: 1, narrow, rounding_mode: "ROUND" };
  return builder.add("IntQuant", [value, scale, zero, width], result, attributes, qonnxDomain);
}
