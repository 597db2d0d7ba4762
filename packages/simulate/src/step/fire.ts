/** Spike test and reset, common to IF, LIF and CubaLIF. */
import type { CubaLIF, IF, LIF } from "@nirkit/graph";
import { constants, type FloatArray, parameter } from "../float-array.ts";
import type { StepContext } from "./step.ts";

/** Reads `vpre`, writes spikes and the membrane after the reset. */
export type Fire = (vpre: FloatArray, spikes: FloatArray, v: FloatArray) => void;

/**
 * z = v* > v_threshold (or >=); v = v_reset, v* − v_threshold, or v* where z = 1.
 *
 * @example v* = 1.3125, v_threshold 1: z = 1 and v = 0 (value, v_reset 0) or 0.3125 (subtract)
 */
export function fireOf(node: IF | LIF | CubaLIF, context: StepContext): Fire {
  const { name, outputShape, precision, dialect } = context;
  const read = (param: "vThreshold" | "vReset"): FloatArray => {
    const path = `nodes.${name}.${param}`;
    return constants(precision, parameter(node[param], outputShape, path), param, path);
  };
  const threshold = read("vThreshold");
  const reset = read("vReset");
  const ge = dialect.compare === "ge";
  return (vpre, spikes, v) => {
    for (let i = 0; i < spikes.length; i++) {
      const pre = vpre[i] ?? 0;
      const theta = threshold[i] ?? 0;
      const fires = ge ? pre >= theta : pre > theta;
      spikes[i] = fires ? 1 : 0;
      v[i] = fires ? afterSpike(dialect.reset, pre, theta, reset[i] ?? 0) : pre;
    }
  };
}

function afterSpike(reset: "value" | "subtract" | "none", pre: number, theta: number, value: number): number {
  if (reset === "value") return value;
  return reset === "subtract" ? pre - theta : pre;
}
