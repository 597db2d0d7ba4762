import { graph, type NirGraph } from "@nirkit/graph";
import { checkQuantized, readQuantized } from "@nirkit/quantize";
import { quantizeUniform, uniform } from "@nirkit/quantize-uniform";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEquispaced, levelsMembrane, type StateQuantOptions, stateQuantLevels } from "../src/index.ts";

const rounded = (options: StateQuantOptions): readonly number[] =>
  stateQuantLevels(options).map((level) => Number(level.toFixed(4)));

describe("snnTorch state grids", () => {
  test("linear, 2 bit: -1, -.2667, .4667, 1.2 hold neither 0 nor the threshold", () => {
    expect(rounded({ bits: 2 })).toEqual([-1, -0.2667, 0.4667, 1.2]);
  });

  test("threshold-centred, 2 bit, ratio .1: levels bunch at 1", () => {
    // 4·2/2.2 = 3 levels below the threshold and 1 above: room 1 + .1 + .01 over 2.
    expect(rounded({ bits: 2, spacing: "threshold" })).toEqual([-1, 0.8018, 1, 1.2]);
  });

  test("threshold-centred, 3 bit, ratio .3", () => {
    // Below: 7 of 8, steps 2·.3^i/(1.4283); above: one step of .2.
    expect(rounded({ bits: 3, spacing: "threshold" })).toEqual([
      -1, 0.4003, 0.8204, 0.9464, 0.9842, 0.9956, 1, 1.2,
    ]);
  });

  test("centred on 0, 3 bit: three steps below, four above", () => {
    const levels = rounded({ bits: 3, spacing: "zero" });
    expect(levels).toHaveLength(8);
    expect(levels).toContain(0);
    expect([levels[0], levels.at(-1)]).toEqual([-1, 1.2]);
  });

  test("2^b levels, ascending, from −thr(1 + lower) to thr(1 + upper), for every width and spacing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom("linear" as const, "threshold" as const, "zero" as const),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (bits, spacing, threshold) => {
          const levels = stateQuantLevels({ bits, spacing, threshold });
          // Around 0 two bits leave one share below, which is 0 itself.
          if (bits === 2 && spacing === "zero") return levels[0] === 0 && levels.length === 4;
          return (
            levels.length === 2 ** bits &&
            levels.every((level, i) => i === 0 || level > (levels[i - 1] ?? 0)) &&
            Math.abs((levels[0] ?? 0) + threshold) < 1e-9 * threshold &&
            Math.abs((levels.at(-1) ?? 0) - 1.2 * threshold) < 1e-9 * threshold
          );
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  test("linear levels are equispaced, the others are not", () => {
    expect(isEquispaced(stateQuantLevels({ bits: 4 }))).toBe(true);
    expect(isEquispaced(stateQuantLevels({ bits: 4, spacing: "threshold" }))).toBe(false);
    expect(isEquispaced(stateQuantLevels({ bits: 4, spacing: "zero" }))).toBe(false);
  });

  test("0 and 9 bits, and a span without room, are refused", () => {
    for (const options of [{ bits: 0 }, { bits: 9 }, { bits: 4, upper: 0 }, { bits: 4, threshold: -1 }])
      expect(() => stateQuantLevels(options)).toThrow(/E_BAD_OPTION/);
  });
});

const net = (): NirGraph =>
  graph()
    .input("in", [2])
    .linear("fc", { weight: [[0.9, -0.35]] })
    .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();

describe("explicit levels through the driver", () => {
  test("2-bit linear levels lack 0: refused, and taken with complete", async () => {
    const levels = stateQuantLevels({ bits: 2 });
    await expect(
      quantizeUniform(net(), { bits: 4, dt: 1, membrane: levelsMembrane(levels) }),
    ).rejects.toThrow(/E_MEMBRANE_GRID nodes\.lif: .*does not contain 0/);
    const { graph: result, report } = await quantizeUniform(net(), {
      bits: 4,
      dt: 1,
      membrane: levelsMembrane(levels, { complete: true }),
    });
    expect(checkQuantized(result, [uniform])).toEqual([]);
    const lif = readQuantized(result).neurons.get("lif")?.arithmetic;
    // Volts per finest LSB: .9/7/16; -1 V is -124.4.
    expect(lif?.stateLevels).toEqual([-124, -33, 0, 58, 124, 149]);
    expect(report.neurons[0]?.storedBits).toBe(3);
  });

  test("levels that end below the threshold are refused", async () => {
    await expect(
      quantizeUniform(net(), { bits: 4, dt: 1, membrane: levelsMembrane([-1, 0, 0.5]) }),
    ).rejects.toThrow(/E_MEMBRANE_GRID.*below the threshold 124/);
  });
});
