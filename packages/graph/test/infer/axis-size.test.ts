import { describe, expect, it } from "vitest";
import { inverseWindowSize, windowSize } from "../../src/infer/axis-size.ts";

describe("size of a sliding window along one axis", () => {
  it("17 with padding 2, dilation 3, kernel 3, stride 2 gives 8", () => {
    expect(windowSize(17, { kernel: 3, stride: 2, padding: 2, dilation: 3 })).toBe(8);
  });
  it("100 with padding 1, kernel 3 gives 100 at stride 1 and 50 at stride 2", () => {
    expect(windowSize(100, { kernel: 3, stride: 1, padding: 1, dilation: 1 })).toBe(100);
    expect(windowSize(100, { kernel: 3, stride: 2, padding: 1, dilation: 1 })).toBe(50);
  });
  it("(9, 12) with padding (1, 0), dilation (1, 2), kernel 3, stride (2, 3) gives (5, 3)", () => {
    expect(windowSize(9, { kernel: 3, stride: 2, padding: 1, dilation: 1 })).toBe(5);
    expect(windowSize(12, { kernel: 3, stride: 3, padding: 0, dilation: 2 })).toBe(3);
  });
  it("pools 7 with kernel 3, stride 2, padding 1 to 4", () => {
    expect(windowSize(7, { kernel: 3, stride: 2, padding: 1, dilation: 1 })).toBe(4);
  });
  it("same keeps the size, valid is padding 0", () => {
    expect(windowSize(9, { kernel: 4, stride: 1, padding: "same", dilation: 1 })).toBe(9);
    expect(windowSize(9, { kernel: 4, stride: 1, padding: "valid", dilation: 1 })).toBe(6);
  });
  it("a kernel of 9 on 8 gives 0, which is no size", () => {
    expect(windowSize(8, { kernel: 9, stride: 1, padding: 0, dilation: 1 })).toBe(0);
  });
  it("turns back at stride 1 for every size, and not at stride 2", () => {
    for (let n = 5; n < 30; n++) {
      const axis = { kernel: 3, stride: 1, padding: 1, dilation: 2 };
      expect(inverseWindowSize(windowSize(n, axis), axis)).toBe(n);
    }
    expect(inverseWindowSize(4, { kernel: 3, stride: 2, padding: 1, dilation: 1 })).toBeUndefined();
  });
});
