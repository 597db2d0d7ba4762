/**
 * Sine and logarithm as tables: engines may differ in the last bit of `Math.sin` and `Math.log`, and the same seed has
 * to give the same bytes everywhere. The tables are rounded far above that bit, and checked by hash in the tests.
 */
import { round } from "@nirkit/integer";

const sineSteps = 1024;
const sineScale = 32768;
const lightOffset = 41;
const lightScale = 4096;

/** 32768 sin(2 pi k / 1024), k = 0 … 1023, as integers. */
export const sineTable: Int32Array = Int32Array.from({ length: sineSteps }, (_, k) =>
  round(sineScale * Math.sin((2 * Math.PI * k) / sineSteps), "HALF_EVEN"),
);

/** 65536 ln((k + 41) / 4096) of the luminance k = 0 … 4095: the unit of all levels and thresholds. */
export const logTable: Int32Array = Int32Array.from({ length: lightScale }, (_, k) =>
  round(65536 * Math.log((k + lightOffset) / lightScale), "HALF_EVEN"),
);

/** Sine of a phase in turns, linear between the entries of the table. @example sineOf(0.1) // 0.587774658203125 */
export function sineOf(phase: number): number {
  const place = (phase - Math.floor(phase)) * sineSteps;
  const i = Math.trunc(place);
  const here = (sineTable[i] as number) / sineScale;
  const next = (sineTable[(i + 1) % sineSteps] as number) / sineScale;
  return here + (next - here) * (place - i);
}

/** Cosine of a phase in turns. */
export function cosineOf(phase: number): number {
  return sineOf(phase + 0.25);
}
