import { processTools } from "@nirkit/backend/node";
import type { SpikeInput } from "@nirkit/graph";
import { type Network, simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import fpga from "../src/index.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { type FpgaOptions, parseFpgaOptions } from "../src/options.ts";
import { planFpga } from "../src/plan.ts";
import type { FpgaPlan } from "../src/plan-types.ts";
import { simulateFpga } from "../src/simulate.ts";
import type { Design } from "./designs.ts";
import { graphDesigns } from "./graph-designs.ts";
import { hasTool, icarus, isDeep, lint, verilator } from "./outside.ts";
import { randomGraph } from "./random-graph.ts";

const signals = ["out", "v", "vpre", "i"] as const;

/** Options that vary with the seed. */
const varied = (seed: number): Partial<FpgaOptions> => ({
  pe: 1 + (seed % 5),
  mul: "lut",
  fifoDepth: [0, 2, 16][seed % 3] as number,
  axiLite: seed % 4 === 0,
});

/** Runs a sample in the loaded design and compares every signal, output and event count with the golden network's. */
function compare(network: Network, input: SpikeInput, plan: FpgaPlan): void {
  const golden = simulateNetwork(network, input, { record: { nodes: "all", signals } });
  const record = { populations: "all", signals } as const;
  const mine = simulateFpga(plan, input, { record });
  for (const [key, tensor] of [...golden.records, ...golden.outputs])
    expect(Array.from((mine.records.get(key) ?? mine.outputs.get(key))?.data as Float64Array), key).toEqual(
      Array.from(tensor.data as Float64Array),
    );
  for (const { name } of network.populations)
    expect(mine.activity.get(name)?.eventsOut).toBe(golden.activity.get(name)?.eventsOut);
}

describe("designs that are no chain, against the golden network", () => {
  for (const { name, network, inputs, options } of graphDesigns())
    test(name, () => {
      const plan = planFpga(network, options);
      const loaded = fromArtefacts(emitFpga(plan));
      for (const input of inputs) for (const of of [plan, loaded]) compare(network, input, of);
    });

  test(`${isDeep ? 3000 : 100} random graphs: every signal, and no dead lock under pressure`, () => {
    for (let seed = 0; seed < (isDeep ? 3000 : 100); seed++) {
      const { network, input } = randomGraph(seed);
      const plan = planFpga(network, varied(seed));
      compare(network, input, plan);
      const pressure = {
        ready: (at: number) => Math.ceil(at / 3) * 3,
        valid: (at: number) => Math.ceil(at / 5) * 5,
      };
      const free = simulateFpga(plan, input);
      const held = simulateFpga(plan, input, { pressure });
      expect(held.beats).toEqual(free.beats);
      expect(held.cycles, `seed ${seed}`).toBeGreaterThanOrEqual(free.cycles as number);
    }
  }, 600_000);
});

describe.runIf(hasTool("iverilog"))(
  "the same in Icarus: every beat, every cycle, and again under back-pressure",
  () => {
    for (const { name, network, inputs, options } of graphDesigns().slice(0, isDeep ? undefined : 6))
      test(name, () => {
        const plan = planFpga(network, options);
        const bench = benchFiles(plan, inputs);
        expect(icarus([...emitFpga(plan), ...bench.files])).toBe(
          `NIRKIT_SEED 4e49524b\nNIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
        );
      });
  },
);

describe.runIf(hasTool("iverilog") && isDeep)("random graphs in Icarus", () => {
  test("150 of them", () => {
    for (let seed = 1000; seed < 1150; seed++) {
      const { network, input } = randomGraph(seed);
      const plan = planFpga(network, varied(seed));
      const bench = benchFiles(plan, [input, input]);
      expect(icarus([...emitFpga(plan), ...bench.files]), `seed ${seed}`).toBe(
        `NIRKIT_SEED 4e49524b\nNIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
      );
    }
  }, 1_800_000);
});

describe.runIf(hasTool("iverilog"))("registers of graphs in Icarus, with weights that are loaded", () => {
  const chosen = graphDesigns().filter((_, k) => (isDeep ? k !== 4 : k === 3));
  for (const { name, network, inputs, options } of chosen)
    test(name, () => {
      const plan = planFpga(network, { ...options, weights: "ram", axiLite: true });
      const bench = benchFiles(plan, inputs);
      expect(icarus([...emitFpga(plan), ...bench.files])).toContain(
        `NIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
      );
    });

  test("a Delay that differs between neurons is not loaded: E_FPGA_LOADABLE", () => {
    const { network } = graphDesigns()[4] as Design;
    expect(() => planFpga(network, { weights: "ram", axiLite: true })).toThrow(/E_FPGA_LOADABLE/);
  });
});

describe("verify of a graph", () => {
  const { network, inputs, options } = graphDesigns()[2] as Design;
  const chosen = parseFpgaOptions(options ?? {});
  const files = fpga.emit(fpga.compile(network, chosen));
  const samples = inputs.map((input) => ({ input }));
  const verify = fpga.verify as NonNullable<typeof fpga.verify>;
  const none = { version: async () => undefined, workspace: () => Promise.reject(new Error("not reached")) };

  test("the emitted files pass, a flipped bit in the weights of any arc names its layer", async () => {
    expect(await verify(fpga.load(files), { samples, network }, none)).toMatchObject({ ok: true });
    const images = files.filter(({ path }) => /^mem\/.*_w\d*\.mem$/.test(path));
    expect(images.map(({ path }) => path)).toEqual([
      "mem/a_w.mem",
      "mem/a_w1.mem",
      "mem/b_w.mem",
      "mem/b_w1.mem",
    ]);
    for (const { path } of images) {
      const broken = files.map((file) =>
        file.path === path
          ? { path, content: (file.content as string).replace(/^./, (d) => (d === "0" ? "1" : "0")) }
          : file,
      );
      const report = await verify(fpga.load(broken), { samples, network }, none);
      expect(report.ok).toBe(false);
      expect(report.mismatch?.layer).toBe(path.slice(4, 5));
    }
  });

  test.runIf(hasTool("iverilog"))(
    "Icarus passes, and fails with a changed exit",
    async () => {
      const limits = new Map([["verilator", 0]]);
      const report = await verify(fpga.load(files), { samples, network, limits }, processTools());
      expect(report).toMatchObject({ ok: true, diagnostics: [] });
      const broken = files.map((file) =>
        file.path === "rtl/nk_merge.v"
          ? {
              ...file,
              content: (file.content as string).replace("in_beat[turn*W +: W]", "~in_beat[turn*W +: W]"),
            }
          : file,
      );
      const failed = await verify(fpga.load(broken), { samples, network, limits }, processTools());
      expect(failed.ok).toBe(false);
    },
    60_000,
  );
});

describe.runIf(hasTool("verilator") && isDeep)("the same in Verilator, without a warning", () => {
  for (const { name, network, inputs, options } of graphDesigns())
    test(name, () => {
      const plan = planFpga(network, options);
      const bench = benchFiles(plan, inputs);
      const files = [...emitFpga(plan), ...bench.files];
      expect(lint(files, "snn_top")).toBe("");
      expect(verilator(files)).toContain(`NIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`);
    }, 120_000);
});
