import { philox } from "@nirkit/integer";
import { type IntegerNeuron, type Network, simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { checkFpga, fromArtefacts } from "../src/index.ts";
import { parseFpgaOptions } from "../src/options.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { stateGrid } from "../src/state-grid.ts";
import { pattern } from "./designs.ts";
import { hasTool, icarus, isDeep, lint } from "./outside.ts";
import { dense, network, population, spikes } from "./random-network.ts";

const grids = (bits: number, step: number): Partial<IntegerNeuron> => {
  const most = 2 ** (bits - 1) - 1;
  const stateLevels = Array.from({ length: 2 ** bits }, (_, k) => (k - most - 1) * step);
  const stateBits = bits + Math.ceil(Math.log2(step));
  return { stateBits, stateLevels, vMin: -(most + 1) * step, vMax: most * step };
};
const leaks: readonly IntegerNeuron["leak"][] = [
  { form: "none" },
  { form: "shift", shift: 2 },
  { form: "mul", mul: 3584, shift: 12, round: "floor" },
  { form: "mul", mul: 3584, shift: 12, round: "zero" },
  { form: "mul", mul: 3000, shift: 12, round: "rne" },
];
const resets = ["value", "subtract", "none"] as const;

/** Every leak, reset, compare, order and overflow in turn, on states of 16, 8 and 4 bits. */
function gridNetwork(k: number): Network {
  const bits = [16, 8, 4][k % 3] as number;
  const step = [1, 2, 3, 8, 5][Math.floor(k / 3) % 5] as number;
  const isWrap = k % 7 === 6;
  const plain = { stateBits: bits, vMin: -(2 ** (bits - 1)), vMax: 2 ** (bits - 1) - 1 };
  const theta = Math.min(bits === 4 ? 6 * step : 40, isWrap || step === 1 ? plain.vMax : 1e9);
  const reset = resets[k % 3 === 0 ? Math.floor(k / 3) % 3 : (k + Math.floor(k / 9)) % 3] as "value";
  const model: Partial<IntegerNeuron> = {
    ...(isWrap || step === 1 ? plain : bits === 16 ? grids(10, step) : grids(bits, step)),
    kind: k % 4 === 3 ? "cuba" : "lif",
    cubaOrder: k % 8 === 3 ? "new" : "old",
    leak: leaks[k % 5] as IntegerNeuron["leak"],
    synLeak: leaks[(k + 1) % 5] as IntegerNeuron["leak"],
    overflow: isWrap ? "wrap" : "sat",
    compare: k % 2 === 0 ? "ge" : "gt",
    reset,
    resetDelay: k % 11 === 5 ? 1 : 0,
    theta: Int32Array.of(theta),
    sub: Int32Array.of(theta),
    vReset: Int32Array.of(reset === "value" && k % 2 === 1 ? -step : 0),
  };
  return network({
    input: { shape: [5] },
    populations: [population("l1", 7, model), population("l2", 3, { theta: Int32Array.of(3) })],
    projections: [dense("fc1", "in", "l1", pattern(7, 5, 9)), dense("fc2", "l1", "l2", pattern(3, 7, 3))],
  });
}

function sample(k: number) {
  const random = philox(k, "grid");
  return spikes(Array.from({ length: 12 }, () => Array.from({ length: 5 }, () => random.integer(2))));
}

const signals = ["v", "vpre", "out"] as const;
const count = isDeep ? 1500 : 105;

describe("states on a grid", () => {
  test("levels -9 ... 9 in steps of 3 are stored in 3 bits; 300 in them becomes 9, and -5, nearer to -6 than to -3, -6", () => {
    const levels = [-9, -6, -3, 0, 3, 6, 9];
    const model = { stateLevels: levels, stateBits: 5, vMin: -9, vMax: 9, theta: Int32Array.of(300) };
    const net = network({
      input: { shape: [1], bits: 16, signed: true },
      populations: [population("l1", 1, model)],
      projections: [dense("fc1", "in", "l1", [[1]])],
    });
    const plan = planFpga(net, { streamWidth: 64 });
    expect(plan.layers[0]?.widths.stored).toBe(3);
    expect(plan.layers[0]?.state.find(({ role }) => role === "membrane")?.width).toBe(3);
    const record = { populations: "all", signals: ["v"] } as const;
    const { records } = simulateFpga(plan, spikes([[299], [-300], [1], [4]]), { record });
    expect(Array.from(records.get("l1/v")?.data as Int32Array)).toEqual([9, -9, -9, -6]);
  });

  test("grids with uneven steps or without 0 are refused as E_FPGA_STATE_LEVELS, those of the thresholds are taken", () => {
    const codes = (stateLevels: readonly number[]): readonly string[] => {
      const model = { stateLevels, stateBits: 8, vMin: -128, vMax: 127 };
      const net = network({
        input: { shape: [1] },
        populations: [population("l1", 1, model)],
        projections: [dense("fc1", "in", "l1", [[1]])],
      });
      return checkFpga(net, parseFpgaOptions()).map(({ code }) => code);
    };
    expect(codes([-10, -4, 0, 4])).toContain("E_FPGA_STATE_LEVELS");
    expect(codes([-3, -1, 1, 3])).toContain("E_FPGA_STATE_LEVELS");
    expect(codes([-40, -20, 0, 20])).not.toContain("E_FPGA_STATE_LEVELS");
  });

  test("levels past the range are never reached: of 0, 8, 16, 24 up to 13 there are 0, 8 and 16", () => {
    const neuron = {
      overflow: "sat",
      stateLevels: [0, 8, 16, 24],
      vMin: -3,
      vMax: 13,
    } as unknown as IntegerNeuron;
    expect(stateGrid(neuron)).toEqual({ step: 8, low: 0, high: 16 });
  });

  test(`${count} networks: leaks, resets, compares, orders, overflows on 16, 8 and 4 bits equal the golden network in every signal`, () => {
    let clamped = 0;
    for (let k = 0; k < count; k++) {
      const net = gridNetwork(k);
      const plan = planFpga(net, { pe: 1 + (k % 4) });
      const golden = simulateNetwork(net, sample(k), { record: { nodes: "all", signals } });
      const trace = simulateFpga(fromArtefacts(emitFpga(plan)), sample(k), {
        level: "step",
        record: { populations: "all", signals },
      });
      clamped += [...trace.saturations.values()].reduce((a, b) => a + b, 0);
      for (const [name, tensor] of golden.records)
        expect(Array.from(trace.records.get(name)?.data as Int32Array), `${k} ${name}`).toEqual(
          Array.from(tensor.data as Float64Array),
        );
    }
    expect(clamped).toBeGreaterThan(0);
  });
});

describe.runIf(hasTool("iverilog"))("states on a grid in Icarus", () => {
  const built = isDeep ? 105 : 9;
  test(`${built} networks: every beat and cycle, and under back-pressure`, () => {
    for (let n = 0; n < built; n++) {
      const k = isDeep ? n : 12 * n + 3;
      const plan = planFpga(gridNetwork(k), { pe: 1 + (k % 4) });
      const { files, beats, cycles } = benchFiles(plan, [sample(k), sample(k + 1)]);
      expect(icarus([...emitFpga(plan), ...files]), `${k}`).toContain(
        `NIRKIT_PASS beats=${beats.length} cycles=${cycles}\n`,
      );
    }
  }, 900_000);
});

describe.runIf(hasTool("verilator"))("states on a grid in Verilator", () => {
  test("lint says nothing about steps of 1, 2 and 3", () => {
    for (const k of [1, 4, 7]) expect(lint(emitFpga(planFpga(gridNetwork(k))), "snn_top")).toBe("");
  });
});
