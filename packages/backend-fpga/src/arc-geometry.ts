/** How the projections into a layer of a graph reach its neurons, arc by arc. */
import { sizeOf } from "@nirkit/graph";
import type { Network, Population, Projection } from "@nirkit/network";
import { isTiling, type LayerGeometry, windowPlan } from "./layer-geometry.ts";
import type { MapShape } from "./map-address.ts";
import { poolPlan } from "./pool-plan.ts";

/** The maps that sources send; null: row-major indices. */
export type SourceMaps = ReadonlyMap<string, MapShape | null>;

/**
 * The maps of all sources. A layer is a map where a convolution, a window sum or a one-to-one projection over a map that its
 * source sends leads into it; an Input is the first map that is asked of it, else its own shape if that has three axes.
 */
export function sourceMaps(network: Network): SourceMaps {
  const maps = new Map<string, MapShape | null>();
  for (const { name, shape } of network.inputs) maps.set(name, doorMap(network, name, shape));
  for (const { name, shape } of network.populations)
    maps.set(name, shape.length === 3 ? (shape as MapShape) : windowTarget(network, name));
  // A layer that no map reaches is none, and then what it feeds may not be one either.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const population of network.populations)
      if (maps.get(population.name) !== null && !reachedByMap(network, population, maps)) {
        maps.set(population.name, null);
        isSettled = false;
      }
  }
  return maps;
}

function windowTarget(network: Network, name: string): MapShape | null {
  for (const { target, op } of network.projections)
    if (target === name && (op.kind === "conv2d" || op.kind === "pool")) return op.outShape;
  return null;
}

function doorMap(network: Network, name: string, shape: readonly number[]): MapShape | null {
  for (const { source, op, pool } of network.projections) {
    if (source !== name) continue;
    if (pool !== undefined && isTiling(pool)) return pool.inShape;
    if (pool === undefined && (op.kind === "conv2d" || op.kind === "pool")) return op.inShape;
  }
  return shape.length === 3 ? (shape as MapShape) : null;
}

function reachedByMap(network: Network, { name }: Population, maps: SourceMaps): boolean {
  return network.projections.some(
    (projection) =>
      projection.target === name && windowGeometry(projection, maps, maps.get(name) ?? null) !== undefined,
  );
}

/** A convolution, window sum or one-to-one projection between the maps of its source and its target, if it is one. */
export function windowGeometry(
  projection: Projection,
  maps: SourceMaps,
  target: MapShape | null,
): LayerGeometry | undefined {
  const from = maps.get(projection.source) ?? null;
  if (from === null || target === null) return undefined;
  const found = windowPlan(projection, from);
  if (found === undefined || found.conv === null || found.inMap === null) return undefined;
  return isSame(found.inMap, from) && isSame(found.conv.outShape, target) ? found : undefined;
}

/** A full matrix, behind a window sum where one projection has such a stage, else behind the source as it is. */
export function matrixGeometry(
  projections: readonly Projection[],
  from: MapShape | null,
  size: number,
): LayerGeometry {
  const [only, ...others] = projections;
  const pool = others.length === 0 ? only?.pool : undefined;
  if (
    pool !== undefined &&
    from !== null &&
    (only?.op.kind === "dense" || only?.op.kind === "sparse") &&
    isTiling(pool) &&
    isSame(pool.inShape, from)
  )
    return { inMap: from, pool: poolPlan(pool), conv: null, inputs: sizeOf(pool.outShape) };
  return { inMap: from, pool: null, conv: null, inputs: size };
}

function isSame(a: MapShape, b: MapShape): boolean {
  return a.every((n, axis) => n === b[axis]);
}
