import { describe, expect, test } from "vitest";
import { wrapItems } from "../src/wrap.ts";

describe("wrapItems", () => {
  test("lines break between items at 12 columns, the comma stays with its item", () => {
    expect(wrapItems(["tau 4", "r 4", "v_leak 0"], 12)).toEqual(["tau 4, r 4,", "v_leak 0"]);
  });

  test("an item longer than the width stands alone and whole; nothing gives no line", () => {
    expect(wrapItems(["a", "longer than ten", "b"], 10)).toEqual(["a,", "longer than ten,", "b"]);
    expect(wrapItems([], 10)).toEqual([]);
  });
});
