import { describe, expect, it } from "vitest";
import {
  broadcastTo,
  dtypes,
  full,
  tensor,
  tensorBytes,
  tensorFromBytes,
  toFloat32,
  zeros,
} from "../src/index.ts";

describe("tensors", () => {
  it.each(dtypes)("%s survives the way through bytes", (dtype) => {
    const source = tensor(dtype, [3], [0, 1, 1]);
    expect(tensorFromBytes(dtype, [3], tensorBytes(source))).toEqual(source);
  });
  it("writes float16 as IEEE halves: 1 is 0x3c00, -2 is 0xc000, 2^-24 is 1, 65504 is 0x7bff", () => {
    const values = tensor("float16", [7], [1, -2, 2 ** -24, 65504, Infinity, -0, 2 ** -14]);
    expect([...new Uint16Array(tensorBytes(values).slice().buffer)]).toEqual([
      0x3c00, 0xc000, 1, 0x7bff, 0x7c00, 0x8000, 0x0400,
    ]);
  });
  it("reads and writes all 65 536 halves bit for bit, NaN payloads aside", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = new Uint16Array(
      tensorBytes(tensorFromBytes("float16", [65536], new Uint8Array(bits.buffer))).slice().buffer,
    );
    const isNaN16 = (b: number): boolean => (b & 0x7c00) === 0x7c00 && (b & 0x3ff) !== 0;
    expect(bits.filter((b, i) => !isNaN16(b) && back[i] !== b)).toHaveLength(0);
    expect(bits.filter((b, i) => isNaN16(b) && !isNaN16(back[i] ?? 0))).toHaveLength(0);
  });
  it("rounds what is no half to nearest, ties to even: 1 + 2^-11 is 1, 1 + 3·2^-11 is 1 + 2^-9, 65520 overflows", () => {
    const values = tensor("float16", [3], [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65520]);
    expect([...new Uint16Array(tensorBytes(values).slice().buffer)]).toEqual([0x3c00, 0x3c02, 0x7c00]);
  });
  it("refuses a wrong number of bytes and of values", () => {
    expect(() => tensorFromBytes("int16", [2], new Uint8Array(3))).toThrow("4 bytes");
    expect(() => tensor("int8", [2], [1])).toThrow("holds 2");
  });
  it("broadcasts as NumPy does: [2, 1] to [3, 2, 2], [] to [2]; refuses [2] to [3]", () => {
    expect(toFloat32(broadcastTo(tensor("int8", [2, 1], [1, 2]), [3, 2, 2]))).toEqual(
      Float32Array.of(1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2),
    );
    expect(broadcastTo(full("int64", [], 7), [2])).toEqual(full("int64", [2], 7));
    const same = zeros("int8", [2]);
    expect(broadcastTo(same, [2])).toBe(same);
    expect(() => broadcastTo(same, [3])).toThrow("does not broadcast");
  });
});
