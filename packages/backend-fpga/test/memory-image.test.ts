import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packWords, padRows, unpackWords } from "../src/memory-image.ts";

describe("memory images", () => {
  test("codes [[7, 14, 3], [14, 4, 10]] of 4 bits, two lanes: e7, 4e, a3; four lanes: 00e7, 004e, 00a3", () => {
    const rows = [7, 14, 14, 4, 3, 10];
    const pack = (lanes: number): string[] =>
      packWords(padRows(rows, 2, lanes, 0), { lanes, laneBits: 4, signed: false });
    expect(pack(2)).toEqual(["e7", "4e", "a3"]);
    expect(pack(4)).toEqual(["00e7", "004e", "00a3"]);
    expect(pack(1)).toEqual(["7", "e", "e", "4", "3", "a"]);
  });

  test("unpacking gives back what was packed, for widths 1 to 40", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (laneBits, lanes, from) => {
          const span = 2 ** laneBits;
          const values = Array.from(
            { length: lanes * 3 },
            (_, k) => ((from * 7919 + k * 104729) % span) - span / 2,
          );
          const format = { lanes, laneBits, signed: true };
          const words = packWords(values, format);
          expect(words.every((word) => word.length === Math.ceil((lanes * laneBits) / 4))).toBe(true);
          expect(Array.from(unpackWords(words, format))).toEqual(values);
        },
      ),
      { seed: 5 },
    );
  });
});
