/** The schemes of the benchmark, by the name that `--scheme` would take, with what differs from their defaults. */
import type { FittedScale, QuantTensor, WeightQuantizer } from "@nirkit/quantize";
import { apot, deepShift, pot, sbit, slots } from "@nirkit/quantize-pot";
import { binary, dorefa, duq, plusMinus, sigmoidSteps, ternary, uniform } from "@nirkit/quantize-uniform";

/** Fits and quantises one layer. */
export type Subject = (w: Float32Array, shape: readonly number[]) => QuantTensor;

function subject<P>(quantizer: WeightQuantizer<P>, p: Partial<P>): Subject {
  const params = quantizer.params.parse(p);
  return (w, shape) => {
    const fitted: FittedScale = quantizer.fit(w, shape, params);
    return quantizer.quantize(w, fitted, params);
  };
}

/** All subjects. */
export const subjects: ReadonlyMap<string, Subject> = new Map([
  ["uniform:8", subject(uniform, { bits: 8 })],
  ["uniform:4 axis 0", subject(uniform, { bits: 4, axis: 0 })],
  ["uniform:16", subject(uniform, { bits: 16 })],
  ["uniform:8 percentile", subject(uniform, { bits: 8, clip: "percentile" })],
  ["uniform:4 mse", subject(uniform, { bits: 4, clip: "mse" })],
  ["uniform:4 HALF_UP", subject(uniform, { bits: 4, rounding: "HALF_UP" })],
  ["ternary", subject(ternary, {})],
  ["binary sign", subject(binary, {})],
  ["binary ws-dr", subject(binary, { rule: "ws-dr" })],
  ["dorefa:4", subject(dorefa, { bits: 4 })],
  ["duq:4 absmax", subject(duq, { bits: 4, clip: "absmax" })],
  ["sigmoid-steps:4", subject(sigmoidSteps, { bits: 4 })],
  ["plus-minus:2", subject(plusMinus, { bits: 2 })],
  ["pot:4", subject(pot, { bits: 4 })],
  ["pot:4 axis 0, linear", subject(pot, { bits: 4, axis: 0, rounding: "linear" })],
  ["pot:5", subject(pot, { bits: 5 })],
  ["pot:4 nozero", subject(pot, { bits: 4, layout: "nozero" })],
  ["apot:4", subject(apot, { bits: 4 })],
  ["sbit:8", subject(sbit, { bits: 8 })],
  ["sbit:16", subject(sbit, { bits: 16 })],
  ["slots", subject(slots, {})],
  ["slots with feedback", subject(slots, { errorFeedback: "within-kernel" })],
  ["deepshift:5", subject(deepShift, { bits: 5 })],
]);
