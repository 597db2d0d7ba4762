/** Biases of all projections into one population, added in its finest LSB. */
import type { Diagnostic } from "@nirkit/graph";
import type { QuantizedWeight } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";

/** One bias vector: units of 2^-biasFrac LSB of its projection, whose LSB is 2^shift of the population's. */
export interface BiasPart {
  readonly path: string;
  readonly quantized: QuantizedWeight;
  readonly shift: number;
}

/** Fractional bits that hold every part exactly: what a population without an arithmetic of its own takes. */
export function biasFractionBits(parts: readonly BiasPart[]): number {
  return parts.reduce((most, { quantized, shift }) => Math.max(most, quantized.biasFrac - shift), 0);
}

/**
 * Sum of the biases in units of 2^-fracBits LSB.
 *
 * B · 2^(fracBits + shift − biasFrac); a negative exponent is exact only where the low bits are 0.
 *
 * @returns one entry per neuron, with E_BIAS_PRECISION where bits would be dropped and E_BIAS_TOO_WIDE past int32
 * @example bias 3 with biasFrac 6 in a population of fracBits 4: 0.75, refused; bias 8 becomes 2
 */
export function sumBiases(
  parts: readonly BiasPart[],
  size: number,
  fracBits: number,
): { readonly bias: Int32Array; readonly diagnostics: readonly Diagnostic[] } {
  const sum = new Float64Array(size);
  const diagnostics: Diagnostic[] = [];
  for (const { path, quantized, shift } of parts) {
    const values = quantized.bias ?? new Int32Array(size);
    const factor = 2 ** (fracBits + shift - quantized.biasFrac);
    for (let i = 0; i < size; i++) {
      const value =
        (values[values.length === size ? i : Math.floor((i * values.length) / size)] ?? 0) * factor;
      if (!Number.isInteger(value)) {
        diagnostics.push(
          networkDiagnostic("E_BIAS_PRECISION", path, {
            neuron: i,
            biasFrac: quantized.biasFrac - shift,
            fracBits,
          }),
        );
        break;
      }
      sum[i] = (sum[i] ?? 0) + value;
    }
  }
  const wide = sum.findIndex((b) => Math.abs(b) > 2147483647);
  if (wide >= 0)
    diagnostics.push(
      networkDiagnostic("E_BIAS_TOO_WIDE", parts[0]?.path ?? "", { neuron: wide, bias: sum[wide] ?? 0 }),
    );
  return { bias: Int32Array.from(sum), diagnostics };
}
