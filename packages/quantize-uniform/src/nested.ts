/**
 * Vertically layered weights (arXiv 2212.05326): one stored model of which the high bits alone are a model too, at every
 * width down to two bits.
 */
import { NirkitError } from "@nirkit/graph";
import {
  buildQuantTensor,
  codeArray,
  intArray,
  type QuantTensor,
  quantizeDiagnostic,
} from "@nirkit/quantize";
import { uniform } from "./uniform.ts";
import { uniformParams } from "./uniform-params.ts";

/**
 * The model of fewer bits inside a uniform tensor of B bits: q_b = clip((q + 2^(B−1−b)) >> (B − b), −Qp, Qp), with
 * the scale s·2^(B−b). Ties go up; the clip keeps 127 from becoming 8 at 4 bits.
 *
 * @param source the float weights, to measure the loss against; without them against the tensor itself
 * @throws E_BAD_OPTION for other schemes, and for widths that are not 2 … B
 * @example nestedPrecision(q, 4).ints // of [127, -49, 7] at 8 bits: [7, -3, 0]
 */
export function nestedPrecision(tensor: QuantTensor, bits: number, source?: Float32Array): QuantTensor {
  const drop = tensor.bits - bits;
  if (tensor.scheme !== "uniform" || !Number.isInteger(bits) || bits < 2 || drop < 0)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "bits", {
        option: "The nested precision",
        found: `${bits} bits of ${tensor.scheme}:${tensor.bits}`,
        expected: `2 to ${tensor.bits} bits of a uniform tensor`,
      }),
    ]);
  const qp = 2 ** (bits - 1) - 1;
  const mask = 2 ** bits - 1;
  const half = drop === 0 ? 0 : 2 ** (drop - 1);
  const size = tensor.ints.length;
  const ints = intArray(bits, size);
  const codes = codeArray(bits, size);
  for (let i = 0; i < size; i++) {
    const q = ((tensor.ints[i] ?? 0) + half) >> drop;
    const clipped = q > qp ? qp : Math.max(q, -qp);
    ints[i] = clipped;
    codes[i] = clipped & mask;
  }
  const { shape, axis } = tensor;
  return buildQuantTensor({
    scheme: "uniform",
    bits,
    intBits: bits,
    shape,
    axis,
    scale: tensor.scale.map((s) => s * 2 ** drop),
    ints,
    codes,
    levels: uniform.levels(uniformParams.parse({ bits })),
    source: source ?? tensor.dequant,
  });
}

/**
 * All precisions inside a tensor, B bits first, 2 bits last, each with its loss.
 *
 * @throws E_BAD_OPTION for other schemes than uniform
 */
export function nestings(tensor: QuantTensor, source?: Float32Array): readonly QuantTensor[] {
  return Array.from({ length: tensor.bits - 1 }, (_, i) => nestedPrecision(tensor, tensor.bits - i, source));
}
