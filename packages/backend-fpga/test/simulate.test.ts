import type { SpikeInput } from "@nirkit/graph";
import { type IntegerNeuron, type Network, simulateNetwork } from "@nirkit/network";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { createFpgaSimulator, simulateFpga } from "../src/simulate.ts";
import { acceptanceDesigns, convolutionDesigns, pattern, regular } from "./designs.ts";
import { isDeep } from "./outside.ts";
import { randomMaps } from "./random-maps.ts";
import {
  dense,
  network,
  population,
  randomNetwork,
  spikes,
  workedRows,
  workedSpikes,
} from "./random-network.ts";

const signals = ["out", "v", "vpre", "i"] as const;

function worked(model: Partial<IntegerNeuron>): Network {
  return network({
    input: { shape: [3], maxEvents: 2 },
    populations: [population("l1", 2, model)],
    projections: [dense("fc1", "in", "l1", workedRows)],
  });
}

/** x and U' of both neurons by step. */
function trace(net: Network, input: SpikeInput): number[][] {
  const result = simulateFpga(planFpga(net), input, {
    record: { populations: "all", signals: ["vpre", "v"] },
  });
  const x = result.records.get("l1/vpre")?.data as Int32Array;
  const v = result.records.get("l1/v")?.data as Int32Array;
  return Array.from(
    { length: result.steps },
    (_, t) => [x[2 * t], v[2 * t], x[2 * t + 1], v[2 * t + 1]] as number[],
  );
}

describe("step level", () => {
  test("worked layer, zero reset, shift leak 3, TH 48, 8 bits: 64 fires at steps 0, 5, 6", () => {
    const model = { theta: Int32Array.of(48), stateBits: 8, leak: { form: "shift", shift: 3 } } as const;
    expect(trace(worked(model), spikes(workedSpikes))).toEqual([
      [64, 0, -32, -32],
      [-32, -32, -20, -20],
      [8, 8, -43, -43],
      [7, 7, -37, -37],
      [15, 15, -36, -36],
      [78, 0, -63, -63],
      [64, 0, -87, -87],
    ]);
  });

  test("worked layer, subtract reset, F 4, leak 3584 >> 12 toward zero, TH = SUB = 768, 12 bits", () => {
    const model = {
      theta: Int32Array.of(768),
      sub: Int32Array.of(768),
      reset: "subtract",
      fracBits: 4,
      stateBits: 12,
      leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
    } as const;
    expect(trace(worked(model), spikes(workedSpikes))).toEqual([
      [1024, 256, -512, -512],
      [-288, -288, -320, -320],
      [324, 324, -696, -696],
      [283, 283, -609, -609],
      [375, 375, -596, -596],
      [1352, 584, -1033, -1033],
      [1535, 767, -1415, -1415],
    ]);
  });

  test("worked layer, IF, subtract reset of 48 in 7 bits: -86 and -96 are stored as -64", () => {
    const model = {
      theta: Int32Array.of(48),
      sub: Int32Array.of(48),
      reset: "subtract",
      stateBits: 7,
    } as const;
    expect(trace(worked(model), spikes(workedSpikes))).toEqual([
      [64, 16, -32, -32],
      [-16, -16, -24, -24],
      [20, 20, -50, -50],
      [20, 20, -50, -50],
      [28, 28, -54, -54],
      [92, 44, -86, -64],
      [108, 60, -96, -64],
    ]);
  });

  test("plan, emitted files, loaded simulator and golden network agree in every signal of 150 random chains", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 9 }), (seed, pe) => {
        const { network: net, input } = seed % 3 === 2 ? randomMaps(seed) : randomNetwork(seed);
        const plan = planFpga(net, { pe, mul: "lut" });
        const golden = simulateNetwork(net, input, { record: { nodes: "all", signals } });
        const record = { populations: "all", signals } as const;
        const direct = simulateFpga(plan, input, { level: "step", record });
        const loaded = simulateFpga(fromArtefacts(emitFpga(plan)), input, { level: "step", record });
        for (const [name, tensor] of [...golden.records, ...golden.outputs]) {
          const values = Array.from(tensor.data as Float64Array);
          for (const mine of [direct, loaded])
            expect(
              Array.from((mine.records.get(name) ?? mine.outputs.get(name))?.data as Float64Array),
            ).toEqual(values);
        }
      }),
      { numRuns: isDeep ? 3000 : 150, seed: 7 },
    );
  });

  test("the activity of populations equals the golden network's", () => {
    const { network: net, input } = randomNetwork(5);
    const golden = simulateNetwork(net, input).activity;
    const mine = simulateFpga(planFpga(net, { mul: "lut" }), input).activity;
    for (const { name } of net.populations)
      expect(mine.get(name)?.eventsOut).toBe(golden.get(name)?.eventsOut);
  });

  test("the synaptic operations of 40 random chains equal the golden network's, zero weights left out", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { network: net, input } = randomNetwork(seed);
      // A sum of several events on one address is cut into words, each an event of the hardware.
      if ((net.inputs[0]?.maxEvents ?? 0) > 1) continue;
      const golden = simulateNetwork(net, input).activity;
      const simulator = createFpgaSimulator(planFpga(net, { mul: "lut", pe: 3 }));
      simulator.run(input);
      const mine = simulator.run(input).activity;
      // Parallel projections are one image, so they count as one.
      for (const { name } of net.projections.filter((p) => mine.has(p.name)))
        expect(mine.get(name), `seed ${seed}, ${name}`).toMatchObject({
          eventsIn: golden.get(name)?.eventsIn,
          synapticOps: golden.get(name)?.synapticOps,
        });
    }
  });
});

describe("cycle level", () => {
  const silent = (size: number, inputs: number): Network =>
    network({
      input: { shape: [inputs] },
      populations: [population("l1", size, { theta: Int32Array.of(2 ** 11 - 1) })],
      projections: [dense("fc1", "in", "l1", pattern(size, inputs, 1))],
    });
  const cycles = (net: Network, rows: number[][], pe: number): number =>
    simulateFpga(planFpga(net, { pe }), spikes(rows)).cycles as number;

  test("NI 256, N 128, P 8, T 20, no input: 380 cycles, 19 per step", () => {
    const none = Array.from({ length: 20 }, () => new Array<number>(256).fill(0));
    expect(cycles(silent(128, 256), none, 8)).toBe(380);
  });

  test("a step is E·K + K + sum max(0, s − 1) + 3 + [s_last > 0], and steps abut", () => {
    for (const [size, pe] of [
      [10, 16],
      [16, 8],
      [15, 4],
      [7, 1],
      [33, 2],
    ] as const) {
      const net = network({
        input: { shape: [6] },
        populations: [population("l1", size, { theta: Int32Array.of(3), stateBits: 16 })],
        projections: [dense("fc1", "in", "l1", pattern(size, 6, 7))],
      });
      const rows = regular(12, 6, 2);
      const out = simulateFpga(planFpga(net, { pe }), spikes(rows)).outputs.get("out")?.data as Int32Array;
      const words = Math.ceil(size / pe);
      let expected = 0;
      rows.forEach((row, t) => {
        const perWord = Array.from({ length: words }, (_, k) =>
          out
            .slice(t * size + k * pe, Math.min(t * size + (k + 1) * pe, (t + 1) * size))
            .reduce((a, b) => a + b, 0),
        );
        expected += row.reduce((a, b) => a + b, 0) * words + words + 3 + (perWord.at(-1) === 0 ? 0 : 1);
        expected += perWord.reduce((sum, s) => sum + Math.max(0, s - 1), 0);
      });
      expect(cycles(net, rows, pe)).toBe(expected);
    }
  });

  test("a recurrent step costs K + R·K more", () => {
    const size = 6;
    const parts = (isRecurrent: boolean): Network =>
      network({
        input: { shape: [2] },
        populations: [population("l1", size, { theta: Int32Array.of(-1), reset: "none", vMin: 0 })],
        projections: [
          dense("fc1", "in", "l1", pattern(size, 2, 1)),
          ...(isRecurrent
            ? [
                dense(
                  "back",
                  "l1",
                  "l1",
                  pattern(size, size, 1).map((r) => r.map(() => 0)),
                  { delay: 1 },
                ),
              ]
            : []),
        ],
      });
    const rows = [
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    // All six neurons fire in every step: R = 0, 6, 6.
    for (const pe of [6, 3, 4]) {
      const words = Math.ceil(size / pe);
      expect(cycles(parts(true), rows, pe) - cycles(parts(false), rows, pe)).toBe(3 * words + 12 * words);
    }
  });

  test("a sample after an eos waits K cycles for the clear", () => {
    const plan = planFpga(silent(16, 2), { pe: 4 });
    const simulator = createFpgaSimulator(plan);
    const input = spikes([[0, 0]]);
    expect(simulator.streamCycles([input])).toBe(4 + 3);
    expect(simulator.streamCycles([input, input])).toBe(2 * (4 + 3) + 4);
  });

  test("a sink that takes every third beat and a source that offers every fifth only delay", () => {
    for (const { network: net, inputs, options } of [...acceptanceDesigns(), ...convolutionDesigns()]) {
      const plan = planFpga(net, options);
      const input = inputs[0] as SpikeInput;
      const free = simulateFpga(plan, input);
      const pressure = {
        ready: (at: number) => Math.ceil(at / 3) * 3,
        valid: (at: number) => Math.ceil(at / 5) * 5,
      };
      const held = simulateFpga(plan, input, { pressure });
      expect(held.beats).toEqual(free.beats);
      expect(held.cycles).toBeGreaterThanOrEqual(free.cycles as number);
    }
  });
});
