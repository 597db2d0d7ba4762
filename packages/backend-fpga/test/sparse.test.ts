import type { VirtualFile } from "@nirkit/backend";
import { philox } from "@nirkit/integer";
import { simulateNetwork } from "@nirkit/network";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { checkFpga } from "../src/index.ts";
import { fromArtefacts, memoryValues } from "../src/manifest.ts";
import { packWords } from "../src/memory-image.ts";
import { type FpgaOptions, parseFpgaOptions } from "../src/options.ts";
import { planFpga } from "../src/plan.ts";
import type { LayerPlan } from "../src/plan-types.ts";
import { simulateFpga } from "../src/simulate.ts";
import { sparseImages, storedRows } from "../src/sparse-images.ts";
import { chooseRows, type RowsPlan, rowEntries, rowForms, rowsCost, wordMap } from "../src/sparse-rows.ts";
import { createSpread } from "../src/spread.ts";
import { hasTool, icarus, isDeep, lint } from "./outside.ts";
import { dense, network, population, spikes } from "./random-network.ts";

/** Weights of which about `share` are 0; whole rows too. */
function masked(rows: number, columns: number, share: number, seed: number): number[][] {
  const random = philox(seed, "sparse");
  const empty = Array.from({ length: columns }, () => random.integer(4) === 0);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, (_, c) =>
      empty[c] || random.integer(100) < 100 * share
        ? 0
        : 1 + random.integer(7) * (random.integer(2) === 0 ? 1 : -1),
    ),
  );
}

interface Case {
  readonly inputs: number;
  readonly size: number;
  readonly share: number;
  readonly seed: number;
  readonly values: boolean;
  readonly isRecurrent?: boolean;
}

function sparseNetwork({ inputs, size, share, seed, values, isRecurrent = false }: Case) {
  const random = philox(seed, "events");
  const net = network({
    input: values ? { shape: [inputs], bits: 8, signed: true } : { shape: [inputs] },
    populations: [
      population("l1", size, {
        stateBits: 22,
        theta: Int32Array.of(values ? 900 : 9),
        leak: { form: "shift", shift: 2 },
        reset: "subtract",
        sub: Int32Array.of(values ? 900 : 9),
      }),
      population("l2", 5, { theta: Int32Array.of(7), stateBits: 12 }),
    ],
    projections: [
      dense("fc1", "in", "l1", masked(size, inputs, share, seed)),
      ...(isRecurrent ? [dense("back", "l1", "l1", masked(size, size, 0.5, seed + 7), { delay: 1 })] : []),
      dense("fc2", "l1", "l2", masked(5, size, share, seed + 1)),
    ],
  });
  const sample = Array.from({ length: 6 }, () =>
    Array.from({ length: inputs }, () =>
      random.integer(2) === 0 ? 0 : values ? random.integer(256) - 128 : 1,
    ),
  );
  return { net, input: spikes(sample) };
}

describe("rows without zeros", () => {
  test("row of 16 with weights at 2, 3, 9, 15: dense 64, bitmask 16 + 16, run lengths of 3 bits 28 bits", () => {
    const row = Array.from({ length: 16 }, (_, k) => ([2, 3, 9, 15].includes(k) ? 5 : 0));
    const map = wordMap(row, 1, 16);
    expect(rowEntries(map, 0, { form: "rle", runBits: 3 }).map(({ run }) => run)).toEqual([2, 0, 5, 5]);
    const bits = (rows: RowsPlan): number => rowsCost(map, rows, 4).bits;
    // Beside the weights of the page stand where the row starts, and its first run.
    expect(bits({ form: "dense", runBits: 0 })).toBe(64);
    expect(bits({ form: "bitmask", runBits: 0 })).toBe(16 + 16 + 2);
    expect(bits({ form: "rle", runBits: 3 })).toBe(28 + 2 + 3);
    expect(rowsCost(map, { form: "bitmask", runBits: 0 }, 4).cycles).toBe(4);
  });

  test("runs past the field are cut by words of zeros, and a tail of u zeros ends as (u - 1, 0)", () => {
    const row = (places: readonly number[]): Float64Array =>
      Float64Array.from({ length: 16 }, (_, k) => (places.includes(k) ? 1 : 0));
    const of = (places: readonly number[]): (readonly number[])[] =>
      rowEntries(wordMap(row(places), 1, 16), 0, { form: "rle", runBits: 2 }).map(({ run, word }) => [
        run,
        word,
      ]);
    expect(of([9])).toEqual([
      [3, -1],
      [3, -1],
      [1, 9],
      [3, -1],
      [1, -1],
    ]);
    expect(of([])).toEqual([3, 3, 3, 3].map((run) => [run, -1]));
  });

  test(`what is stored reads back in every form: ${isDeep ? 20000 : 400} matrices from empty to full`, () => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 6 }),
          words: fc.integer({ min: 1, max: 20 }),
          lanes: fc.integer({ min: 1, max: 4 }),
          runBits: fc.integer({ min: 1, max: 8 }),
          share: fc.constantFrom(0, 10, 50, 90, 100),
          seed: fc.nat(),
        }),
        ({ rows, words, lanes, runBits, share, seed }) => {
          const random = philox(seed, "rows");
          const values = Float64Array.from({ length: rows * words * lanes }, () =>
            random.integer(100) < share ? 0 : random.integer(15) - 7,
          );
          const map = wordMap(values, lanes, words);
          for (const form of rowForms) {
            const plan = { form, runBits: form === "rle" ? runBits : 0 };
            const packed = packWords(values, { lanes, laneBits: 5, signed: true });
            const images = sparseImages({ words: packed, width: 5 * lanes }, map, plan);
            const memory = (
              role: string,
              { width, words: found }: { width: number; words: readonly string[] },
            ) => ({
              role,
              file: "",
              laneBits: 5,
              signed: true,
              code: "integer",
              width,
              depth: found.length,
              words: found,
            });
            const layer = {
              inputs: rows,
              lanes,
              words,
              rowWords: words,
              neurons: words * lanes,
              conv: null,
              widths: { inputAddress: 5, value: 0 },
              projections: [{ weightBits: 5, shift: 0, rows: plan }],
              memories: Object.entries(images).map(([role, image]) => memory(role, image)),
            } as unknown as LayerPlan;
            const spread = createSpread(layer, 0);
            for (let row = 0; row < rows; row++) {
              const acc = new Float64Array(words * lanes);
              spread.add(acc, row, 1);
              expect(acc).toEqual(values.slice(row * words * lanes, (row + 1) * words * lanes));
            }
            const cost = rowsCost(map, plan, 5 * lanes);
            expect(storedRows(layer).reduce((sum, { length }) => sum + Math.max(1, length), 0)).toBe(
              cost.cycles,
            );
            expect(layer.memories.reduce((sum, { width, depth }) => sum + width * depth, 0)).toBe(cost.bits);
          }
        },
      ),
      { numRuns: isDeep ? 20000 : 400, seed: 11 },
    );
  });

  test("a layer for which skipping saves nothing says so: W_FPGA_ROWS_DENSE", () => {
    const full = network({
      input: { shape: [4] },
      populations: [population("l1", 6, {})],
      projections: [
        dense(
          "fc1",
          "in",
          "l1",
          Array.from({ length: 6 }, () => [1, 2, 3, 4]),
        ),
      ],
    });
    const found = (sparse: "none" | "rle"): string[] =>
      checkFpga(full, parseFpgaOptions({ sparse })).map(({ code, path }) => `${code} ${path}`);
    expect(found("rle")).toContain("W_FPGA_ROWS_DENSE populations.l1");
    expect(found("none")).not.toContain("W_FPGA_ROWS_DENSE populations.l1");
  });

  test("a matrix without zeros stays dense, whatever is asked for", () => {
    const full = wordMap(new Float64Array(64).fill(3), 2, 8);
    for (const sparse of ["bitmask", "rle"] as const)
      expect(chooseRows(full, { sparse, skipZeroRows: true }, 8).form).toBe("dense");
  });

  test("half of the weights masked, one lane: fewer cycles and bits, the same beats and states as dense rows", () => {
    const { net, input } = sparseNetwork({ inputs: 20, size: 30, share: 0.5, seed: 3, values: true });
    const run = (options: Partial<FpgaOptions>) => {
      const plan = planFpga(net, { pe: 1, ...options });
      const trace = simulateFpga(plan, input);
      const loaded = simulateFpga(fromArtefacts(emitFpga(plan)), input);
      expect(loaded.beats).toEqual(trace.beats);
      expect(loaded.cycles).toBe(trace.cycles);
      const bits = plan.layers[0]?.memories.reduce((sum, { width, depth }) => sum + width * depth, 0) ?? 0;
      return { beats: trace.beats, cycles: trace.cycles as number, bits };
    };
    const plain = run({});
    const golden = simulateNetwork(net, input).outputs.get("out");
    expect(
      Array.from(simulateFpga(planFpga(net, { pe: 1 }), input).outputs.get("out")?.data as Int32Array),
    ).toEqual(Array.from(golden?.data as Float64Array));
    for (const options of [{ sparse: "bitmask" }, { sparse: "rle" }, { skipZeroRows: true }] as const) {
      const found = run(options);
      expect(found.beats).toEqual(plain.beats);
      expect(found.cycles).toBeLessThan(plain.cycles);
      if (!("skipZeroRows" in options)) expect(found.bits).toBeLessThan(plain.bits);
    }
    expect(
      memoryValues(planFpga(net, { pe: 1, sparse: "bitmask" }).layers[0] as LayerPlan, "weights")?.length,
    ).toBeLessThan(20 * 30);
  });
});

function bench(one: Case, options: Partial<FpgaOptions>): { files: VirtualFile[]; expected: string } {
  const { net, input } = sparseNetwork(one);
  const plan = planFpga(net, options);
  const { files, beats, cycles } = benchFiles(plan, [input, input]);
  return {
    files: [...emitFpga(plan), ...files],
    expected: `NIRKIT_PASS beats=${beats.length} cycles=${cycles}\n`,
  };
}

describe.runIf(hasTool("iverilog"))(
  "sparse rows in Icarus: every beat and cycle, and under back-pressure",
  () => {
    const count = isDeep ? 60 : 6;
    test(`${count} networks: bitmask, run lengths and empty rows, one to five lanes, spikes and values`, () => {
      const forms = [{ sparse: "bitmask" }, { sparse: "rle" }, { skipZeroRows: true }] as const;
      for (let seed = 0; seed < count; seed++) {
        const one = {
          inputs: 1 + (seed % 9),
          size: 1 + ((5 * seed) % 23),
          share: [0.5, 0.9, 0.2][Math.floor(seed / 3) % 3] as number,
          seed,
          values: seed % 2 === 1,
          isRecurrent: seed % 4 === 2,
        };
        const { files, expected } = bench(one, { pe: 1 + (seed % 5), ...forms[seed % 3] });
        expect(icarus(files), `seed ${seed}`).toContain(expected);
      }
    }, 600_000);
  },
);

describe.runIf(hasTool("verilator"))("sparse rows in Verilator", () => {
  test("lint says nothing in any form", () => {
    for (const options of [{ sparse: "bitmask" }, { sparse: "rle" }, { skipZeroRows: true }] as const) {
      const one = { inputs: 12, size: 20, share: 0.7, seed: 5, values: true };
      const { files } = bench(one, { pe: 2, ...options });
      expect(lint(files, "snn_top")).toBe("");
    }
  });
});
