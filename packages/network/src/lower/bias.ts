/** Biases of all projections into one population, added in its finest LSB. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import type { QuantizedWeight } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";
import { eachWindowSynapse, poolWindow } from "../window.ts";
import { factors } from "./draft-projection.ts";
import type { IncomingBias } from "./incoming.ts";

/** One bias vector per target: units of 2^-biasFrac LSB of its projection, whose LSB is 2^shift of the population's. */
export interface BiasPart {
  readonly path: string;
  readonly values: Float64Array;
  readonly biasFrac: number;
  readonly shift: number;
}

/**
 * The bias of one weight node as its population sees it: one entry per channel spread over the channel, added up by the
 * pools behind the weights, negated where a negative Scale follows.
 *
 * @param scale of the projection that carries it, per target; undefined where the weights have no source
 * @param common scale of the population
 */
export function biasPart(
  bias: IncomingBias,
  quantized: QuantizedWeight,
  scale: Float64Array | undefined,
  common: Float64Array,
  size: number,
): BiasPart {
  const { weightNode, poolsAfter } = bias;
  const [first] = poolsAfter;
  let values = spread(
    quantized.bias ?? new Int32Array(1),
    first === undefined ? size : sizeOf(first.inShape),
  );
  for (const pool of poolsAfter) {
    const sums = new Float64Array(sizeOf(pool.outShape));
    const window = poolWindow(pool);
    values.forEach((value, source) => {
      eachWindowSynapse(window, source, (cell) => {
        sums[cell] = (sums[cell] as number) + value;
      });
    });
    values = sums;
  }
  const factor = factors(bias, size);
  return {
    path: `nodes.${weightNode}`,
    values: values.map((b, i) => ((factor[i] as number) < 0 ? 0 - b : b)),
    biasFrac: quantized.biasFrac,
    shift: scale === undefined ? 0 : exponent((scale[0] ?? 1) / (common[0] ?? 1)),
  };
}

function spread(values: Int32Array, size: number): Float64Array {
  if (values.length === size) return Float64Array.from(values);
  return Float64Array.from({ length: size }, (_, i) => values[Math.floor((i * values.length) / size)] ?? 0);
}

/** The ratio is a power of two where commonScale found no mismatch; else the result is not used. */
function exponent(ratio: number): number {
  let shift = 0;
  for (let rest = ratio; rest >= 2 && shift < 31; rest /= 2) shift++;
  return shift;
}

/** Fractional bits that hold every part exactly: what a population without an arithmetic of its own takes. */
export function biasFractionBits(parts: readonly BiasPart[]): number {
  return parts.reduce((most, { biasFrac, shift }) => Math.max(most, biasFrac - shift), 0);
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
  for (const { path, values, biasFrac, shift } of parts) {
    const factor = 2 ** (fracBits + shift - biasFrac);
    const odd = values.findIndex((b) => !Number.isInteger(b * factor));
    if (odd >= 0)
      diagnostics.push(
        networkDiagnostic("E_BIAS_PRECISION", path, { neuron: odd, biasFrac: biasFrac - shift, fracBits }),
      );
    for (let i = 0; i < size; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0) * factor;
  }
  const wide = sum.findIndex((b) => Math.abs(b) > 2147483647);
  if (wide >= 0)
    diagnostics.push(
      networkDiagnostic("E_BIAS_TOO_WIDE", parts[0]?.path ?? "", { neuron: wide, bias: sum[wide] ?? 0 }),
    );
  return { bias: Int32Array.from(sum), diagnostics };
}
