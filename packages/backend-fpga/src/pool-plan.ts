/** A window sum of the network as one of the plan. */
import type { PoolOp } from "@nirkit/network";
import type { PoolPlan } from "./plan-types.ts";

/** Its geometry alone. */
export function poolPlan({ inShape, outShape, kernel, stride, padding }: PoolOp): PoolPlan {
  return { inShape, outShape, kernel, stride, padding };
}
