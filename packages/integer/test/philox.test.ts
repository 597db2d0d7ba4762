import { expect, test } from "vitest";
import { philox, philoxAt, philoxBlock } from "../src/index.ts";

const hex = (words: Uint32Array) => [...words].map((w) => w.toString(16).padStart(8, "0")).join(" ");

test("the three known answers of Philox4x32-10 hold", () => {
  expect(hex(philoxBlock([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  const ones = 0xffffffff;
  expect(hex(philoxBlock([ones, ones, ones, ones], [ones, ones]))).toBe(
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  expect(hex(philoxBlock([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

test("the first four normals of key 0, counter (0, 0, 0, 0) are 0.99113768, -0.92466259, -0.61760896, -0.48206859", () => {
  const stream = philoxAt({ key: [0, 0], counter: [0, 0, 0] });
  const expected = [0.99113768, -0.92466259, -0.61760896, -0.48206859];
  // Eight printed digits; ln and cos may differ in the last bit between engines.
  for (const value of expected) expect(stream.normal()).toBeCloseTo(value, 7);
});

test("a draw depends on its number, not on the order of asking", () => {
  const forward = philox(7, "order");
  const sequence = Array.from({ length: 20 }, () => forward.uint32());
  const random = philox(7, "order");
  const backward = Array.from({ length: 20 }, (_, i) => random.at(19 - i)).reverse();
  expect(backward).toEqual(sequence);
});

test("streams of other names and seeds differ", () => {
  const words = [philox(1, "a"), philox(1, "b"), philox(2, "a"), philox(-1, "a")].map((r) => r.uint32());
  expect(new Set(words).size).toBe(4);
});

test("10 000 integers of [0, 6) fall evenly: every count within 4 sigma of 1667", () => {
  const die = philox(3, "die");
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const face = die.integer(6);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  for (const count of counts)
    expect(Math.abs(count - 10_000 / 6)).toBeLessThan(4 * Math.sqrt(10_000 * (1 / 6) * (5 / 6)));
});

test("uniform stays in [0, 1) and is a multiple of 2^-32", () => {
  const stream = philox(4, "uniform");
  for (let i = 0; i < 1000; i++) {
    const u = stream.uniform();
    expect(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 32)).toBe(true);
  }
});
