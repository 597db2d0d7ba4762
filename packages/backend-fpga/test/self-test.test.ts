import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Events } from "@nirkit/graph";
import { simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { imageSum } from "../src/print/image-check.ts";
import { selfTestSamples } from "../src/self-test.ts";
import { simulateFpga } from "../src/simulate.ts";
import { acceptanceDesigns, type Design } from "./designs.ts";
import { hasTool, isDeep, runTool, withFolder } from "./outside.ts";
import { randomNetwork } from "./random-network.ts";

const designs = acceptanceDesigns();
const named = (start: string): Design => designs.find(({ name }) => name.startsWith(start)) as Design;
const planOf = ({ network, options }: Design): ReturnType<typeof planFpga> => planFpga(network, options);

describe("selfTestSamples", () => {
  test("three samples: empty, sparse and dense steps, an eos in the middle, one sample of a single step", () => {
    for (const design of designs) {
      const samples = selfTestSamples(planOf(design)).map((input) => input.get("in") as Events);
      expect(samples).toHaveLength(3);
      expect(samples[2]?.steps).toBe(1);
      if (design.options?.holdInput) continue;
      const counts = samples.flatMap(({ start, steps }) =>
        Array.from({ length: steps }, (_, t) => (start[t + 1] as number) - (start[t] as number)),
      );
      const { shape, maxEvents } = design.network.inputs[0] as Design["network"]["inputs"][0];
      expect(counts).toContain(0);
      expect(counts).toContain((shape[0] as number) * maxEvents);
    }
  });

  test("a signed 8-bit input gets both ends, -128 and 127, at every address", () => {
    const plan = planOf(named("signed 8-bit"));
    const events = selfTestSamples(plan).map((input) => input.get("in") as Events);
    for (const end of [-128, 127])
      for (let address = 0; address < 4; address++)
        expect(
          events.some(({ index, value }) => index.some((a, k) => a === address && value?.[k] === end)),
        ).toBe(true);
  });

  test("the same plan draws the same samples, another plan others; the golden network takes them and agrees", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { network } = randomNetwork(seed);
      const plan = planFpga(network, { mul: "lut", pe: 1 + (seed % 4) });
      const samples = selfTestSamples(plan);
      expect(selfTestSamples(plan)).toEqual(samples);
      for (const input of samples)
        expect(simulateFpga(plan, input, { level: "step" }).outputs.get("out")?.data).toEqual(
          simulateNetwork(network, input).outputs.get("out")?.data,
        );
    }
    const { network } = randomNetwork(3);
    expect(selfTestSamples(planFpga(network, { mul: "lut", pe: 1 }))).not.toEqual(
      selfTestSamples(planFpga(network, { mul: "lut", pe: 2 })),
    );
  });

  test("the bench is bounded: cycles x sum of (1 + lanes^2) stays within 250 000 from 1 to 64 lanes", () => {
    for (const pe of [1, 4, 16, 64]) {
      const plan = planFpga(named("three layers, buffers of 2").network, { pe });
      const cycles = emitFpga(plan).find(({ path }) => path === "tb/cycles.mem")?.content as string;
      expect(Number.parseInt(cycles, 16) * 3 * (1 + pe ** 2)).toBeLessThan(pe === 64 ? 4_000_000 : 250_000);
    }
  });
});

test("imageSum is FNV-1a over 32-bit chunks: one zero word gives 050c5d1f, every flipped bit another sum", () => {
  const memory = {
    role: "weights",
    file: "w.mem",
    laneBits: 40,
    signed: true,
    code: "integer",
    width: 40,
    depth: 2,
  } as const;
  expect(imageSum({ ...memory, width: 32, words: ["00000000"] })).toBe(0x050c5d1f);
  const words = ["12deadbeef", "0000000001"];
  const sum = imageSum({ ...memory, words });
  for (let word = 0; word < 2; word++)
    for (let bit = 0; bit < 40; bit++) {
      const changed = [...words];
      changed[word] = (BigInt(`0x${words[word]}`) ^ (1n << BigInt(bit))).toString(16).padStart(10, "0");
      expect(imageSum({ ...memory, words: changed })).not.toBe(sum);
    }
});

test("load does not look at tb/: another bench gives the same deployment", () => {
  const files = emitFpga(planOf(designs[0] as Design));
  const other = files.map((file) => (file.path.startsWith("tb/") ? { ...file, content: "no bench" } : file));
  expect(fromArtefacts(other)).toEqual(fromArtefacts(files));
});

function flipLastBit(folder: string, path: string): void {
  const text = readFileSync(join(folder, path), "utf8").trimEnd();
  const digit = (Number.parseInt(text.at(-1) as string, 16) ^ 1).toString(16);
  writeFileSync(join(folder, path), `${text.slice(0, -1)}${digit}\n`);
}

describe.runIf(hasTool("iverilog") && hasTool("make"))("make in the emitted folder, nothing added", () => {
  const make = (folder: string, target: string): { code: number; text: string } =>
    runTool(folder, "make", ["-C", "scripts", target]);

  test("sim-icarus passes, fails with any changed image and names its layer and file, and passes again", () => {
    const design = named("recurrent CubaLIF and LI readout, 2");
    const files = emitFpga(planOf(design));
    withFolder(files, (folder) => {
      expect(make(folder, "sim-icarus")).toMatchObject({ code: 0 });
      for (const path of files.map((file) => file.path).filter((name) => name.startsWith("mem/"))) {
        flipLastBit(folder, path);
        const { code, text } = make(folder, "sim-icarus");
        expect(code).not.toBe(0);
        const layer = path.slice(4, 6);
        expect(text).toMatch(
          new RegExp(`NIRKIT_FAIL first=\\d+ exp=\\S+ got=\\S+ layer=(${layer}\\S*|l2)\n`),
        );
        flipLastBit(folder, path);
      }
      expect(make(folder, "sim-icarus").text).toMatch(/NIRKIT_PASS beats=\d+ cycles=\d+\n/);
    });
  }, 120_000);

  test("a changed bit in every kind of parameter memory fails", () => {
    const files = emitFpga(planOf(named("a parameter of its own")));
    withFolder(files, (folder) => {
      const images = files.map((file) => file.path).filter((path) => path.startsWith("mem/"));
      expect(images).toHaveLength(5);
      for (const path of images) {
        flipLastBit(folder, path);
        expect(make(folder, "sim-icarus").text, path).toMatch(/NIRKIT_FAIL .*layer=l1/);
        flipLastBit(folder, path);
      }
    });
  }, 120_000);

  test("make -f scripts/Makefile works from the folder too, and clean removes what was built", () => {
    withFolder(emitFpga(planOf(designs[1] as Design)), (folder) => {
      expect(runTool(folder, "make", ["-f", "scripts/Makefile", "sim-icarus"]).code).toBe(0);
      expect(existsSync(join(folder, "build"))).toBe(true);
      expect(make(folder, "clean").code).toBe(0);
      expect(existsSync(join(folder, "build"))).toBe(false);
    });
  }, 60_000);

  test.runIf(hasTool("verilator") && hasTool("yosys"))(
    "sim-verilator, lint and synthesis for three families end with 0",
    () => {
      const chosen = isDeep ? designs : [named("a parameter of its own")];
      for (const design of chosen)
        withFolder(emitFpga(planOf(design)), (folder) => {
          for (const target of ["sim-verilator", "lint", "synth-ice40", "synth-ecp5", "synth-xilinx"]) {
            const { code, text } = make(folder, target);
            expect(code, `${design.name}, ${target}: ${text.slice(-2000)}`).toBe(0);
          }
        });
    },
    isDeep ? 1_800_000 : 240_000,
  );
});
