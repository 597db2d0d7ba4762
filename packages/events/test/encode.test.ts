import {
  countSpikes,
  decodeDelta,
  decodeLatency,
  decodeRate,
  encodeDelta,
  encodeDirect,
  encodeLatency,
  encodePhase,
  encodeRate,
  eventsToTensor,
  firstSpikes,
} from "@nirkit/events";
import { philox, roundHalfEven } from "@nirkit/integer";
import { readNpz } from "@nirkit/npy";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasSampleFiles, sampleFile } from "./sample-files.ts";
import { runs } from "./support.ts";

const row = (data: readonly number[]) => ({ shape: [data.length], data });

test("rate: 0 never spikes, 1 always, 0.3 in 1000 steps 300 times within 4 sigma (58)", () => {
  const counts = countSpikes(encodeRate(row([0, 1, 0.3]), 1000, philox(1, "rate")));
  expect([counts[0], counts[1]]).toEqual([0, 1000]);
  expect(Math.abs((counts[2] ?? 0) - 300)).toBeLessThan(58);
  expect(decodeRate(encodeRate(row([1]), 5, philox(1, "rate")))[0]).toBe(1);
});

test("latency: of 11 steps 1 spikes in 0, 0.5 in 5, 0.1 in 9, 0 not at all", () => {
  const events = encodeLatency(row([1, 0.5, 0.1, 0]), 11);
  expect([...firstSpikes(events)]).toEqual([0, 5, 9, -1]);
  expect(decodeLatency(events)[1]).toBe(0.5);
});

test("logarithmic latency: tau 10, theta 0.2: 1 spikes in floor(10 ln 1.25) = 2, 0.25 in 16, 0.2 not at all", () => {
  const events = encodeLatency(row([1, 0.25, 0.2]), 20, { kind: "log", tau: 10, theta: 0.2 });
  expect([...firstSpikes(events)]).toEqual([2, 16, -1]);
});

test("logarithmic latency agrees with Math.log wherever the step is not within 1e-9 of the next", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.011, max: 1, noNaN: true }), (v) => {
      const exact = 7 * Math.log(v / (v - 0.01));
      fc.pre(Math.abs(exact - roundHalfEven(exact)) > 1e-9 && exact < 1000);
      expect(firstSpikes(encodeLatency(row([v]), 1000, { kind: "log", tau: 7, theta: 0.01 }))[0]).toBe(
        Math.floor(exact),
      );
    }),
    { seed: 1, numRuns: runs },
  );
});

test("delta: 0, 1, 0.4, 2 at threshold 0.5 rises 2, falls 1, rises 3; the decoder stays within one threshold", () => {
  const signal = { shape: [4, 1], data: [0, 1, 0.4, 2] };
  const events = encodeDelta(signal, 0.5);
  const { data, shape } = eventsToTensor(events);
  expect(shape).toEqual([4, 2, 1]);
  expect([...data]).toEqual([0, 0, 0, 2, 1, 0, 0, 3]);
  expect([...decodeDelta(events, 0.5, [0])]).toEqual([0, 1, 0.5, 2]);
});

test("delta follows any signal to within one threshold", () => {
  const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.05, max: 2, noNaN: true }), (data, threshold) => {
      const decoded = decodeDelta(encodeDelta({ shape: [data.length, 1], data }, threshold), threshold, [
        data[0] ?? 0,
      ]);
      // Sums of thresholds round in the last bits.
      data.forEach((value, t) => {
        expect(Math.abs(value - (decoded[t] ?? 0))).toBeLessThan(threshold + 1e-9);
      });
    }),
    { seed: 2, numRuns: runs },
  );
});

test("direct: the values in every step", () => {
  expect(encodeDirect(row([0.5, -2]), 2)).toEqual({
    dtype: "float32",
    shape: [2, 2],
    data: Float32Array.of(0.5, -2, 0.5, -2),
  });
});

test("phase: value v of level 16 spikes floor((8 + T v) / 16) times in T steps", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 100 }), (v, steps) => {
      expect(countSpikes(encodePhase(row([v]), steps))[0]).toBe(Math.floor((8 + steps * v) / 16));
    }),
    { seed: 3, numRuns: runs },
  );
});

test("values that a code cannot take are refused with their place", () => {
  expect(() => encodeRate(row([0, 1.5]), 3, philox(1, "x"))).toThrow("E_ENCODE data[1]: The value is 1.5");
  expect(() => encodeLatency(row([Number.NaN]), 3)).toThrow("E_ENCODE data[0]");
  expect(() => encodePhase(row([3.5]), 3)).toThrow("E_ENCODE data[0]");
  expect(() => encodeDelta({ shape: [2, 1], data: [0, 1] }, 0)).toThrow("E_ENCODE threshold");
  expect(() => encodeDirect({ shape: [3], data: [1] }, 2)).toThrow("E_ENCODE data: Shape [3] holds 3 values");
  expect(() => encodeDirect(row([1]), 0)).toThrow("E_ENCODE steps");
});

describe.skipIf(!hasSampleFiles())("handwritten digits", () => {
  test("the phase code of the 270 test images is the spikes of the stored data, bit for bit", () => {
    const pixels = readNpz(sampleFile("traces/real/digits_test.npz"), {
      select: (key) => key === "pixels",
    }).get("pixels");
    const x = readNpz(sampleFile("traces/real/digits_test_xy.npz")).get("x");
    expect(x?.shape).toEqual([270, 16, 64]);
    for (let n = 0; n < 270; n++) {
      const data = Array.from(pixels?.data.subarray(n * 64, (n + 1) * 64) ?? [], Number);
      const spikes = eventsToTensor(encodePhase({ shape: [64], data }, 16)).data;
      expect(Uint8Array.from(spikes)).toEqual(x?.data.subarray(n * 1024, (n + 1) * 1024));
    }
  });
});
