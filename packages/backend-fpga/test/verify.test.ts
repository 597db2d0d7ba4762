import type { VirtualFile } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import type { Sample } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import fpga from "../src/index.ts";
import { parseFpgaOptions } from "../src/options.ts";
import { hasTool, isDeep } from "./outside.ts";
import { randomNetwork } from "./random-network.ts";

const seed = 11;
const { network, input } = randomNetwork(seed);
const samples: Sample[] = [{ input }, { input }];
const options = parseFpgaOptions({ pe: 3, mul: "lut" });
const files = fpga.emit(fpga.compile(network, options));
const verify = fpga.verify as NonNullable<typeof fpga.verify>;
const none = { version: async () => undefined, workspace: () => Promise.reject(new Error("not reached")) };

/** Flips bit `bit` of word `word` of an image. */
function flipped(path: string, word: number, bit: number): readonly VirtualFile[] {
  return files.map((file) => {
    if (file.path !== path) return file;
    const lines = (file.content as string).split("\n");
    const digits = lines[word]?.length ?? 0;
    lines[word] = (BigInt(`0x${lines[word]}`) ^ (1n << BigInt(bit))).toString(16).padStart(digits, "0");
    return { path, content: lines.join("\n") };
  });
}

describe("verify", () => {
  test("emitted files equal the golden network in TypeScript; missing tools are named, not counted", async () => {
    const report = await verify(fpga.load(files), { samples, network }, none);
    expect(report.ok).toBe(true);
    expect(report.runs.map(({ engine, ok, samples: n }) => [engine, ok, n])).toEqual([
      ["load", true, 2],
      ["verilator", true, 0],
      ["icarus", true, 0],
    ]);
    expect(report.runs[1]?.skipped).toBe("verilator is not installed");
  });

  test("every single bit of every image, flipped, fails with layer and neuron", async () => {
    const deployment = fpga.load(files);
    for (const layer of deployment.mapping.layers)
      for (const memory of layer.memories)
        for (let word = 0; word < memory.depth; word++)
          for (let bit = 0; bit < memory.width; bit++) {
            if (!isDeep && (word * 7 + bit) % 11 !== 0) continue;
            const broken = fpga.load(flipped(`mem/${memory.file}`, word, bit));
            const report = await verify(broken, { samples: [{ input }], network }, none);
            expect(report.ok).toBe(false);
            expect(report.mismatch?.layer).toBeDefined();
            expect(report.mismatch?.neuron).toBeGreaterThanOrEqual(0);
          }
  });

  test("a weight that no event uses is still found, by its image", async () => {
    const silent = new Map([
      [
        "in",
        {
          dtype: "int32" as const,
          shape: [2, network.inputs[0]?.shape[0] ?? 1],
          data: new Int32Array(2 * (network.inputs[0]?.shape[0] ?? 1)),
        },
      ],
    ]);
    const layer = fpga.load(files).mapping.layers[0];
    const report = await verify(
      fpga.load(flipped(`mem/${layer?.name}_w.mem`, 0, 0)),
      { samples: [{ input: silent }], network },
      none,
    );
    expect(report.mismatch).toMatchObject({
      layer: "l0",
      step: -1,
      neuron: 0,
      signal: "weights of source 0",
    });
  });

  test.runIf(hasTool("iverilog"))("Icarus compares every beat and the cycles of all samples", async () => {
    const limits = new Map([["verilator", 0]]);
    const report = await verify(fpga.load(files), { samples, network, limits }, processTools());
    expect(report.diagnostics).toEqual([]);
    const run = report.runs.find(({ engine }) => engine === "icarus");
    const cycles = fpga.simulate(fpga.load(files), input).cycles as number;
    expect(run).toMatchObject({ ok: true, samples: 2 });
    expect(run?.cycles).toBeGreaterThan(cycles);
    expect(run?.beats).toBeGreaterThan(0);
    expect(run?.version).toMatch(/Icarus/);
  });

  test.runIf(hasTool("iverilog"))(
    "RTL that differs from the golden network is located by its beat",
    async () => {
      const deployment = fpga.load(files);
      // The images that the simulator decodes are sound; those that the tool gets are not.
      const artefacts = deployment.mapping.artefacts?.map((file) =>
        /_w\.mem$/.test(file.path) ? { ...file, content: file.content.replace(/[0-9a-f]/g, "0") } : file,
      );
      const broken = { ...deployment, mapping: { ...deployment.mapping, artefacts: artefacts ?? [] } };
      const limits = new Map([["verilator", 0]]);
      const report = await verify(broken, { samples, network, limits }, processTools());
      expect(report.ok).toBe(false);
      expect(report.mismatch).toMatchObject({
        sample: 0,
        layer: network.populations.at(-1)?.name,
        signal: "out",
      });
    },
  );

  test.runIf(isDeep && hasTool("verilator"))(
    "Verilator agrees",
    async () => {
      const report = await verify(
        fpga.load(files),
        { samples, network, limits: new Map([["icarus", 0]]) },
        processTools(),
      );
      expect(report).toMatchObject({ ok: true, diagnostics: [] });
    },
    120_000,
  );

  test("a manifest of another design is a mismatch", async () => {
    const changed = files.map((file) =>
      file.path === "manifest.json"
        ? {
            ...file,
            content: (file.content as string).replace(/"vMax": (\d+)/, (_, v) => `"vMax": ${Number(v) - 1}`),
          }
        : file,
    );
    const report = await verify(fpga.load(changed), { samples, network }, none);
    expect(report.ok).toBe(false);
    expect(report.diagnostics.map((d) => d.code)).toContain("E_FPGA_MISMATCH");
  });
});
