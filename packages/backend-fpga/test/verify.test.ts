import type { VirtualFile } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import type { Sample, SpikeInput } from "@nirkit/graph";
import type { Network } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import fpga from "../src/index.ts";
import { parseFpgaOptions } from "../src/options.ts";
import { hasTool, isDeep } from "./outside.ts";
import { dense, network as networkOf, population, randomNetwork, spikes } from "./random-network.ts";

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

/** One IF layer of two neurons; an event of weight `theta` hits the threshold of neuron 0 exactly, in step 1. */
function exactHit(theta: number): { network: Network; input: SpikeInput } {
  return {
    network: networkOf({
      input: { shape: [2] },
      populations: [population("l1", 2, { theta: Int32Array.of(theta) })],
      projections: [
        dense("fc1", "in", "l1", [
          [theta, 1],
          [theta + 1, 2],
        ]),
      ],
    }),
    input: spikes([
      [0, 0],
      [1, 0],
      [0, 1],
    ]),
  };
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
        signal: "out (seen at the output)",
      });
    },
  );

  describe.runIf(hasTool("iverilog"))("tampering, seen by the RTL itself", () => {
    const limits = new Map([["verilator", 0]]);
    const many = Array.from({ length: 12 }, () => ({ input }));
    const check = (changed: readonly VirtualFile[]): ReturnType<typeof verify> =>
      verify(fpga.load(changed), { samples: many, network, limits }, processTools());
    const edited = (path: string, edit: (text: string) => string): VirtualFile[] =>
      files.map((file) => (file.path === path ? { path, content: edit(file.content as string) } : file));

    test("a flipped bit in every image: `load` says where, and Icarus fails too, on at most 3 samples", async () => {
      for (const { path } of files.filter((file) => file.path.startsWith("mem/"))) {
        const report = await check(flipped(path, 0, 0));
        expect(report.ok).toBe(false);
        expect(path).toContain(report.mismatch?.layer);
        // None where a beat shows the difference before the images are summed.
        for (const diagnostic of report.diagnostics)
          expect(`${diagnostic.code} ${diagnostic.path}`).toBe(`E_FPGA_MISMATCH ${path}`);
        const icarus = report.runs.find(({ engine }) => engine === "icarus");
        expect(icarus, path).toMatchObject({ ok: false, samples: 3 });
      }
    }, 120_000);

    test("a comparison changed in nk_neurons.v: `load` is equal, Icarus names layer, step and neuron", async () => {
      // Sums that hit the threshold exactly tell >= from >.
      const exact = exactHit(48);
      const sent = [{ input: exact.input }];
      const broken = fpga
        .emit(fpga.compile(exact.network, parseFpgaOptions({ pe: 2 })))
        .map((file) =>
          file.path === "rtl/nk_neurons.v"
            ? { ...file, content: (file.content as string).replace("]) >= $signed", "]) > $signed") }
            : file,
        );
      const report = await verify(
        fpga.load(broken),
        { samples: sent, network: exact.network, limits },
        processTools(),
      );
      expect(report.ok).toBe(false);
      expect(report.runs.map(({ engine, ok }) => [engine, ok])).toEqual([
        ["load", true],
        ["icarus", false],
      ]);
      expect(report.mismatch).toEqual({
        sample: 0,
        layer: "l1",
        step: 1,
        neuron: 0,
        signal: "out (seen at the output)",
        expected: 1,
        got: 0,
      });
    }, 60_000);

    test("a changed manifest is a mismatch, while the untouched RTL passes", async () => {
      const report = await check(
        edited("manifest.json", (text) => text.replace(/"graphHash": "0/, '"graphHash": "1')),
      );
      expect(report.ok).toBe(false);
      expect(report.diagnostics.map((d) => d.code)).toEqual(["E_FPGA_MISMATCH"]);
      expect(report.runs.map(({ ok }) => ok)).toEqual([true, true]);
    }, 60_000);

    test("a missing module is named, with and without tools; a missing image is refused by `load`", async () => {
      const without = files.filter(({ path }) => path !== "rtl/nk_ram.v");
      const bare = await verify(fpga.load(without), { samples, network }, none);
      expect(bare.ok).toBe(false);
      expect(bare.diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_FPGA_ARTEFACT rtl/nk_ram.v"]);
      const report = await check(without);
      expect(report.diagnostics.at(-1)?.message).toMatch(/icarus: the build failed: .*nk_ram/);
      expect(() => fpga.load(files.filter(({ path }) => !path.startsWith("mem/")))).toThrow(
        /E_FPGA_ARTEFACT/,
      );
    }, 60_000);

    test("a bench that always passes does not help: verify brings its own", async () => {
      const report = await check(
        edited(
          "tb/tb_top.v",
          () => 'module tb_top; initial $display("NIRKIT_PASS beats=1 cycles=1"); endmodule',
        ),
      );
      expect(report.ok).toBe(true);
      expect(report.runs.find(({ engine }) => engine === "icarus")?.beats).toBeGreaterThan(1);
    }, 60_000);
  });

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
