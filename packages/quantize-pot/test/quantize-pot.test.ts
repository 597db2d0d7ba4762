import { graph, type NirGraph, parsePipeline, printPipeline, tensor } from "@nirkit/graph";
import { type AnyQuantizer, checkQuantized, readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import {
  apot,
  deepShift,
  pot,
  quantizeApot,
  quantizeApotPass,
  quantizeDeepShift,
  quantizeDeepShiftPass,
  quantizePot,
  quantizePotPass,
  quantizeSbit,
  quantizeSbitPass,
  quantizeSlots,
  quantizeSlotsPass,
  sbit,
  slots,
} from "../src/index.ts";

const source: NirGraph = graph()
  .input("in", [3])
  .linear("fc", {
    weight: [
      [0.9, -0.35, 0.05],
      [-0.6, 0.12, -0.02],
    ],
  })
  .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
  .output("out")
  .build();

const schemes: readonly AnyQuantizer[] = [pot, apot, sbit, slots, deepShift];
const intsOf = (quantized: NirGraph): number[] => [
  ...(readQuantized(quantized, schemes).weights.get("fc")?.weight.ints ?? []),
];

describe("whole graphs", () => {
  const runs = [
    ["pot:4", () => quantizePot(source, { bits: 4, dt: 1 }), [64, -32, 4, -32, 8, -2]],
    ["pot:3", () => quantizePot(source, { bits: 3, dt: 1 }), [4, -2, 0, -2, 1, 0]],
    ["apot:4", () => quantizeApot(source, { bits: 4, dt: 1 }), [10, -4, 1, -6, 1, 0]],
    ["sbit:8", () => quantizeSbit(source, { bits: 8, dt: 1 }), [127, -48, 7, -80, 17, -3]],
    ["deepshift:4", () => quantizeDeepShift(source, { bits: 4, dt: 1 }), [64, -16, 4, -32, 8, -1]],
    ["slots", () => quantizeSlots(source, { slots: "0,4,-4|0,2,-2|0,1,-1", dt: 1 }), [7, -3, 0, -5, 1, 0]],
  ] as const;
  for (const [name, run, ints] of runs)
    test(`${name} gives the integers ${ints}, annotated and verified`, async () => {
      const { graph: quantized, diagnostics } = await run();
      expect(diagnostics.filter((d) => d.level !== "hint")).toEqual([]);
      expect(checkQuantized(quantized, schemes)).toEqual([]);
      expect(intsOf(quantized)).toEqual(ints);
    });

  test("a stretched scale (reset to subtract, aligned) still gives powers of two", async () => {
    const { graph: quantized } = await quantizePot(source, {
      bits: 4,
      dt: 1,
      convention: { reset: "subtract" },
    });
    for (const int of intsOf(quantized)) expect([0, 1, 2, 4, 8, 16, 32, 64]).toContain(Math.abs(int));
    expect(checkQuantized(quantized, schemes)).toEqual([]);
  });

  test("a pruned graph and layout nozero are refused with E_NO_ZERO_LEVEL", async () => {
    const fc = source.node("fc");
    const masked = source.with({
      setNodes: [["fc", { ...fc, metadata: new Map([["nirkit:mask", tensor("uint8", [1], [0b111011])]]) }]],
    });
    await expect(quantizePot(masked, { bits: 4, layout: "nozero", dt: 1 })).rejects.toThrow(
      /E_NO_ZERO_LEVEL/,
    );
    const { graph: quantized } = await quantizePot(masked, { bits: 4, dt: 1 });
    expect(intsOf(quantized)).toEqual([64, -32, 0, -32, 8, -2]);
  });

  test("more than 95 % zeros warn W_MOSTLY_ZERO: one outlier among 30 weights at 3 bit", async () => {
    const outlier = graph()
      .input("in", [30])
      .linear("fc", { weight: [Array.from({ length: 30 }, (_, i) => (i === 0 ? 8 : 0.01))] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 10 })
      .output("out")
      .build();
    const { diagnostics } = await quantizePot(outlier, { bits: 3, dt: 1 });
    expect(diagnostics.map(({ code }) => code)).toContain("W_MOSTLY_ZERO");
  });

  test("a negative zero in the stored codes of a file is reported: W_ILLEGAL_CODE, the integers stay", async () => {
    const tiny = graph()
      .input("in", [2])
      .linear("fc", { weight: [[0.5, 0]] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const { graph: quantized } = await quantizePot(tiny, { bits: 4, dt: 1 });
    const fc = quantized.node("fc");
    // Codes 7 and 0 are packed into one byte, the first in the low half; 1000 is the negative zero.
    expect(fc.metadata?.get("nirkit:weight_code")).toMatchObject({ data: Uint8Array.of(0x07) });
    const metadata = new Map(fc.metadata).set("nirkit:weight_code", tensor("uint8", [1], [0x87]));
    const edited = quantized.with({ setNodes: [["fc", { ...fc, metadata }]] });
    expect(checkQuantized(edited, schemes)).toMatchObject([{ code: "W_ILLEGAL_CODE", path: "nodes.fc" }]);
    expect(intsOf(edited)).toEqual([64, 0]);
  });

  test("wrong parameters are refused where they stand: pot with 9 bits, slots with 3", async () => {
    await expect(quantizePot(source, { bits: 9, dt: 1 })).rejects.toThrow(/E_BAD_OPTION.*bits/);
    await expect(quantizeSlots(source, { slots: "0,3", dt: 1 })).rejects.toThrow(/E_BAD_OPTION.*entry is 3/);
  });
});

describe("passes", () => {
  const passes = [
    quantizePotPass,
    quantizeApotPass,
    quantizeSbitPass,
    quantizeSlotsPass,
    quantizeDeepShiftPass,
  ];

  for (const [text, ints] of [
    ["quantize-pot{bits=3,dt=1}", [4, -2, 0, -2, 1, 0]],
    ["quantize-apot{bits=4,dt=1}", [10, -4, 1, -6, 1, 0]],
    ["quantize-sbit{bits=8,digits=2,dt=1}", [127, -48, 7, -80, 17, -3]],
    ["quantize-deepshift{bits=4,dt=1}", [64, -16, 4, -32, 8, -1]],
  ] as const)
    test(`the text ${text} parses, prints and runs`, async () => {
      const pass = parsePipeline(text, passes);
      expect(printPipeline(parsePipeline(printPipeline(pass), passes))).toBe(printPipeline(pass));
      const { graph: quantized } = await pass.run(source, {});
      expect(intsOf(quantized)).toEqual(ints);
    });
});
