/** Worked numbers of mapping, memory, keys and words; and that neither a cut nor a scale changes a spike. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graph } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  emitS2,
  mapS2,
  packSynapse,
  readImages,
  type S2Mapping,
  simulateImages,
  simulateS2,
  unpackSynapse,
} from "../src/index.ts";
import { boardChips, qpeOf } from "../src/map/machine.ts";
import { memoryLayout, placeRegions, regionSizes } from "../src/map/memory.ts";
import { convNet, delayed, dense, recurrent } from "./graphs.ts";
import { lowered, mapped, quantizeForChip } from "./quantized.ts";
import { dataFolder, hasData, s2Json } from "./s2-data.ts";

import { all, sample } from "./sample-input.ts";

const dt = 1e-3;

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
