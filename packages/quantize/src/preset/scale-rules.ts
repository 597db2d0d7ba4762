/** Scales as vendors' tools compute them, in real weight per integer. */
import type { ScaleRule } from "../driver/scale-rule.ts";

/**
 * Real value per integer that puts values into the two's complement range of `bits` bits, whose negative end is one
 * longer: max(max w/(2^(b−1) − 1), −min w/2^(b−1)). 0 for values that are all 0: their factor would be infinite.
 */
function asymmetricStep(values: Iterable<number>, bits: number): number {
  let step = 0;
  for (const x of values) step = Math.max(step, x > 0 ? x / (2 ** (bits - 1) - 1) : -x / 2 ** (bits - 1));
  return step;
}

/** DYNAP-CNN: the coarsest of what weights (8 bit), biases (8 bit) and thresholds (16 bit) need. */
export const dynapcnnScale: ScaleRule = ({ weights, biases, theta }) =>
  Float64Array.of(
    nonzero(
      Math.max(
        ...weights.map((w) => asymmetricStep(w, 8)),
        ...biases.map((b) => asymmetricStep(b, 8)),
        asymmetricStep(theta, 16),
      ),
    ),
  );

const mostWeight = 127;
const mostThreshold = 32767;

/**
 * Xylo, global: largest hidden weight / 127 for all hidden populations, and each read-out its own; coarser where a
 * threshold would pass 16 bits.
 */
export const globalWeightScale: ScaleRule = ({ weights, theta, hidden, extent }) => {
  const absmax = hidden ? extent.hiddenWeight : largest(weights.flatMap((w) => largest(w)));
  const most = hidden ? extent.hiddenTheta : largest(theta);
  return Float64Array.of(nonzero(Math.max(absmax / mostWeight, most / mostThreshold)));
};

/** Xylo, per channel: largest weight of a neuron / 127, coarser where its threshold would pass 16 bits. */
export const channelWeightScale: ScaleRule = ({ weights, channels, theta }) =>
  Float64Array.from({ length: channels }, (_, channel) => {
    const absmax = largest(weights.map((w) => largest(part(w, channel, channels))));
    const most = largest(part(theta, channel, channels));
    return nonzero(Math.max(absmax / mostWeight, most / mostThreshold));
  });

/** The same scale for every population. */
export function fixedScale(step: number): ScaleRule {
  return () => Float64Array.of(step);
}

function part(
  values: Float32Array | Float64Array,
  channel: number,
  channels: number,
): Float32Array | Float64Array {
  const per = values.length / channels;
  return values.subarray(channel * per, (channel + 1) * per);
}

function largest(values: Iterable<number>): number {
  let most = 0;
  for (const x of values) most = Math.max(most, Math.abs(x));
  return most;
}

function nonzero(step: number): number {
  return step > 0 ? step : 1;
}
