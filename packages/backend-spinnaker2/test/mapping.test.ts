/** Worked numbers of mapping, memory, keys, words, time and energy; and that no cut changes a spike. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type SpikeInput } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { createNetworkSimulator } from "@nirkit/network";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  calibrateTiming,
  cyclesOf,
  defaultTiming,
  emitS2,
  energyOf,
  loadS2,
  mappingJsonSchema,
  mappingSchema,
  mapS2,
  operatingPoints,
  packSynapse,
  profileS2,
  readImages,
  type S2Mapping,
  simulateImages,
  simulateS2,
  totalJoules,
  unpackSynapse,
} from "../src/index.ts";
import { boardChips, qpeOf } from "../src/map/machine.ts";
import { memoryLayout, placeRegions, regionSizes } from "../src/map/memory.ts";
import { brailleGraph, brailleSample } from "./braille-case.ts";
import { convNet, delayed, dense, hostile, recurrent } from "./graphs.ts";
import { lowered, mapped, quantizeForChip } from "./quantized.ts";
import { dataFolder, hasData, s2Json } from "./s2-data.ts";

const dt = 1e-3;

/** Spikes of a third of the entries by a fixed rule. */
function sample(mapping: Pick<S2Mapping, "inputs">, steps: number): SpikeInput {
  return new Map(
    mapping.inputs.map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Uint8Array.from({ length: steps * size }, (_, k) => Number((k * 7 + (k >> 3)) % 3 === 0));
      return [name, { dtype: "uint8", shape: [steps, ...shape], data } as const] as const;
    }),
  );
}

const all = { record: { populations: "all", signals: ["out", "v"] } } as const;

describe("memory of a PE", () => {
  test("classic: 9 parameters start at 0xdc00, free data are 44 928 bytes from 0x10080; 6 parameters start at 0xe800", () => {
    const layout = memoryLayout("classic", "lif_curr_exp", 250);
    expect(layout).toEqual({ start: 0xdc00, specification: 0x10000, data: 0x10080, end: 0x1b000 });
    expect(layout.end - layout.data).toBe(44928);
    expect(memoryLayout("classic", "lif", 250).start).toBe(0xe800);
  });

  test("16 of 256 neurons, 512 sources in 4 slices, 301 steps: 19 832 bytes; with voltages 39 096; 32 with voltages do not fit", () => {
    const needs = {
      model: "lif_no_delay",
      neurons: 16,
      steps: 301,
      sourceSlices: 4,
      rowOffsets: 513,
      synapseWords: 512 * 16,
      convBytes: [],
      inputSpikes: 0,
      record: true,
      recordVoltage: false,
    } as const;
    const bytes = (changes: object): Readonly<Record<string, number>> =>
      Object.fromEntries(regionSizes({ ...needs, ...changes }));
    expect(bytes({})).toEqual({
      parameters: 384,
      specification: 128,
      state: 64,
      "input buffers": 64,
      "source table": 64,
      "row offsets": 2052,
      synapses: 16384,
      "spike record": 1204,
    });
    const data = (changes: object): number => {
      const { parameters = 0, specification = 0, ...rest } = bytes(changes);
      expect(parameters + specification).toBeGreaterThan(0);
      return Object.values(rest).reduce((a, b) => a + b, 0);
    };
    expect(data({})).toBe(19832);
    expect(data({ recordVoltage: true })).toBe(39096);
    const layout = memoryLayout("classic", "lif_no_delay", 32);
    const wide = { ...needs, neurons: 32, synapseWords: 512 * 32, recordVoltage: true };
    expect(placeRegions(regionSizes(wide), layout).freeBytes).toBeLessThan(0);
    expect(placeRegions(regionSizes({ ...needs, recordVoltage: true }), layout).freeBytes).toBe(
      44928 - 39096,
    );
  });
});

describe("partitions", () => {
  test.runIf(hasData())(
    "DNF: 400 neurons at 30 are 14 PEs, 400 sources at 100 are 4; sizes differ by at most 1",
    async () => {
      const source = graph()
        .input("stim", [400])
        .linear("w", {
          weight: Array.from({ length: 400 }, (_, i) =>
            Array.from({ length: 400 }, (_, j) => Number(i === j) * 5),
          ),
        })
        .lif("field", { tau: 0.01, r: 10, vLeak: 0, vThreshold: 5, vReset: 0 })
        .output("out")
        .build();
      const { populations } = await mapped(source, { dt }, { atoms: "field=30,stim=100" });
      expect(populations.map(({ slices }) => slices.length)).toEqual([4, 14]);
      const sizes = populations[1]?.slices.map(({ start, stop }) => stop - start) ?? [];
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(400);
    },
  );

  test.runIf(hasData()).for([
    ["3=256,6=128,10=16", [16, 4, 16, 1]],
    ["3=256,6=64,10=8", [16, 8, 32, 1]],
  ] as const)("N-MNIST CNN with %s: %j PEs for populations 3, 6, 10, 12", async ([atoms, pes]) => {
    const source = (await readNir(readFileSync(join(dataFolder, "traces/real/cnn_sinabs.nir")))).graph;
    const { populations, latency } = await mapped(source, { dt: 1 }, { atoms, steps: 301 });
    const count = (name: string): number => populations.find((p) => p.name === name)?.slices.length ?? 0;
    expect(["3", "6", "10", "12"].map(count)).toEqual(pes);
    expect(populations.find((p) => p.name === "3")?.model).toBe("lif_conv2d");
    expect(latency).toBe(5);
    for (const { slices } of populations)
      for (const { freeBytes } of slices) expect(freeBytes).toBeGreaterThanOrEqual(0);
  });

  test("a tick of 0.02 ms at 300 MHz has time for 66 neurons: 200 are cut into 4 slices of 50", async () => {
    const source = graph()
      .input("in", [2])
      .linear("w", { weight: Array.from({ length: 200 }, () => [1, -1]) })
      .lif("cells", { tau: 0.01, r: 10, vLeak: 0, vThreshold: 0.5, vReset: 0 })
      .output("out")
      .build();
    const sizes = async (tickMs: number): Promise<number[]> =>
      (await mapped(source, { dt }, { tickMs })).populations[1]?.slices.map(
        ({ start, stop }) => stop - start,
      ) ?? [];
    expect(await sizes(0.02)).toEqual([50, 50, 50, 50]);
    expect(await sizes(1)).toEqual([200]);
  });

  test("any cut gives the same spikes and membranes, in the graph and from the memory images", async () => {
    for (const source of [convNet(), recurrent()]) {
      const network = lowered(await quantizeForChip(source, { dt }));
      const whole = mapS2(network);
      const input = sample(whole, 30);
      const want = simulateS2(whole, input, all);
      expect(
        [...want.records.values()].some(({ data }) => Array.from(data, Number).some((v) => v === 1)),
      ).toBe(true);
      for (const maxAtoms of [1, 3, 7, 50]) {
        const cut = mapS2(network, { maxAtoms, board: "board48" });
        expect(simulateS2(cut, input, all)).toEqual(want);
        const images = readImages(emitS2(cut), cut);
        const got = simulateImages(cut, images, input, all);
        expect(got.outputs).toEqual(want.outputs);
        expect(got.records).toEqual(want.records);
      }
    }
  });
});

describe("keys and cores", () => {
  test("slice 5 has the key 5 << 10 and the mask 0xfffffc00; destinations hold synapses from it", async () => {
    const { routing, populations } = await mapped(dense(), { dt }, { maxAtoms: 3 });
    expect(routing.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5].map((id) => id << 10));
    expect(routing.every(({ mask }) => mask === 0xfffffc00)).toBe(true);
    const ids = (k: number): number[] => populations[k]?.slices.map(({ id }) => id) ?? [];
    expect(routing[0]?.destinations).toEqual(ids(1));
    expect(routing[2]?.destinations).toEqual(ids(2));
    expect(routing[5]?.destinations).toEqual([]);
  });

  test.runIf(hasData())("cores 1 … 152 and the 48 chips lie where the machine map says", () => {
    const map = s2Json<{ core_map: Record<string, number[]>; board248_chips: number[][] }>(
      "machine_map.json",
    );
    for (let core = 1; core <= 152; core++) expect(qpeOf(core)).toEqual(map.core_map[core]);
    expect(boardChips).toEqual(map.board248_chips.map(([x, y]) => [x, y]));
    expect(Math.min(...map.board248_chips.map(([, , cores]) => cores ?? 0))).toBeGreaterThan(148);
  });

  test("slices take cores in order, around those that are placed by hand", async () => {
    const { populations } = await mapped(dense(), { dt }, { placement: "1=1,2=9" });
    expect(populations.map(({ slices }) => [slices[0]?.core, slices[0]?.qpe])).toEqual([
      [2, [7, 6, 1]],
      [1, [7, 6, 0]],
      [9, [6, 6, 0]],
    ]);
  });
});

describe("synapse words", () => {
  test.for([
    [3, -5, 2, true, 0x5503],
    [249, 15, 7, true, 0xfef9],
    [3, -95, 0, false, 0xbf03],
    [255, 127, 0, false, 0xfeff],
  ] as const)("(%i, %i, %i), delay field %s: %i", ([index, weight, delay, hasDelay, word]) => {
    expect(packSynapse({ index, weight, delay }, hasDelay)).toBe(word);
    expect(unpackSynapse(word, hasDelay)).toEqual({ index, weight, delay });
  });

  test("unpack what they packed, for 500 synapses (seed 3)", () => {
    const synapse = fc.boolean().chain((hasDelay) =>
      fc.record({
        hasDelay: fc.constant(hasDelay),
        index: fc.integer({ min: 0, max: 255 }),
        weight: fc.integer({ min: hasDelay ? -15 : -127, max: hasDelay ? 15 : 127 }).filter((w) => w !== 0),
        delay: fc.integer({ min: 0, max: hasDelay ? 7 : 0 }),
      }),
    );
    fc.assert(
      fc.property(synapse, ({ hasDelay, ...one }) => {
        expect(unpackSynapse(packSynapse(one, hasDelay), hasDelay)).toEqual(one);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe("relays", () => {
  test("21 steps into 8-bit weights: relays of 8, 8 and 4 steps, then 1; 15 extra neurons", async () => {
    const { populations, projections } = await mapped(delayed(20), { dt }, { relays: true });
    const relays = populations.filter(({ role }) => role === "relay");
    expect(relays.map(({ name, model, size }) => [name, model, size])).toEqual([
      ["hidden + 8", "lif", 5],
      ["hidden + 16", "lif", 5],
      ["hidden + 20", "lif", 5],
    ]);
    expect(projections.filter(({ origin }) => origin === "relay").map(({ delay }) => delay)).toEqual([
      7, 7, 3,
    ]);
    expect(projections.find(({ name }) => name === "fc2")?.delay).toBe(0);
  });

  test("20 steps into 4-bit weights: relays of 8 and 8, the last synapse takes 4 (delay field 3)", async () => {
    const { populations, projections } = await mapped(delayed(19), { dt, bits: 4 }, { relays: true });
    expect(populations.filter(({ role }) => role === "relay").map(({ name }) => name)).toEqual([
      "hidden + 8",
      "hidden + 16",
    ]);
    expect(projections.find(({ name }) => name === "fc2")?.delay).toBe(3);
    expect(populations.find(({ name }) => name === "cells")?.model).toBe("lif");
  });
});

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
      // The sign bits of the first sixteen words.
      for (let k = 0; k < 16; k++) bytes[at - start + 2 * k + 1] = (bytes[at - start + 2 * k + 1] ?? 0) ^ 1;
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

test("scaling weights, threshold, i_offset and v_reset by 2 leaves every spike where it is", async () => {
  const network = lowered(await quantizeForChip(dense(), { dt, bits: 7 }));
  const doubled = {
    ...network,
    populations: network.populations.map((population) => {
      const { neuron } = population;
      if (neuron.arithmetic !== "float32") return population;
      const params = new Map(neuron.params);
      for (const key of ["threshold", "i_offset", "v_reset"] as const)
        params.set(
          key,
          (params.get(key) ?? new Float64Array(1)).map((v) => 2 * v),
        );
      return { ...population, neuron: { ...neuron, params } };
    }),
    projections: network.projections.map((p) => ({
      ...p,
      weights: { ...p.weights, ints: Int8Array.from(p.weights.ints, (w) => 2 * w) },
    })),
  };
  const [one, two] = [mapS2(network), mapS2(doubled)];
  const input = sample(one, 60);
  const spikes = (mapping: S2Mapping) =>
    simulateS2(mapping, input, { record: { populations: "all", signals: ["out"] } }).records;
  expect(spikes(two)).toEqual(spikes(one));
  expect(Array.from(spikes(one).get("hidden/out")?.data ?? [], Number)).toContain(1);
});
