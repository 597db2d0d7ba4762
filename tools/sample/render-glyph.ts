/**
 * Drawing of a glyph on 8 × 8 pixels with random position, size, rotation, thickness and noise.
 *
 * Only additions, multiplications, divisions and square roots: the same seed gives the same pixels on every machine.
 */
import type { Random } from "@nirkit/integer";
import type { Point } from "./glyph-strokes.ts";

/** Pixels per side. */
export const side = 8;
/** Brightest pixel. */
const brightest = 15;

/** A glyph as drawn once: 64 pixels 0 … 15, row-major. */
export function renderGlyph(stroke: readonly Point[], random: Random): Uint8Array {
  const spread = (width: number): number => (random.uniform() - 0.5) * 2 * width;
  const place = placement(spread(0.6), spread(0.6), 6 + spread(0.8), 1 + spread(0.12), spread(0.12));
  const halfWidth = 0.55 + spread(0.15);
  const points = stroke.map(place);
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const center: Point = [(i % side) + 0.5, Math.floor(i / side) + 0.5];
    const ink = Math.min(1, Math.max(0, halfWidth + 0.5 - distanceToStroke(center, points)));
    const noise = spread(1.5) + (random.integer(40) === 0 ? random.integer(8) : 0);
    return Math.min(brightest, Math.max(0, Math.floor(ink * brightest + 0.5 + noise)));
  });
}

/** From the unit square to pixels; `tan` is the tangent of half the angle, which makes the rotation rational. */
function placement(dx: number, dy: number, size: number, aspect: number, tan: number): (p: Point) => Point {
  const cos = (1 - tan * tan) / (1 + tan * tan);
  const sin = (2 * tan) / (1 + tan * tan);
  return ([px, py]) => {
    const x = (px - 0.5) * size * aspect;
    const y = (py - 0.5) * size;
    return [side / 2 + dx + cos * x - sin * y, side / 2 + dy + sin * x + cos * y];
  };
}

function distanceToStroke(p: Point, points: readonly Point[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < points.length; i++) {
    const from = points[i - 1];
    const to = points[i];
    if (from !== undefined && to !== undefined) nearest = Math.min(nearest, distanceToSegment(p, from, to));
  }
  return nearest;
}

function distanceToSegment(p: Point, a: Point, b: Point): number {
  const [ux, uy] = [b[0] - a[0], b[1] - a[1]];
  const along = ((p[0] - a[0]) * ux + (p[1] - a[1]) * uy) / (ux * ux + uy * uy);
  const t = Math.min(1, Math.max(0, along));
  const [rx, ry] = [p[0] - a[0] - t * ux, p[1] - a[1] - t * uy];
  return Math.sqrt(rx * rx + ry * ry);
}
