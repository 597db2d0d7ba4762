import type { ToolRunner } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import type { SpikeInput } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { type ComparedVariant, comparePlans, planFpga, simulateFpga } from "../../src/index.ts";
import { hasTool, isDeep } from "../outside.ts";
import { dense, network, population } from "../random-network.ts";

const hasTools = hasTool("yosys") && hasTool("iverilog");
const random = philox(7, "compare");
const exponents = Array.from({ length: 8 }, () =>
  Array.from({ length: 12 }, () => (random.integer(2) === 0 ? 1 : -1) * 2 ** random.integer(7)),
);
const integers = exponents.map((row) => row.map(() => random.integer(255) - 127));

function variant(label: string, weights: number[][], pe = 4, inputs = 12): ComparedVariant {
  const made = network({
    input: { shape: [inputs], bits: 8, signed: false },
    populations: [
      population("l1", 8, {
        leak: { form: "shift", shift: 3 },
        reset: "subtract",
        stateBits: 18,
        theta: Int32Array.of(3000),
        sub: Int32Array.of(3000),
      }),
    ],
    projections: [dense("fc1", "in", "l1", weights)],
  });
  return { label, plan: planFpga(made, { pe }), accuracy: 0.5 };
}

function samples(count: number, steps: number): SpikeInput[] {
  return Array.from({ length: count }, () => {
    const data = Int32Array.from({ length: steps * 12 }, () =>
      random.integer(4) === 0 ? 0 : random.integer(256),
    );
    return new Map([["in", { dtype: "int32", shape: [steps, 12], data }]]) as SpikeInput;
  });
}

describe("comparePlans", () => {
  test("without tools: exact cycles, code bits 4 against 8, and operations; no area, no toggles", async () => {
    const variants = [variant("pot:4", exponents), variant("uniform:8", integers)];
    const vectors = samples(3, 5);
    const report = await comparePlans(variants, vectors, undefined);
    const [pot, uniform] = report.designs;
    const mean =
      vectors.reduce((sum, input) => sum + (simulateFpga(variants[0]?.plan as never, input).cycles ?? 0), 0) /
      3;
    expect(pot?.cyclesPerSample).toBe(mean);
    expect(pot?.weights).toEqual([{ layer: "l1", bits: 4, code: "pot" }]);
    expect(uniform?.weights).toEqual([{ layer: "l1", bits: 8, code: "integer" }]);
    expect(uniform?.weightBits).toBe(2 * (pot?.weightBits as number));
    expect(pot?.area).toEqual([]);
    expect(pot?.toggles).toBeUndefined();
    expect(report.ratios[0]?.operations).toBeGreaterThan(1.5);
    expect(report.tiers.operations).toContain("not this FPGA");
  });

  test("designs with other lanes are refused as E_FPGA_COMPARE", async () => {
    const other = variant("uniform:8", integers, 2);
    await expect(comparePlans([variant("pot:4", exponents), other], [], undefined)).rejects.toMatchObject({
      diagnostics: [{ code: "E_FPGA_COMPARE" }],
    });
  });

  test("a tool that is missing is named: E_FPGA_TOOL yosys", async () => {
    const none = { ...processTools(), version: async () => undefined } satisfies ToolRunner;
    await expect(comparePlans([variant("pot:4", exponents)], [], none)).rejects.toMatchObject({
      diagnostics: [{ code: "E_FPGA_TOOL", path: "yosys" }],
    });
  });

  test.skipIf(!hasTools)(
    "a netlist of one lane runs with the beats of the model for 1000 cycles, under 1 % of its nets unmapped",
    { timeout: 300_000 },
    async () => {
      const report = await compared([variant("pot:4", exponents, 1)]);
      const [design] = report.designs;
      expect(design?.toggles?.beats).toBeGreaterThan(20);
      expect(design?.toggles?.unmapped).toBeLessThan(0.01 * (design?.toggles?.dumped as number));
      expect(design?.toggles?.shares.lanes).toBeGreaterThan(0);
      expect(design?.toggles?.window.cycles).toBeGreaterThanOrEqual(1000);
      expect(design?.toggles?.shares["neuron update"]).toBeGreaterThan(0);
      expect(design?.area[0]?.tool).toMatch(/Yosys/);
    },
  );

  test.skipIf(!hasTools || !isDeep)(
    "four lanes of 8-bit integers take at least 1.2 times the toggles of powers of two in the multi-bit layer",
    { timeout: 1_200_000 },
    async () => {
      const report = await compared([variant("pot:4", exponents), variant("uniform:8", integers)]);
      expect(report.ratios[0]?.multiBitNets).toBeGreaterThan(1.2);
    },
  );
});

function compared(variants: readonly ComparedVariant[]): ReturnType<typeof comparePlans> {
  return comparePlans(variants, samples(20, 4), processTools(), { families: ["ice40"] });
}
