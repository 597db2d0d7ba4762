/** One way into a population as a projection, with the scale it counts in. */
import { InternalError, sizeOf } from "@nirkit/graph";
import type { Projection } from "../network.ts";
import { magnitudeSums } from "../row-sums.ts";
import { composeSparse, poolStage, type Stage } from "./compose.ts";
import { derivedWeights } from "./derived-weights.ts";
import type { IncomingPath, LoweringPlan } from "./incoming.ts";
import { joinPools } from "./pools.ts";
import type { NodeToLower } from "./populations.ts";
import { spreadOver } from "./scales.ts";
import { type WeightOp, weightOp } from "./weight-op.ts";

/** A projection before its scale is compared with those of its neighbors. */
export interface Draft {
  readonly path: string;
  readonly route: number;
  /** Real value of 1 of the projection's sums, one entry per target. */
  readonly scale: Float64Array;
  readonly projection: Projection;
  /** Largest |sum| of a target, without the shift. */
  readonly bound: number;
}

/** The projection of one path. Its scale is positive: a negative factor stands in the integers. */
export function draftProjection(plan: LoweringPlan, request: NodeToLower, path: IncomingPath): Draft {
  const unit = request.unitOf(path.source);
  const targets = sizeOf(request.shape);
  const sources = sizeOf(plan.shapeOf(path.source));
  const weight = path.weightNode === undefined ? undefined : weightsOf(plan, path.weightNode);
  const factor = factors(path, targets);
  const made = operation(path, weight, sources, factor);
  const own =
    weight === undefined
      ? unitPerTarget(unit.scale, path, targets)
      : (exactScale(plan, path.weightNode) ?? weight.weights.scale);
  const input = weight === undefined ? 1 : (unit.scale[0] ?? 1);
  const projection: Projection = {
    name: path.weightNode ?? `${path.source}->${request.name}`,
    source: path.source,
    target: request.name,
    ...made,
    delay: path.delay,
  };
  return {
    path: `nodes.${path.weightNode ?? path.source}`,
    route: path.route,
    scale: spreadOver(own, targets).map((s, i) => s * Math.abs(factor[i] as number) * input),
    projection,
    bound: magnitudeSums(projection, sources, targets, unit.bound).reduce((a, b) => Math.max(a, b), 0),
  };
}

/** Scale factors of a way per target. */
export function factors({ factor, gain }: Pick<IncomingPath, "factor" | "gain">, size: number): Float64Array {
  return new Float64Array(size).fill(factor).map((f, i) => f * (gain?.[i] ?? 1));
}

/** Float states count in what the weights were multiplied by; integer ones in the scale of the dequantised weights. */
function exactScale(
  { view, neuron }: LoweringPlan,
  weightNode: string | undefined,
): Float64Array | undefined {
  if (neuron === "integer" || weightNode === undefined) return undefined;
  return view.weights.get(weightNode)?.weight.factor?.map((factor) => 1 / factor);
}

function unitPerTarget(scale: Float64Array, { poolsAfter }: IncomingPath, targets: number): Float64Array {
  return poolsAfter.length === 0 ? spreadOver(scale, targets) : scale.slice(0, 1);
}

/** readQuantized throws where a weight node carries no integers. */
function weightsOf(plan: LoweringPlan, name: string): WeightOp {
  const quantized = plan.view.weights.get(name);
  if (quantized === undefined) throw new InternalError(`weights of ${name} passed without integers`);
  return weightOp(plan.graph.node(name), quantized.weight, plan.inputShapeOf(name), plan.conv3d);
}

function operation(
  path: IncomingPath,
  weight: WeightOp | undefined,
  sources: number,
  factor: Float64Array,
): Pick<Projection, "op" | "weights" | "pool"> {
  const isNegative = factor.some((f) => f < 0);
  const isMixed = isNegative && factor.some((f) => f > 0);
  const before = joinPools(path.poolsBefore);
  const after = joinPools(path.poolsAfter);
  const isPlain =
    !isMixed &&
    (path.poolsBefore.length === 0 || before !== undefined) &&
    (weight === undefined
      ? path.poolsAfter.length === 0 || after !== undefined
      : path.poolsAfter.length === 0);
  if (isPlain) {
    const stage = weight ?? (after === undefined ? identity : poolStage(after));
    const made = isNegative ? negated(stage) : stage;
    return before === undefined ? made : { pool: before, ...made };
  }
  const stages: Stage[] = [
    ...path.poolsBefore.map(poolStage),
    ...(weight === undefined ? [] : [weight]),
    ...path.poolsAfter.map(poolStage),
  ];
  const sign = isNegative ? Int8Array.from(factor, (f) => (f < 0 ? -1 : 1)) : undefined;
  const { scheme, scale } = (weight ?? identity).weights;
  return composeSparse(stages, sources, { scheme, scale }, sign);
}

const identity: Stage = {
  op: { kind: "identity" },
  weights: derivedWeights([1], { scheme: "identity", shape: [1], scale: Float64Array.of(1) }),
};

function negated({ op, weights }: Stage): Stage {
  const { ints, scheme, shape, scale } = weights;
  return {
    op,
    weights: derivedWeights(
      Float64Array.from(ints, (w) => 0 - w),
      { scheme, shape, scale },
    ),
  };
}
