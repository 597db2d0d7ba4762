/**
 * MINT: weights and membrane count in one LSB, so an integer neuron needs no scale at all.
 *
 *     alpha = 2·mean|w|/sqrt(Qp) at first,  lsb = alpha/Qp,  q = rne(clip(tanh(w)/alpha, −1, 1)·Qp),  Qp = 2^(b−1) − 1
 *     Theta = ceil(theta/lsb), compared with >=
 *
 * Two traps of the published training code are left out. It shares the clip alpha between weights and membrane, which
 * shares the LSB only at equal widths: here the LSB is shared. And it takes the tanh of the membrane too, which no
 * integer hardware does.
 */
import { NirkitError, type Shape } from "@nirkit/graph";
import { type BitSet, roundHalfEven, saturate } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  defineQuantizer,
  type FittedScale,
  fitScales,
  gridOfLevels,
  type MembraneScheme,
  type QuantTensor,
  quantizeDiagnostic,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";

/** Parameters of {@link mint}. */
export interface MintParams {
  /** 2 … 8. */
  readonly bits: number;
  /** Clip value of tanh(w); 2·mean|w|/sqrt(Qp) when absent. */
  readonly alpha?: number | undefined;
}

/** Schema of {@link MintParams}. */
export const mintParams: z.ZodType<MintParams> = z.object({
  bits: z.number().int().min(2).max(8).default(4).describe("Width of a weight, 2 to 8"),
  alpha: z.number().gt(0).optional().describe("Clip value of tanh(w), where training learned one"),
});

/** Qp = 2^(b−1) − 1. */
function top(bits: number): number {
  return 2 ** (bits - 1) - 1;
}

/**
 * First clip value: 2·mean|w|/sqrt(Qp).
 *
 * @example mintAlpha([0.9, -0.35, 0.05, -0.6, 0.12, -0.02], 4) // 0.2570158
 */
export function mintAlpha(w: ArrayLike<number>, bits: number): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += Math.abs(w[i] ?? 0);
  return (2 * sum) / w.length / Math.sqrt(top(bits));
}

/**
 * What an integer of weight and membrane stands for: alpha/Qp of the weights.
 *
 * @example mintLsb(0.2570158, 4) // 0.0367165
 */
export function mintLsb(alpha: number, weightBits: number): number {
  return alpha / top(weightBits);
}

/**
 * Integer threshold: ceil(theta/lsb), compared with >=.
 *
 * @example mintTheta(0.5, 0.0367165) // 14
 */
export function mintTheta(theta: number, lsb: number): number {
  return Math.ceil(theta / lsb);
}

/** Weights in the LSB of MINT: q = rne(clip(tanh(w)/s, −Qp, Qp)), s = fround(alpha/Qp). */
export const mint: WeightQuantizer<MintParams> = defineQuantizer<MintParams>({
  scheme: "mint",
  summary: "Uniform levels of tanh(w) whose LSB the membrane shares",
  params: mintParams,
  // tanh is no identity: dequantised weights are not the weights that were quantised.
  keeps: { idempotent: false, symmetric: true, monotone: true, zero: true },
  bits: (p) => p.bits,
  intBits: (p) => p.bits,
  fit: (w: Float32Array, shape: Shape, p: MintParams, mask?: BitSet): FittedScale =>
    fitScales(w, shape, {
      axis: null,
      top: top(p.bits),
      mask,
      alphaOf: (counted) => p.alpha ?? mintAlpha(counted, p.bits),
    }),
  quantize,
  decodeCode: (code, p) => {
    const span = 2 ** p.bits;
    const low = ((code % span) + span) % span;
    return low >= span / 2 ? low - span : low;
  },
  encodeInt: (int, p) => encode(int, p),
  levels: (p) => Int32Array.from({ length: 2 * top(p.bits) + 1 }, (_, i) => i - top(p.bits)),
  backward: (gradOut, w, fitted, p) => {
    const alpha = (fitted.scale[0] ?? 1) * top(p.bits);
    const gradW = new Float32Array(w.length);
    // d tanh(w)/dw inside the clip, nothing outside.
    for (let i = 0; i < w.length; i++) {
      const t = Math.tanh(w[i] ?? 0);
      gradW[i] = Math.abs(t) <= alpha ? (gradOut[i] ?? 0) * (1 - t * t) : 0;
    }
    return { gradW };
  },
  describe: (p) => ({
    layout: "narrow",
    rounding: "HALF_EVEN",
    alphaMode: p.alpha === undefined ? "lsq" : "learned",
  }),
  fromWords: (bits, axis, words) => {
    if (axis !== null || words.layout !== "narrow") return undefined;
    const found = mintParams.safeParse({ bits });
    return found.success ? found.data : undefined;
  },
});

function quantize(w: Float32Array, fitted: FittedScale, p: MintParams): QuantTensor {
  assertFinite(w, fitted.shape, "weight");
  const most = top(p.bits);
  const ints = new Int32Array(w.length);
  const per = Math.max(1, w.length / fitted.scale.length);
  for (let i = 0; i < w.length; i++) {
    const s = fitted.scale[Math.floor(i / per)] ?? 1;
    ints[i] = roundHalfEven(saturate(Math.tanh(w[i] ?? 0) / s, -most, most));
  }
  return buildQuantTensor({
    scheme: "mint",
    bits: p.bits,
    intBits: p.bits,
    shape: fitted.shape,
    axis: fitted.axis,
    scale: fitted.scale,
    // Clipping happens to tanh(w); from 1 on nothing clips.
    alpha: fitted.scale.map((s) => (s * most < 1 ? Math.atanh(s * most) : Number.POSITIVE_INFINITY)),
    ints,
    codes: Uint8Array.from(ints, (int) => int & (2 ** p.bits - 1)),
    levels: mint.levels(p),
    source: w,
  });
}

function encode(int: number, p: MintParams): number {
  if (Number.isInteger(int) && Math.abs(int) <= top(p.bits)) return int & (2 ** p.bits - 1);
  throw new NirkitError([
    quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: `mint:${p.bits}`, int, where: "" }),
  ]);
}

/**
 * The stored membrane of MINT: whole LSB of the weights, −Qp … Qp of a width of its own. The threshold may lie beyond
 * them, as it is compared before the state is stored.
 *
 * @param bits of the membrane, 2 … 12
 * @throws E_BAD_OPTION for other widths
 * @example mintMembrane(4) // levels −7 … 7 weight LSB
 */
export function mintMembrane(bits: number): MembraneScheme {
  if (!Number.isInteger(bits) || bits < 2 || bits > 12)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "options.membrane", {
        option: "bits of the membrane",
        found: String(bits),
        expected: "a whole number, 2 to 12,",
      }),
    ]);
  const most = top(bits);
  return {
    name: `mint${bits}`,
    fracBitsMin: 0,
    aligned: false,
    fits: () => true,
    grid: ({ fracBits, path }) =>
      gridOfLevels(
        Array.from({ length: 2 * most + 1 }, (_, i) => (i - most) * 2 ** fracBits),
        path,
      ),
  };
}
