import { graph } from "@nirkit/graph";
import { type AnyQuantizer, quantizeGraph, readQuantized } from "@nirkit/quantize";
import { describeQuantizer } from "@nirkit/quantize/conformance";
import { describe, expect, test } from "vitest";
import { mint, mintAlpha, mintLsb, mintMembrane, mintParams, mintTheta } from "../src/index.ts";

const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
const p = mintParams.parse({ bits: 4 });

/** 2,000 tensors over all widths, 100,000 in a deep run. */
const widths = [2, 3, 4, 5, 6, 7, 8].map((bits) => [`${bits} bit`, mintParams.parse({ bits })] as const);
const learned = ["4 bit, alpha .5", mintParams.parse({ bits: 4, alpha: 0.5 })] as const;
const sets = [...widths, learned];
const total = process.env.NIRKIT_DEEP === "1" ? 100_000 : 2000;
await describeQuantizer(mint, { params: sets, tensors: Math.ceil(total / sets.length), seed: 31 });

describe("MINT, worked example, 4 bit", () => {
  const alpha = mintAlpha(w, 4);
  const lsb = mintLsb(alpha, 4);

  test("alpha .2570158, lsb .0367165, q = [7, -7, 1, -7, 3, -1], Theta 14 for theta .5", () => {
    expect(alpha).toBeCloseTo(0.2570158, 6);
    expect(lsb).toBeCloseTo(0.0367165, 6);
    expect([...mint.quantize(w, mint.fit(w, [2, 3], p), p).ints]).toEqual([7, -7, 1, -7, 3, -1]);
    expect(mintTheta(0.5, lsb)).toBe(14);
  });

  test("the LSB is shared, not the clip: an 8-bit membrane of the same clip would count in .0020237, 18 times finer", () => {
    expect(alpha / 127).toBeCloseTo(0.0020237, 6);
    expect(lsb / (alpha / 127)).toBeCloseTo(127 / 7, 9);
    const request = {
      path: "nodes.lif",
      theta: Int32Array.of(14),
      vReset: Int32Array.of(0),
      fracBits: 0,
      stateScale: Float64Array.of(lsb),
    };
    // Whole weight LSB at either width.
    expect(mintMembrane(4).grid(request).stateLevels).toEqual(Array.from({ length: 15 }, (_, i) => i - 7));
    expect(mintMembrane(8).grid(request)).toMatchObject({ vMin: -127, vMax: 127, storedBits: 8 });
    expect(
      mintMembrane(8)
        .grid({ ...request, fracBits: 1 })
        .stateLevels?.slice(-2),
    ).toEqual([252, 254]);
  });

  test("no tanh on the membrane: a stored potential is its integer, 6 stays 6", () => {
    const { stateLevels } = mintMembrane(4).grid({
      path: "nodes.lif",
      theta: Int32Array.of(14),
      vReset: Int32Array.of(0),
      fracBits: 0,
      stateScale: Float64Array.of(lsb),
    });
    expect(stateLevels).toContain(6);
  });

  test("a learned alpha sets the LSB: .5 gives .0714 and q = [7, -5, 1, -7, 2, 0]", () => {
    const learned = mintParams.parse({ bits: 4, alpha: 0.5 });
    const fitted = mint.fit(w, [2, 3], learned);
    expect(fitted.scale[0]).toBe(Math.fround(0.5 / 7));
    expect([...mint.quantize(w, fitted, learned).ints]).toEqual([7, -5, 1, -7, 2, 0]);
  });

  test("gradient 1 − tanh² inside the clip, 0 outside", () => {
    const { gradW } = mint.backward(new Float32Array(6).fill(1), w, mint.fit(w, [2, 3], p), p);
    expect([...gradW].map((g) => Number(g.toFixed(4)))).toEqual([0, 0, 0.9975, 0, 0.9857, 0.9996]);
  });

  test("widths 1 and 13 of a membrane, 9 bits of a weight", () => {
    expect(() => mintMembrane(1)).toThrow(/E_BAD_OPTION/);
    expect(() => mintMembrane(13)).toThrow(/E_BAD_OPTION/);
    expect(mintParams.safeParse({ bits: 9 }).success).toBe(false);
  });
});

test("a whole graph: Theta 14 with >=, leak one half, membrane on whole weight LSB", async () => {
  const network = graph()
    .input("in", [3])
    .linear("fc", { weight: [[...w.subarray(0, 3)], [...w.subarray(3)]] })
    .lif("lif", { tau: 2, r: 2, vThreshold: 0.5 })
    .output("out")
    .build();
  const { graph: result } = await quantizeGraph(network, mint as AnyQuantizer, {
    params: { bits: 4 },
    dt: 1,
    convention: { compare: "ge" },
    fracBits: 0,
    membrane: mintMembrane(4),
  });
  const view = readQuantized(result, [mint]);
  expect([...(view.weights.get("fc")?.weight.ints ?? [])]).toEqual([7, -7, 1, -7, 3, -1]);
  const lif = view.neurons.get("lif");
  expect(lif?.theta[0]).toBe(14);
  expect(lif?.arithmetic).toMatchObject({ compare: "ge", vMin: -7, vMax: 7, stateBits: 4 });
});
