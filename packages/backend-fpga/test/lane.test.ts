import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { library } from "../src/library/library.ts";
import {
  chooseCode,
  decodeWeight,
  encodeWeight,
  magnitudeBits,
  type WeightCoding,
  weightCodes,
} from "../src/weight-code.ts";
import { hasTool, isDeep, runTool, withFolder } from "./outside.ts";

const isRunnable = hasTool("iverilog");

/** Levels of APoT with 4 bits. */
const apot4 = [0, 1, 2, 3, 4, 6, 8, 10].flatMap((w) => [w, -w]);

interface Lane extends WeightCoding {
  /** Signed bits of the value, 0 for spikes. */
  readonly valueBits: number;
  readonly shift: number;
}

/** Drives one lane with every (code, value) and compares term + one with `expected`, modulo 2^AB. */
function laneBench(lane: Lane, pairs: readonly (readonly [code: number, value: number])[]): string {
  const { code, bits, valueBits, shift, slots = [] } = lane;
  const width = Math.max(1, valueBits);
  const ab = magnitudeBits(lane) + width + shift + 2;
  const mask = (value: number, size: number): string => BigInt.asUintN(size, BigInt(value)).toString(16);
  const lines = pairs.map(([pattern, value]) => {
    const product = decodeWeight(pattern, lane) * (valueBits === 0 ? 1 : value) * 2 ** shift;
    return `${mask(pattern, bits)}_${mask(value, width).padStart(4, "0")}_${mask(product, ab).padStart(8, "0")}`;
  });
  const bench = `module tb;
  reg [79:0] rows [0:${pairs.length - 1}];
  integer i, bad;
  wire [${ab - 1}:0] term;
  wire one;
  reg [79:0] row;
  wire [${ab - 1}:0] sum = term + {{${ab - 1}{1'b0}}, one};
  nk_lane #(.CODE(${weightCodes.indexOf(code)}), .T(${Math.max(2, slots.length)}),
    ${slots.map((top, slot) => `.E${slot + 1}(${top}), `).join("")}.WB(${bits}), .VALB(${valueBits}),
    .VW(${width}), .AB(${ab}), .SH(${shift})) lane (.code(row[${48 + bits - 1}:48]), .val(row[${32 + width - 1}:32]),
    .term(term), .one(one));
  initial begin
    $readmemh("rows.mem", rows);
    bad = 0;
    for (i = 0; i < ${pairs.length}; i = i + 1) begin
      row = rows[i];
      #1 if (sum !== row[${ab - 1}:0]) bad = bad + 1;
    end
    $display("%0d of %0d differ", bad, i);
  end
endmodule
`;
  const files = [
    { path: "tb.v", content: bench },
    { path: "nk_lane.v", content: library.get("nk_lane") as string },
    { path: "nk_shift.v", content: library.get("nk_shift") as string },
    { path: "rows.mem", content: `${lines.join("\n")}\n` },
  ];
  return withFolder(files, (folder) => {
    const built = runTool(folder, "iverilog", [
      "-g2005",
      "-Wall",
      "-o",
      "t",
      "tb.v",
      "nk_lane.v",
      "nk_shift.v",
    ]).text;
    return built === "" ? runTool(folder, "vvp", ["-n", "t"]).text.trim() : built;
  });
}

describe("weight codes", () => {
  test("the 16 codes of 4 bits are 0, 1, 2 … 64, 0, −1 … −64", () => {
    const coding = { code: "pot", bits: 4 } as const;
    expect(Array.from({ length: 16 }, (_, pattern) => decodeWeight(pattern, coding))).toEqual([
      0, 1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64,
    ]);
  });

  test.each(["pot", "pot-nozero"] as const)(
    "decode(encode(w)) = w for every level of 2 to 6 bits, %s",
    (code) => {
      for (let bits = 2; bits <= 6; bits++)
        for (let pattern = 0; pattern < 2 ** bits; pattern++) {
          const weight = decodeWeight(pattern, { code, bits });
          expect(decodeWeight(encodeWeight(weight, { code, bits }), { code, bits })).toBe(weight);
        }
    },
  );

  test("the code chosen holds every weight, in no more bits than two's complement", () => {
    const level = fc.tuple(fc.integer({ min: 0, max: 14 }), fc.constantFrom(-1, 0, 1));
    const weights = fc.array(
      level.map(([e, s]) => s * 2 ** e),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(weights, fc.constantFrom(0, 9), (values, valueBits) => {
        const coding = chooseCode(values, { valueBits, bac: "auto" });
        const integer = chooseCode(values, { valueBits, bac: "off" });
        expect(integer.code).toBe("integer");
        expect(coding.bits).toBeLessThanOrEqual(integer.bits);
        for (const value of values)
          expect(decodeWeight(encodeWeight(value, coding), coding) + 0).toBe(value + 0);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test("APoT of 4 bits, 0 … 10: two shifts under one sign in 6 bits; 2-sbit of 8 bits, 127 = 128 - 1, each with its own", () => {
    const request = { valueBits: 9, bac: "auto", severalShifts: true } as const;
    expect(chooseCode(apot4, request)).toEqual({ code: "shifts", bits: 6, slots: [3, 1] });
    expect(chooseCode([127, -48, 7, -80, 17, -3], request)).toEqual({
      code: "signed-shifts",
      bits: 9,
      slots: [7, 4],
    });
    // Spikes are not multiplied, and four digits are not shifted.
    expect(chooseCode(apot4, { ...request, valueBits: 0 }).code).toBe("integer");
    expect(chooseCode([0b1010101], request).code).toBe("integer");
  });

  test(`${isDeep ? 20000 : 500} tables of weights of up to three digits read back`, () => {
    const weight = fc
      .array(fc.tuple(fc.nat(12), fc.boolean()), { maxLength: 3 })
      .map((terms) => terms.reduce((sum, [e, isNegative]) => sum + (isNegative ? -1 : 1) * 2 ** e, 0));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 12 }), (weights) => {
        const coding = chooseCode(weights, { valueBits: 9, bac: "auto", severalShifts: true });
        for (const w of weights) {
          const pattern = encodeWeight(w, coding);
          if (coding.code !== "integer") expect(pattern).toBeLessThan(2 ** coding.bits);
          expect(decodeWeight(pattern, coding) + 0).toBe(w + 0);
          expect(Math.abs(w)).toBeLessThanOrEqual(2 ** magnitudeBits(coding));
        }
      }),
      { seed: 5, numRuns: isDeep ? 20000 : 500 },
    );
  });

  test("a weight that is no power of two keeps integers: [64, 3] takes 8 bits", () => {
    expect(chooseCode([64, 3], { valueBits: 9, bac: "auto" })).toEqual({ code: "integer", bits: 8 });
  });
});

describe.runIf(isRunnable)("nk_lane in Icarus equals an integer multiplication", () => {
  for (const code of ["pot", "pot-nozero"] as const)
    for (let bits = 2; bits <= 5; bits++)
      test(`${code}, ${bits} bits: all ${2 ** bits * 256} pairs of code and 8-bit value, shifts 0 and 2`, () => {
        const pairs = Array.from({ length: 2 ** bits * 256 }, (_, i) => [i >> 8, (i & 255) - 128] as const);
        for (const shift of [0, 2])
          expect(laneBench({ code, bits, valueBits: 8, shift }, pairs)).toBe(`0 of ${pairs.length} differ`);
      });

  test("spikes: every code of both layouts, 2 to 5 bits", () => {
    for (const code of ["pot", "pot-nozero"] as const)
      for (let bits = 2; bits <= 5; bits++) {
        const pairs = Array.from({ length: 2 ** bits }, (_, pattern) => [pattern, 1] as const);
        expect(laneBench({ code, bits, valueBits: 0, shift: 1 }, pairs)).toBe(`0 of ${pairs.length} differ`);
      }
  });

  test.each([
    ["APoT of 4 bits", apot4],
    ["APoT of 6 bits", [4, 8, 12, 16, 32, 36, 48, 64, 68, 96, 100, 3, 7, 10, 21, 84]],
    ["2-sbit of 8 bits", [127, -48, 7, -80, 17, -3, 0, 96, -127, 120]],
    ["3-sbit of 8 bits", [127, -56, 42, -73, 111, 84, 0, -1]],
  ] as const)("%s: every weight with every 8-bit value, shifts 0 and 2", (_, weights) => {
    const signed = weights.flatMap((w) => [w, -w]);
    const coding = chooseCode(signed, { valueBits: 8, bac: "auto", severalShifts: true });
    expect(coding.slots?.length).toBeGreaterThan(1);
    const pairs = signed.flatMap((w) =>
      Array.from({ length: 256 }, (_, v) => [encodeWeight(w, coding), v - 128] as const),
    );
    for (const shift of [0, 2])
      expect(laneBench({ ...coding, valueBits: 8, shift }, pairs)).toBe(`0 of ${pairs.length} differ`);
  });

  test("integers: all 4096 pairs of a 4-bit weight and an 8-bit value", () => {
    const pairs = Array.from({ length: 4096 }, (_, i) => [(i >> 8) - 8, (i & 255) - 128] as const);
    expect(laneBench({ code: "integer", bits: 4, valueBits: 8, shift: 0 }, pairs)).toBe("0 of 4096 differ");
  });
});
