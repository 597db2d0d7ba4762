/** Values of neurons: shared, per channel or per neuron, in the order of the flow. */
import type { Constant } from "../../neuron/neuron-constants.ts";
import type { FlowShape } from "./flow.ts";
import { toFlow } from "./layout.ts";

/** The threshold that a table is made for. */
export function thetaOf(threshold: Constant): number {
  return typeof threshold === "number" ? threshold : 1;
}

/** A constant in the order of the flow. */
export function inFlow(value: Constant, flow: FlowShape): number | Float32Array {
  return typeof value === "number" ? value : toFlow(Float32Array.from(value), flow);
}

/** Each value for its run of neurons. */
export function spread(values: Float32Array, n: number): Float32Array {
  const per = n / values.length;
  return Float32Array.from({ length: n }, (_, i) => values[Math.floor(i / per)] as number);
}

/** Sums over the neurons that share a value. */
export function gathered(values: Float32Array, count: number): Float32Array {
  if (count === values.length) return values;
  const per = values.length / count;
  const sums = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / per);
    sums[at] = (sums[at] as number) + (values[i] as number);
  }
  return Float32Array.from(sums);
}

/** Number of bits that are on. */
export function countBits(words: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    let x = words[i] as number;
    if (x === 0) continue;
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
