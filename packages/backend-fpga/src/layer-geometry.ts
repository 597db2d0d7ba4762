/** How the projections of a layer reach its neurons: as a convolution, or as a full matrix. */
import { sizeOf } from "@nirkit/graph";
import type { Conv2dOp, PoolOp, Projection } from "@nirkit/network";
import type { ChainLayer, ChainResult } from "./chain.ts";
import type { MapShape } from "./map-address.ts";
import type { ConvPlan, PoolPlan } from "./plan-types.ts";
import { poolPlan } from "./pool-plan.ts";

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

/** Most weights of a matrix that stands for windows. */
export const matrixLimit: number = 2 ** 24;

/** Whether a network is a chain, with windows that stay such or are few enough weights multiplied out. */
export function isChain(chain: ChainResult): boolean {
  if (chain.diagnostics.length > 0) return false;
  const geometries = chainGeometry(chain);
  return chain.layers.every(({ feedForward, recurrent, inputs, neurons, neuron }, l) => {
    const windows = [...feedForward, ...recurrent].filter(
      ({ op, pool }) => pool !== undefined || ["conv2d", "conv3d", "pool"].includes(op.kind),
    );
    const weights = inputs * neurons + (recurrent.length > 0 ? neurons * neurons : 0);
    const isSmall = geometries[l]?.conv !== null || windows.length === 0 || weights <= matrixLimit;
    return neuron.kind !== "delay" && isSmall;
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

function windowGeometry(projection: Projection, source: LayerSource): LayerGeometry | undefined {
  const found = windowPlan(projection, mapOf(source));
  return found?.inMap != null && accepts(source, found.inMap) ? found : undefined;
}

/**
 * A convolution, window sum or one-to-one projection with the map that it wants; undefined for what is none.
 *
 * @param from the map that its source sends, which a one-to-one projection takes over
 */
export function windowPlan(
  { op, pool, weights }: Projection,
  from: MapShape | undefined,
): LayerGeometry | undefined {
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
    const map = pool?.inShape ?? from;
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
  return { inMap: front?.inShape ?? conv.inShape, pool: front, conv, inputs: sizeOf(conv.inShape) };
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

/** Windows that do not overlap. */
export function isTiling({ kernel, stride }: PoolOp): boolean {
  return kernel.every((k, axis) => k <= (stride[axis] as number));
}

function convPlan(op: Conv2dOp, weightShape: readonly number[]): ConvPlan {
  const { inShape, outShape, stride, padding, dilation, groups } = op;
  const kernel = [
    weightShape.length === 4 ? (weightShape[2] as number) : 1,
    weightShape.at(-1) ?? 1,
  ] as const;
  return { inShape, outShape, kernel, stride, padding, dilation, groups };
}
