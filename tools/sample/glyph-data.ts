/** The labelled glyphs of the sample, encoded as spikes. */
import { philox } from "@nirkit/integer";
import type { NpyArray } from "@nirkit/npy";
import { glyphStrokes } from "./glyph-strokes.ts";
import { renderGlyph, side } from "./render-glyph.ts";

/** Steps of a sample. */
export const steps = 16;
/** Inputs of a step. */
export const inputs: number = side * side;
/** Number of glyphs. */
const classes: number = glyphStrokes.length;

/** Spikes `[samples, steps, inputs]` as 0/1 bytes, and one label per sample. */
export interface GlyphData {
  readonly spikes: Uint8Array;
  readonly labels: Uint8Array;
}

/** `count` glyphs of one split; classes take turns, and sample i does not depend on `count`. */
export function glyphData(split: "train" | "test", count: number): GlyphData {
  const spikes = new Uint8Array(count * steps * inputs);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  for (let i = 0; i < count; i++) {
    const pixels = renderGlyph(glyphStrokes[i % classes] ?? [], philox(2026, `glyphs/${split}/${i}`));
    spikes.set(encodePhase(pixels), i * steps * inputs);
  }
  return { spikes, labels };
}

/**
 * Phase accumulators: each starts at 8, adds its pixel in every step, and gives a spike and loses 16 when it reaches 16.
 *
 * @param pixels 0 … 15; a pixel of p gives p spikes in 16 steps, evenly spread
 */
export function encodePhase(pixels: Uint8Array): Uint8Array {
  const spikes = new Uint8Array(steps * pixels.length);
  pixels.forEach((pixel, j) => {
    let phase = 8;
    for (let t = 0; t < steps; t++) {
      phase += pixel;
      if (phase < 16) continue;
      phase -= 16;
      spikes[t * pixels.length + j] = 1;
    }
  });
  return spikes;
}

/** The arrays of an `.npz` data file: `x` uint8 [N, 16, 64] and `y` int64 [N]. */
export function dataArrays({ spikes, labels }: GlyphData): ReadonlyMap<string, NpyArray> {
  return new Map<string, NpyArray>([
    ["x", { dtype: "uint8", shape: [labels.length, steps, inputs], data: spikes }],
    ["y", { dtype: "int64", shape: [labels.length], data: BigInt64Array.from(labels, BigInt) }],
  ]);
}
