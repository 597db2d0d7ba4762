/** From graph to files and back: the memory images hold what the mapping says, and damage is found. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { processTools } from "@nirkit/backend/node";
import type { SpikeInput } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { createNetworkSimulator } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import {
  emitS2,
  loadS2,
  mappingJsonSchema,
  mappingSchema,
  mapS2,
  readImages,
  type S2Mapping,
  simulateImages,
  simulateS2,
  spinnaker2,
} from "../src/index.ts";
import { brailleGraph, brailleSample } from "./braille-case.ts";
import { convNet, dense, hostile, recurrent } from "./graphs.ts";
import { lowered, mapped, quantizeForChip, s2Options } from "./quantized.ts";
import { dataFolder, hasData } from "./s2-data.ts";

import { all, sample } from "./sample-input.ts";

const dt = 1e-3;

describe("from graph to images", () => {
  test.runIf(hasData()).for([
    ["noDelay_bias_zero", 34.2298368],
    ["noDelay_noBias_subtract", 34.2298368],
  ] as const)(
    "Braille %s: graph, images and golden network agree on every spike; loaded again it is the same",
    async ([name, scale]) => {
      const reset = name === "noDelay_bias_zero" ? "value" : "subtract";
      const network = lowered(
        await quantizeForChip(await brailleGraph(name), { dt: 1e-4, reset, down: true }),
      );
      const mapping = mapS2(network, { maxAtoms: 11, steps: 256 });
      const { input, recorded } = brailleSample(name);
      const sampleInput: SpikeInput = new Map([["input", input]]);
      const golden = createNetworkSimulator(network).run(sampleInput, {
        record: { nodes: "all", signals: ["out"] },
      });
      const files = emitS2(mapping);
      const images = simulateImages(mapping, readImages(files, mapping), sampleInput, all);
      const graphMode = simulateS2(mapping, sampleInput, all);
      expect(images.outputs).toEqual(graphMode.outputs);
      const values = (data: ArrayLike<number | bigint>): number[] => Array.from(data, Number);
      const hidden = values(graphMode.records.get("lif1.lif/out")?.data ?? []);
      expect(hidden).toEqual(values(golden.records.get("lif1.lif/out")?.data ?? []));
      expect(hidden.filter((z, k) => z !== Number(recorded.data[k]))).toHaveLength(0);
      expect(loadS2(files)).toEqual(mapping);
      if (name === "noDelay_noBias_subtract") {
        const population = mapping.populations.find((p) => p.name === "lif1.lif");
        expect(population?.weightScale).toBeCloseTo(scale, 4);
        expect(population?.params.threshold).toBeCloseTo(scale, 4);
        expect(population?.params.alpha_decay).toBeCloseTo(0.85, 6);
        expect(population?.params.exc_decay).toBeCloseTo(0.75, 6);
        const output = mapping.populations.find((p) => p.name === "lif2");
        expect(output?.params.threshold).toBeCloseTo(69.7967397, 3);
        expect(
          [output?.params.exc_decay, output?.params.alpha_decay].map((d) => Number(d).toFixed(4)),
        ).toEqual(["0.4500", "0.7000"]);
      }
    },
  );

  test.runIf(hasData())(
    "N-MNIST CNN: images, graph and golden network agree on 12 random steps",
    async () => {
      const source = (await readNir(readFileSync(join(dataFolder, "traces/real/cnn_sinabs.nir")))).graph;
      const network = lowered(await quantizeForChip(source, { dt: 1 }));
      const mapping = mapS2(network, { atoms: "3=256,6=128,10=16" });
      const input = sample(mapping, 12);
      const graphMode = simulateS2(mapping, input, all);
      expect(simulateImages(mapping, readImages(emitS2(mapping), mapping), input, all).records).toEqual(
        graphMode.records,
      );
      const golden = createNetworkSimulator(network).run(input, {
        record: { nodes: "all", signals: ["out"] },
      });
      for (const [name, { eventsOut }] of golden.activity)
        if (mapping.populations.some((population) => population.name === name)) {
          expect(graphMode.activity.get(name)?.eventsOut).toBe(eventsOut);
        }
      expect(Array.from(graphMode.records.get("12/out")?.data ?? [], Number)).toContain(1);
    },
  );

  test("a flipped weight bit in an image changes what is loaded, and spikes", async () => {
    const network = lowered(await quantizeForChip(dense(), { dt }));
    const mapping = mapS2(network);
    const slice = mapping.populations[1]?.slices[0];
    const at = slice?.regions.find(({ name }) => name === "synapses")?.address ?? 0;
    const start = slice?.regions.find(({ name }) => name === "parameters")?.address ?? 0;
    const files = emitS2(mapping).map(({ path, content }) => {
      if (path !== "images/pe_0_2.bin" || typeof content === "string") return { path, content };
      const bytes = content.slice();
      // The sign bits of the first sixteen words but for padding, which has no weight.
      for (let k = at - start + 1; k < at - start + 33; k += 2)
        if ((bytes[k] ?? 0) > 1) bytes[k] = (bytes[k] ?? 0) ^ 1;
      return { path, content: bytes };
    });
    const changed = loadS2(files);
    expect(changed.projections[0]?.list?.weight).not.toBe(mapping.projections[0]?.list?.weight);
    const input = sample(mapping, 40);
    expect(simulateS2(changed, input, all).records.get("hidden/v")).not.toEqual(
      simulateS2(mapping, input, all).records.get("hidden/v"),
    );
  });

  test("a folder without an image, with a cut one or another mapping is refused with its file", async () => {
    const files = emitS2(await mapped(dense(), { dt }));
    const without = (path: string) => files.filter((file) => file.path !== path);
    expect(() => loadS2(without("images/pe_0_3.bin"))).toThrow(
      /E_S2_ARTEFACT images\/pe_0_3.bin: .*it is missing/,
    );
    expect(() => loadS2(without("mapping.json"))).toThrow(/E_S2_ARTEFACT mapping.json/);
    const cut = files.map((file) =>
      file.path === "images/pe_0_3.bin" ? { ...file, content: new Uint8Array(9) } : file,
    );
    expect(() => loadS2(cut)).toThrow(/it has 9 bytes, expected/);
    const text = files.map((file) => (file.path === "mapping.json" ? { ...file, content: "{}" } : file));
    expect(() => loadS2(text)).toThrow(/E_S2_ARTEFACT mapping.json: .*schema/);
  });

  test.for([
    ["dense", dense],
    ["a loop of currents", recurrent],
    ["convolutions", convNet],
  ] as const)(
    "%s: a byte of an image that is not the one that was written is refused with its file, or changes what is loaded",
    async ([, made]) => {
      const mapping = await mapped(made(), { dt });
      const files = emitS2(mapping);
      const whole = JSON.stringify(loadS2(files));
      for (const { path, content } of files) {
        if (typeof content === "string" || !path.startsWith("images/")) continue;
        const end = content.findLastIndex((byte) => byte !== 0);
        const every = Math.ceil(end / 40);
        // Padding behind the last region too.
        for (const at of [...Array.from({ length: 40 }, (_, k) => k * every), content.length - 1]) {
          for (const bit of [1, 128]) {
            const bytes = content.slice();
            bytes[at] = (bytes[at] ?? 0) ^ bit;
            const damaged = files.map((file) => (file.path === path ? { path, content: bytes } : file));
            let loaded: string | undefined;
            try {
              loaded = JSON.stringify(loadS2(damaged));
            } catch (error) {
              expect(String(error)).toContain(`E_S2_ARTEFACT ${path}`);
            }
            expect(loaded).not.toBe(whole);
          }
        }
      }
    },
  );

  test.for([
    ["dense", dense],
    ["a loop of currents", recurrent],
    ["convolutions", convNet],
  ] as const)("%s: what was emitted is enough to simulate, verify and estimate", async ([, made]) => {
    const network = lowered(await quantizeForChip(made(), { dt }));
    const compiled = spinnaker2.compile(network, s2Options());
    const files = spinnaker2.emit(compiled);
    const loaded = spinnaker2.load(files.map(({ path, content }) => ({ path, content })));
    const input = sample(loaded.mapping, 20);
    const run = spinnaker2.simulate(loaded, input, all);
    expect(run).toEqual(spinnaker2.simulate(compiled, input, all));
    expect(simulateImages(loaded.mapping, readImages(files, loaded.mapping), input, all).outputs).toEqual(
      run.outputs,
    );
    expect(spinnaker2.estimate(loaded, run.activity)).toEqual(spinnaker2.estimate(compiled, run.activity));
    const report = await spinnaker2.verify?.(loaded, { network, samples: [{ input }] }, processTools());
    expect(report?.ok).toBe(true);
  });

  test("a mapping whose slices, regions or shapes were moved is refused, before anything is allocated for it", async () => {
    const [mappingFile, ...images] = emitS2(await mapped(dense(), { dt }));
    const form = JSON.parse(String(mappingFile?.content)) as S2Mapping;
    const changed = (population: object, slice: object): string => {
      const [input, hidden, ...rest] = form.populations;
      const slices = [{ ...hidden?.slices[0], ...slice }];
      return JSON.stringify({ ...form, populations: [input, { ...hidden, slices, ...population }, ...rest] });
    };
    const regions = form.populations[1]?.slices[0]?.regions ?? [];
    const moved = (name: string, address: number): object => ({
      regions: regions.map((region) => (region.name === name ? { ...region, address } : region)),
    });
    for (const [population, slice, message] of [
      [{ size: 2 ** 24 - 1 }, {}, /slices of "hidden" do not make up its shape/],
      [{ size: 2 ** 24 - 1, shape: [2 ** 24 - 1] }, {}, /slices of "hidden" do not make up its shape/],
      [{}, { stop: 4 }, /slices of "hidden" do not make up its shape/],
      [{}, { regions: [] }, /pe_0_2.bin: .*address 88 lies outside/],
      [{}, moved("source table", 0), /pe_0_2.bin: .*address 0 lies outside/],
      [{}, moved("synapses", 2 ** 24), /pe_0_2.bin: .*address 16777216 lies outside/],
      [{}, moved("synapses", 0x10800), /pe_0_2.bin: .*does not hold what the mapping puts there/],
    ] as const) {
      const content = changed(population, slice);
      expect(() => loadS2([{ path: "mapping.json", content }, ...images])).toThrow(message);
    }
  });

  test("the mapping is of its schema, which is a JSON Schema too", async () => {
    const mapping = await mapped(convNet(), { dt });
    expect(mappingSchema.parse(JSON.parse(JSON.stringify(mapping)))).toEqual(mapping);
    const schema = mappingJsonSchema() as { readonly properties: Readonly<Record<string, unknown>> };
    expect(Object.keys(schema.properties)).toContain("populations");
    expect(mapping.quantization.map(({ population, bits }) => [population, bits])).toEqual([
      ["lif1", 8],
      ["lif2", 8],
      ["lif3", 8],
    ]);
    for (const { scale, clip } of mapping.quantization) expect(scale * clip).toBeCloseTo(127, 6);
  });

  test("estimates of silence: 2 060 … cycles per PE, energy of 100 ms at both levels, latency of 3 and 102 steps", async () => {
    const { estimates } = await mapped(dense(), { dt }, { steps: 100, maxAtoms: 3 });
    expect(estimates.perPe.map(({ restCycles }) => restCycles)).toEqual([2180, 2180, 2120, 2180, 2120, 2120]);
    expect(estimates.perPe[0]?.tickCycles).toBe(300_000);
    expect(estimates.latency.first).toBeCloseTo(0.003, 12);
    expect(estimates.latency.decision).toBeCloseTo(0.102, 12);
    expect(estimates.energy.low.baseline).toBeCloseTo(0.00752, 12);
    expect(estimates.energy.high.sleep).toBeCloseTo(0.1 * 6 * 0.0032204, 6);
  });

  test("layers.txt has a line per population and projection, with scale, clip and the shares that were lost", async () => {
    const mapping = await mapped(convNet(), { dt });
    const text = String(emitS2(mapping).find(({ path }) => path === "layers.txt")?.content);
    const lines = text.split("\n").map((line) => line.split(/ {2,}/));
    const line = (name: string): string[] => lines.find(([first]) => first === name) ?? [];
    expect(line("lif1").slice(0, 4)).toEqual(["lif1", "lif_conv2d", "100", "1"]);
    expect(Number(line("lif1")[5])).toBeCloseTo(mapping.populations[1]?.weightScale ?? 0, 3);
    expect(line("conv2")).toEqual([
      "conv2",
      "lif1",
      "lif2",
      "conv2d",
      "pool and conv2d",
      "1",
      expect.stringMatching(/^\d+$/),
    ]);
    expect(line("fc").slice(3, 5)).toEqual(["dense", "pool and dense"]);
  });

  test("drawings are SVG without markup from names", async () => {
    const drawings = emitS2(await mapped(hostile(), { dt })).filter(({ path }) => path.endsWith(".svg"));
    expect(drawings.map(({ path }) => path)).toEqual(["machine.svg", "memory.svg", "spikes.svg"]);
    for (const { content } of drawings) {
      expect(content).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(content).not.toContain("<script>");
      expect(content).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(drawings[0]?.content).toContain("&lt;script&gt;");
  });
});
