import { graph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { nestedPrecision, nestings, quantizeUniform, ternary, uniform } from "../src/index.ts";
import { quantized, W } from "./w.ts";

describe("nested precisions", () => {
  test("8 bit 127,-49,7,-85,17,-3 holds 4 bit 7,-3,0,-5,1,0 at 16 times the scale: 127 is clipped to 7, not 8", () => {
    const q = quantized(uniform, { bits: 8, nested: true });
    expect([...q.ints]).toEqual([127, -49, 7, -85, 17, -3]);
    const four = nestedPrecision(q, 4, W);
    expect([...four.ints]).toEqual([7, -3, 0, -5, 1, 0]);
    expect(four.scale[0]).toBe((q.scale[0] ?? 0) * 16);
    expect([...four.codes]).toEqual([7, 13, 0, 11, 1, 0]);
    expect(four.stats.levelHistogram.length).toBe(15);
  });

  test("ties go up: 8 becomes 1 and -8 becomes 0 at 4 bit; 16 bits nest too", () => {
    const at = (bits: number, ...ints: number[]) =>
      nestedPrecision({ ...quantized(uniform, { bits }), bits, ints: Int16Array.from(ints) }, 4);
    expect([...at(8, 8, -8, 7, -9, 120, -128).ints]).toEqual([1, 0, 0, -1, 7, -7]);
    expect([...at(16, 2048, -2048, 32767, 0, 0, 0).ints]).toEqual([1, 0, 7, 0, 0, 0]);
  });

  test("all nestings of 8 bit are 8, 7, … 2 bits, each the definition, each losing more than the one above", () => {
    const random = philox(6, "nested");
    const w = Float32Array.from({ length: 400 }, () => random.normal());
    const q = quantized(uniform, { bits: 8, nested: true }, w, [400]);
    const all = nestings(q, w);
    expect(all.map(({ bits }) => bits)).toEqual([8, 7, 6, 5, 4, 3, 2]);
    expect(all[0]?.ints).toEqual(q.ints);
    for (const { bits, ints } of all.slice(1)) {
      const top = 2 ** (bits - 1) - 1;
      const plain = Array.from(q.ints, (x) =>
        Math.max(-top, Math.min(top, (x + 2 ** (7 - bits)) >> (8 - bits))),
      );
      expect([...ints]).toEqual(plain);
    }
    const losses = all.map(({ stats }) => stats.mse);
    for (const [i, mse] of losses.entries()) if (i > 0) expect(mse).toBeGreaterThan(losses[i - 1] ?? 0);
  });

  test("other schemes and widths are refused with E_BAD_OPTION", () => {
    const q = quantized(uniform, { bits: 8 });
    for (const bits of [1, 9, 3.5]) expect(() => nestedPrecision(q, bits)).toThrow(/E_BAD_OPTION/);
    expect(() => nestings(quantized(ternary))).toThrow(/E_BAD_OPTION.*ternary/);
    expect(() => uniform.params.parse({ nested: true, range: "full" })).toThrow(/narrow/);
  });

  test("the annotation says that a weight is nested", async () => {
    const source = graph()
      .input("in", [3])
      .linear("fc", { weight: [[0.9, -0.35, 0.05]] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(source, { nested: true, dt: 1 });
    expect(result.node("fc").metadata?.get("nirkit:quant")).toContain('"layout":"nested"');
    expect([...(readQuantized(result, [uniform]).weights.get("fc")?.weight.ints ?? [])]).toEqual([
      127, -49, 7,
    ]);
  });
});
