import { simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { graphDesigns } from "./graph-designs.ts";
import { hasTool, icarus, isDeep, lint, verilator } from "./outside.ts";

const signals = ["out", "v", "vpre", "i"] as const;

describe("designs that are no chain, against the golden network", () => {
  for (const { name, network, inputs, options } of graphDesigns())
    test(name, () => {
      const plan = planFpga(network, options);
      const loaded = fromArtefacts(emitFpga(plan));
      for (const input of inputs) {
        const golden = simulateNetwork(network, input, { record: { nodes: "all", signals } });
        const record = { populations: "all", signals } as const;
        for (const mine of [simulateFpga(plan, input, { record }), simulateFpga(loaded, input, { record })])
          for (const [key, tensor] of [...golden.records, ...golden.outputs])
            expect(
              Array.from((mine.records.get(key) ?? mine.outputs.get(key))?.data as Float64Array),
              key,
            ).toEqual(Array.from(tensor.data as Float64Array));
      }
    });
});

describe.runIf(hasTool("iverilog"))(
  "the same in Icarus: every beat, every cycle, and again under back-pressure",
  () => {
    for (const { name, network, inputs, options } of graphDesigns())
      test(name, () => {
        const plan = planFpga(network, options);
        const bench = benchFiles(plan, inputs);
        expect(icarus([...emitFpga(plan), ...bench.files])).toBe(
          `NIRKIT_SEED 4e49524b\nNIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
        );
      });
  },
);

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
