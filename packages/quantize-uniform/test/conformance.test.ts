import { describeQuantizer, quantizerChecks } from "@nirkit/quantize/conformance";
import { describe, expect, test } from "vitest";
import {
  binary,
  binaryParams,
  dorefa,
  dorefaParams,
  duq,
  duqParams,
  plusMinus,
  plusMinusParams,
  sigmoidSteps,
  sigmoidStepsParams,
  ternary,
  ternaryParams,
  type UniformParams,
  uniform,
  uniformParams,
} from "../src/index.ts";

const deep = process.env.NIRKIT_DEEP === "1";

function* parameterSets(): Generator<readonly [string, UniformParams]> {
  for (const bits of [2, 3, 4, 5, 6, 7, 8, 12, 16])
    for (const axis of [null, 0] as const)
      yield [`${bits} bit, axis ${axis}`, uniformParams.parse({ bits, axis })];
  for (const clip of [
    "percentile",
    "mse",
    "gaussian",
    "rockpool-fuzzy",
    "sawb",
    "sawb-asymm",
    "po2",
    "lsq",
  ] as const)
    yield [`4 bit, clip ${clip}`, uniformParams.parse({ bits: 4, clip })];
  yield ["8 bit, scale a power of two", uniformParams.parse({ scalePo2: true })];
  yield [
    "8 bit, percentile rounded up to a power of two",
    uniformParams.parse({ clip: "percentile", clipPo2: true }),
  ];
  for (const rounding of ["HALF_UP", "HALF_DOWN", "UP", "DOWN", "CEIL", "FLOOR", "STOCHASTIC"] as const)
    yield [`4 bit, ${rounding}`, uniformParams.parse({ bits: 4, rounding })];
  for (const rounding of ["HALF_EVEN", "DOWN"] as const)
    yield [`8 bit, product, ${rounding}`, uniformParams.parse({ integers: "product", rounding })];
  yield ["3 bit, full", uniformParams.parse({ bits: 3, range: "full", clip: "lsq" })];
  yield ["8 bit, nested", uniformParams.parse({ nested: true })];
}

/** 2,000 tensors per scheme over all its parameter sets, 100,000 in a deep run. */
const each = (sets: readonly unknown[]): number => Math.ceil((deep ? 100_000 : 2000) / sets.length);
const axes = [null, 0] as const;

const uniformAll = [...parameterSets()];
await describeQuantizer(uniform, { params: uniformAll, tensors: each(uniformAll), seed: 7 });

const ternaryAll = (["twn", "spquant"] as const).flatMap((rule) =>
  axes.map((axis) => [`${rule}, axis ${axis}`, ternaryParams.parse({ rule, axis })] as const),
);
await describeQuantizer(ternary, { params: ternaryAll, tensors: each(ternaryAll), seed: 8 });

const binaryAll = (["sign", "ws-dr"] as const).flatMap((rule) =>
  axes.map((axis) => [`${rule}, axis ${axis}`, binaryParams.parse({ rule, axis })] as const),
);
await describeQuantizer(binary, { params: binaryAll, tensors: each(binaryAll), seed: 9 });

const dorefaAll = [1, 2, 4, 8].flatMap((bits) =>
  axes.map((axis) => [`${bits} bit, axis ${axis}`, dorefaParams.parse({ bits, axis })] as const),
);
await describeQuantizer(dorefa, { params: dorefaAll, tensors: each(dorefaAll), seed: 10 });

const duqAll = [2, 4, 8].flatMap((bits) =>
  (["least-squares", "clip"] as const).map(
    (output, i) =>
      [`${bits} bit, ${output}`, duqParams.parse({ bits, output, axis: axes[i] ?? null })] as const,
  ),
);
await describeQuantizer(duq, { params: duqAll, tensors: each(duqAll), seed: 11 });

const sigmoidAll = [1, 2, 4, 8].flatMap((bits) =>
  axes.map((axis) => [`${bits} bit, axis ${axis}`, sigmoidStepsParams.parse({ bits, axis })] as const),
);
await describeQuantizer(sigmoidSteps, { params: sigmoidAll, tensors: each(sigmoidAll), seed: 12 });

const plusMinusAll = [1, 2, 3, 8].flatMap((bits) =>
  (["absmax", "percentile", "po2"] as const).map(
    (clip, i) =>
      [`${bits} planes, ${clip}`, plusMinusParams.parse({ bits, clip, axis: axes[i % 2] ?? null })] as const,
  ),
);
await describeQuantizer(plusMinus, { params: plusMinusAll, tensors: each(plusMinusAll), seed: 13 });

describe("the kit", () => {
  test("notices a quantizer that leaves the codes of negative integers wide", () => {
    const broken = { ...uniform, encodeInt: (int: number) => int };
    const wrong = quantizerChecks(broken, { tensors: 1 }).filter(({ run }) => throws(run));
    expect(wrong.map(({ name }) => name)).toEqual(["defaults: codes, levels and integers agree"]);
  });

  test("notices full range, whose most negative integer has no mirror image", () => {
    const params = uniformParams.parse({ bits: 3, range: "full", clip: "lsq" });
    const claims = { ...uniform, keepsFor: () => uniform.keeps };
    const found = quantizerChecks(claims, { params: [["full", params]], tensors: 50 }).filter(({ run }) =>
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
