import { describe, expect, test } from "vitest";
import {
  calibrateTiming,
  cyclesOf,
  defaultTiming,
  energyOf,
  operatingPoints,
  profileS2,
  simulateS2,
  totalJoules,
} from "../src/index.ts";
import { convNet } from "./graphs.ts";
import { mapped } from "./quantized.ts";

import { sample } from "./sample-input.ts";

const dt = 1e-3;

describe("time and energy", () => {
  const run = { seconds: 0.301, pes: 52, cycles: 301 * (2000 * 52 + 60 * 8970) + 19.9 * 2e6 };

  test("301 steps, 52 PEs, 8 970 neurons, 2 M synaptic events: 2.331e8 cycles", () => {
    expect(run.cycles / 1e8).toBeCloseTo(2.331, 3);
    expect(cyclesOf({ steps: 1, neurons: 1024, packets: 0, synapticOps: 12000 }) - 2000).toBeCloseTo(
      300_240,
      0,
    );
  });

  test("at 0.5 V: 22.6 + 16.5 + 1.9 = 41.1 mJ; at 0.8 V and half the tick: 11.3 + 25.2 + 3.5 = 40.0 mJ", () => {
    const parts = (level: "low" | "high", seconds: number): string[] => {
      const energy = energyOf(operatingPoints[level], { ...run, seconds });
      return [energy.baseline, energy.sleep, energy.dynamic, totalJoules(energy)].map((j) =>
        (j * 1000).toFixed(1),
      );
    };
    expect(parts("low", 0.301)).toEqual(["22.6", "16.5", "1.9", "41.1"]);
    expect(parts("high", 0.1505)).toEqual(["11.3", "25.2", "3.5", "40.0"]);
  });

  test("sleep 1.0539 and 3.2204 mW, work 2.2987 and 7.7151 mW per PE; 150 PEs lie between 233 and 420 mW at 0.5 V", () => {
    const { low, high } = operatingPoints;
    expect([low.sleep, high.sleep, low.active, high.active].map((w) => (w * 1000).toFixed(4))).toEqual([
      "1.0539",
      "3.2204",
      "2.2987",
      "7.7151",
    ]);
    expect(Math.floor((0.0752 + 150 * low.sleep) * 1000)).toBe(233);
    expect(Math.floor((0.0752 + 150 * low.active) * 1000)).toBe(420);
  });

  test("four recordings that follow the default model give its constants back", () => {
    const points = [
      [10, 5, 100],
      [250, 40, 9000],
      [100, 900, 200],
      [30, 70, 40000],
      [1000, 10, 10],
    ] as const;
    const samples = points.map(([neurons, packets, synapticOps]) => ({
      neurons,
      packets,
      synapticOps,
      seconds: cyclesOf({ steps: 1, neurons, packets, synapticOps }) / 300e6,
    }));
    const fitted = calibrateTiming(samples, 300e6);
    for (const key of ["fixed", "perNeuron", "perPacket", "perSynapse"] as const)
      expect(fitted?.[key]).toBeCloseTo(defaultTiming[key], 6);
    expect(calibrateTiming(samples.slice(0, 3), 300e6)).toBeUndefined();
  });

  test("a profile counts what the run did: packets, synaptic operations, the least tick, three energies", async () => {
    const mapping = await mapped(convNet(), { dt }, { maxAtoms: 25 });
    const input = sample(mapping, 20);
    const profile = profileS2(mapping, input);
    const { activity } = simulateS2(mapping, input);
    const ops = profile.pes.reduce((sum, pe) => sum + pe.synapticOps.reduce((a, b) => a + b, 0), 0);
    const names = ["conv1", "conv2", "fc"];
    // Spikes of the last step arrive after the run.
    expect(ops).toBeLessThanOrEqual(
      names.reduce((sum, name) => sum + (activity.get(name)?.synapticOps ?? 0), 0),
    );
    expect(ops).toBeGreaterThan(
      0.9 * names.reduce((sum, name) => sum + (activity.get(name)?.synapticOps ?? 0), 0),
    );
    expect(profile.diagnostics).toEqual([]);
    expect(profile.joules.low).toBeLessThan(profile.joules.high);
    expect(profile.joules.auto).toBeGreaterThanOrEqual(profile.joules.low);
    const tight = profileS2(
      { ...mapping, options: { ...mapping.options, tickMs: profile.leastTick * 999 } },
      input,
    );
    expect(tight.diagnostics.map(({ code }) => code)).toContain("W_S2_OVERRUN");
  });
});
