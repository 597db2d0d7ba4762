import { describeQuantizer, quantizerChecks } from "@nirkit/quantize/conformance";
import { describe, expect, test } from "vitest";
import { type UniformParams, uniform, uniformParams } from "../src/index.ts";

const deep = process.env.NIRKIT_DEEP === "1";

function* parameterSets(): Generator<readonly [string, UniformParams]> {
  for (const bits of [2, 3, 4, 5, 6, 7, 8])
    for (const axis of [null, 0] as const)
      yield [`${bits} bit, axis ${axis}`, uniformParams.parse({ bits, axis })];
  for (const clip of ["percentile", "mse", "gaussian", "rockpool-fuzzy", "sawb", "po2", "lsq"] as const)
    yield [`4 bit, clip ${clip}`, uniformParams.parse({ bits: 4, clip })];
  yield ["8 bit, scale a power of two", uniformParams.parse({ scalePo2: true })];
  yield ["4 bit, HALF_UP", uniformParams.parse({ bits: 4, rounding: "HALF_UP" })];
  yield ["4 bit, DOWN", uniformParams.parse({ bits: 4, rounding: "DOWN" })];
}

// 24 parameter sets: 2,000 tensors in all, 100,000 in a deep run.
await describeQuantizer(uniform, { params: parameterSets(), tensors: deep ? 4200 : 84, seed: 7 });

describe("the kit", () => {
  test("notices a quantizer that leaves the codes of negative integers wide", () => {
    const broken = { ...uniform, encodeInt: (int: number) => int };
    const wrong = quantizerChecks(broken, { tensors: 1 }).filter(({ run }) => throws(run));
    expect(wrong.map(({ name }) => name)).toEqual(["defaults: codes, levels and integers agree"]);
  });

  test("notices full range, whose most negative integer has no mirror image", () => {
    const params = uniformParams.parse({ bits: 3, range: "full", clip: "lsq" });
    const found = quantizerChecks(uniform, { params: [["full", params]], tensors: 50 }).filter(({ run }) =>
      throws(run),
    );
    expect(found.map(({ name }) => name)).toContain("full: 50 random tensors");
  });
});

function throws(body: () => void): boolean {
  try {
    body();
    return false;
  } catch {
    return true;
  }
}
