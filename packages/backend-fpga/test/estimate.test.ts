import { describe, expect, test } from "vitest";
import { estimateFpga } from "../src/estimate.ts";
import { blockCount } from "../src/memory-blocks.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { randomNetwork } from "./random-network.ts";

describe("estimateFpga", () => {
  test("blocks: 160 + 128 bits of 16 words are 18 blocks of iCE40, none where there is LUT RAM", () => {
    const state = (width: number, family: "ice40" | "xc7"): number =>
      blockCount({ width, depth: 16 }, family, "auto");
    expect(state(160, "ice40") + state(128, "ice40")).toBe(18);
    expect(state(160, "xc7")).toBe(0);
    expect(blockCount({ width: 32, depth: 4096 }, "ice40", "auto")).toBe(32);
    expect(blockCount({ width: 32, depth: 4096 }, "xc7", "auto")).toBe(4);
    expect(blockCount({ width: 160, depth: 16 }, "ice40", "registers")).toBe(0);
  });

  test("every figure has unit, method and source; energy is told apart from any board", () => {
    const { network, input } = randomNetwork(3);
    const plan = planFpga(network, { mul: "lut" });
    const { figures, diagnostics } = estimateFpga(plan, simulateFpga(plan, input).activity);
    expect(diagnostics).toEqual([]);
    for (const figure of figures) {
      expect(Number.isFinite(figure.value) && figure.value >= 0).toBe(true);
      for (const word of [figure.unit, figure.method, figure.source]) expect(word).not.toBe("");
    }
    const energy = figures.filter(({ name }) => name.startsWith("operation energy"));
    expect(energy).toHaveLength(network.populations.length);
    expect(energy[0]?.source).toContain("not this FPGA");
  });

  test("the closed form of the cycles of a single layer is within a fifth of the cycle simulator", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { network, input } = randomNetwork(seed);
      if (network.populations.length > 1) continue;
      const plan = planFpga(network, { mul: "lut", pe: 2 });
      const trace = simulateFpga(plan, input);
      const cycles = estimateFpga(plan, trace.activity).figures.find(
        ({ name, part }) => name === "cycles per sample" && part === undefined,
      );
      // The closed form knows the mean number of spikes, not how they fall into words.
      expect(
        Math.abs((cycles?.value as number) - (trace.cycles as number)) / (trace.cycles as number),
      ).toBeLessThan(0.34);
    }
  });
});
