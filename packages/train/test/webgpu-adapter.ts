/** What the tests on WebGPU have in common: the adapter, and how equal is told. */
import { expect } from "vitest";
import { commands } from "vitest/browser";

declare module "vitest/browser" {
  interface BrowserCommands {
    isDeep: () => Promise<boolean>;
    skipped: (reason: string) => Promise<void>;
  }
}

const gpu = (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu;

/** False where the browser has no adapter, not even one in software; says so. */
export const hasAdapter: boolean = Boolean(await gpu?.requestAdapter());
if (!hasAdapter) await commands.skipped("training on WebGPU: this browser has no adapter");

/** Expects values within `tolerance` of the largest one. */
export function closeTo(
  found: Float32Array | undefined,
  expected: Float32Array,
  tolerance: number,
  name: string,
): void {
  expect(found?.length, name).toBe(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (found?.[i] ?? Number.NaN)) / scale),
    0,
  );
  expect(worst, name).toBeLessThanOrEqual(tolerance);
}
