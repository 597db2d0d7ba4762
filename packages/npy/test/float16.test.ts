import { expect, test } from "vitest";
import { fromFloat16Bits, toFloat16Bits } from "../src/float16.ts";

test("all 65536 half-precision patterns survive widening and narrowing; NaNs become the quiet one", () => {
  let checked = 0;
  for (let bits = 0; bits < 65536; bits++) {
    const value = fromFloat16Bits(bits);
    if (toFloat16Bits(value) !== (Number.isNaN(value) ? 0x7e00 : bits)) throw new Error(`pattern ${bits}`);
    checked++;
  }
  expect(checked).toBe(65536);
});

test("65504 is the largest half, 65520 and 2^-25 are refused", () => {
  expect(toFloat16Bits(65504)).toBe(0x7bff);
  expect(toFloat16Bits(65520)).toBeUndefined();
  expect(toFloat16Bits(2 ** -25)).toBeUndefined();
});
