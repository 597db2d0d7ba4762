/** How the projections of a layer reach its neurons: as a convolution, or as a full matrix. */
import { sizeOf } from "@nirkit/graph";
import type { Conv2dOp, PoolOp, Projection } from "@nirkit/network";
import type { ChainLayer, ChainResult } from "./chain.ts";
import type { MapShape } from "./map-address.ts";
import type { ConvPlan, PoolPlan } from "./plan-types.ts";

/** Geometry of the feed-forward projections of one layer. */
export interface LayerGeometry {
  readonly inMap: MapShape | null;
  readonly pool: PoolPlan | null;
  readonly conv: ConvPlan | null;
  /** Addresses of the projection: after the pool. */
  readonly inputs: number;
}

/** What feeds a layer. */
interface LayerSource {
  readonly size: number;
  /** Map of a layer that sends packed addresses; undefined: the port, which sends what is asked for. */
  readonly map: MapShape | null | undefined;
  /** Shape of the port. */
  readonly shape: readonly number[];
}

/** The geometry of every layer of a chain. */
export function chainGeometry({ input, layers }: ChainResult): readonly LayerGeometry[] {
  const shape = input?.shape ?? [];
  let source: LayerSource = { size: sizeOf(shape), map: undefined, shape };
  return layers.map((layer) => {
    const geometry = layerGeometry(layer, source);
    source = { size: layer.neurons, map: geometry.conv?.outShape ?? null, shape: [] };
    return geometry;
  });
}

/**
 * A single convolution, window sum or identity over a map stays one, with a window sum in front of it where its windows
 * do not overlap. Everything else is a full matrix, a recurrent convolution too.
 */
function layerGeometry({ feedForward, inputs, recurrent }: ChainLayer, source: LayerSource): LayerGeometry {
  const [only, ...others] = feedForward;
  // Replayed spikes count neurons in index order, which a map does not keep.
  if (only === undefined || others.length > 0 || recurrent.length > 0) return matrixGeometry(source, inputs);
  return windowGeometry(only, source) ?? pooledMatrix(only, source) ?? matrixGeometry(source, inputs);
}

function windowGeometry({ op, pool, weights }: Projection, source: LayerSource): LayerGeometry | undefined {
  let conv: ConvPlan | undefined;
  let front: PoolPlan | null = null;
  if (op.kind === "conv2d") {
    conv = convPlan(op, weights.shape);
    if (pool !== undefined && !isTiling(pool)) return undefined;
    front = pool === undefined ? null : poolPlan(pool);
  } else if (op.kind === "pool") {
    if (pool !== undefined) return undefined;
    conv = { ...poolPlan(op), dilation: [1, 1], groups: op.inShape[0] };
  } else if (op.kind === "identity") {
    const map = pool?.inShape ?? mapOf(source);
    if (map === undefined) return undefined;
    conv =
      pool === undefined
        ? {
            inShape: map,
            outShape: map,
            kernel: [1, 1],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: map[0],
          }
        : { ...poolPlan(pool), dilation: [1, 1], groups: map[0] };
  }
  if (conv === undefined) return undefined;
  const inMap = front?.inShape ?? conv.inShape;
  return accepts(source, inMap) ? { inMap, pool: front, conv, inputs: sizeOf(conv.inShape) } : undefined;
}

/** A full matrix behind a window sum. */
function pooledMatrix({ op, pool }: Projection, source: LayerSource): LayerGeometry | undefined {
  if (pool === undefined || (op.kind !== "dense" && op.kind !== "sparse") || !isTiling(pool))
    return undefined;
  if (!accepts(source, pool.inShape)) return undefined;
  return { inMap: pool.inShape, pool: poolPlan(pool), conv: null, inputs: sizeOf(pool.outShape) };
}

function matrixGeometry(source: LayerSource, inputs: number): LayerGeometry {
  return { inMap: mapOf(source) ?? null, pool: null, conv: null, inputs };
}

/** The map that comes in, if one does. */
function mapOf({ map, shape }: LayerSource): MapShape | undefined {
  if (map === undefined) return shape.length === 3 ? (shape as MapShape) : undefined;
  return map ?? undefined;
}

/** A port sends any map of its size; a layer sends its own. */
function accepts({ map, size }: LayerSource, wanted: MapShape): boolean {
  if (map === undefined) return sizeOf(wanted) === size;
  return map?.every((n, axis) => n === wanted[axis]) ?? false;
}

function isTiling({ kernel, stride }: PoolOp): boolean {
  return kernel.every((k, axis) => k <= (stride[axis] as number));
}

function poolPlan({ inShape, outShape, kernel, stride, padding }: PoolOp): PoolPlan {
  return { inShape, outShape, kernel, stride, padding };
}

function convPlan(op: Conv2dOp, weightShape: readonly number[]): ConvPlan {
  const { inShape, outShape, stride, padding, dilation, groups } = op;
  const kernel = [
    weightShape.length === 4 ? (weightShape[2] as number) : 1,
    weightShape.at(-1) ?? 1,
  ] as const;
  return { inShape, outShape, kernel, stride, padding, dilation, groups };
}
