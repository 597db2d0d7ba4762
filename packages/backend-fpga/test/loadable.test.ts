import type { VirtualFile } from "@nirkit/backend";
import { philox } from "@nirkit/integer";
import { type Network, simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { reloadFpga } from "../src/index.ts";
import type { FpgaOptions } from "../src/options.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { hasTool, icarus, isDeep, lint } from "./outside.ts";
import { conv, dense, network, population, spikes } from "./random-network.ts";

/** A network of one structure; its weights, thresholds and biases follow the seed. */
function seeded(seed: number, kind: "dense" | "powers" | "recurrent" | "map"): Network {
  const random = philox(seed, "load");
  const weight = (): number =>
    kind === "powers"
      ? (random.integer(2) === 0 ? -1 : 1) * 2 ** random.integer(7)
      : random.integer(255) - 127;
  const rows = (n: number, m: number): number[][] =>
    Array.from({ length: n }, () => Array.from({ length: m }, weight));
  const theta = (n: number): Int32Array => Int32Array.from({ length: n }, () => 20 + random.integer(200));
  const model = (n: number) => {
    const own = theta(n);
    return {
      stateBits: 14,
      theta: own,
      sub: own,
      reset: "subtract",
      leak: { form: "shift", shift: 2 },
    } as const;
  };
  const bias = (n: number): number[] => Array.from({ length: n }, () => random.integer(21) - 10);
  const scheme = { scheme: kind === "powers" ? "pot" : "uniform", bits: kind === "powers" ? 4 : 8 };
  const of = (projection: ReturnType<typeof dense>) => ({
    ...projection,
    weights: { ...projection.weights, ...scheme },
  });
  if (kind === "map") {
    const shape = { inShape: [2, 4, 4], channels: 3, kernel: [2, 2] } as const;
    const projection = conv("c", "in", "l1", shape, weight);
    const channel = theta(3);
    const own = Int32Array.from({ length: 27 }, (_, k) => channel[Math.floor(k / 9)] as number);
    return network({
      input: { shape: [2, 4, 4] },
      populations: [
        population("l1", [3, 3, 3], { stateBits: 14, theta: own }),
        population("l2", 2, model(2), bias(2)),
      ],
      projections: [projection, of(dense("fc", "l1", "l2", rows(2, 27)))],
    });
  }
  return network({
    input: kind === "powers" ? { shape: [6], bits: 8, signed: false } : { shape: [6] },
    populations: [
      population("l1", 9, { ...model(9), ...(kind === "powers" ? { stateBits: 20 } : {}) }, bias(9)),
      population("l2", 4, model(4), bias(4)),
    ],
    projections: [
      of(dense("fc1", "in", "l1", rows(9, 6))),
      ...(kind === "recurrent" ? [of(dense("back", "l1", "l1", rows(9, 9), { delay: 1 }))] : []),
      of(dense("fc2", "l1", "l2", rows(4, 9))),
    ],
  });
}

function sample(seed: number, kind: string) {
  const random = philox(seed, "events");
  const size = kind === "map" ? 32 : 6;
  const steps = Array.from({ length: 8 }, () =>
    Array.from({ length: size }, () =>
      random.integer(2) === 0 ? 0 : kind === "powers" ? random.integer(256) : 1,
    ),
  );
  return spikes(steps, kind === "map" ? [2, 4, 4] : [size]);
}

const options: Partial<FpgaOptions> = { weights: "ram", axiLite: true, pe: 2 };
const kinds = ["dense", "powers", "recurrent", "map"] as const;

describe("weights that are loaded", () => {
  test.each(kinds)(
    "%s: a design with the weights of another network equals the golden network of those",
    (kind) => {
      const plan = planFpga(seeded(1, kind), options);
      for (let seed = 2; seed < (isDeep ? 60 : 12); seed++) {
        const other = seeded(seed, kind);
        const { plan: loaded } = reloadFpga(plan, other);
        expect(loaded.planHash).toBe(plan.planHash);
        const golden = simulateNetwork(other, sample(seed, kind)).outputs.get("out");
        const mine = simulateFpga(loaded, sample(seed, kind)).outputs.get("out");
        expect(Array.from(mine?.data as Int32Array)).toEqual(Array.from(golden?.data as Float64Array));
      }
    },
  );

  test("a 72-bit word is three writes, low bits first, behind the image and the word 0", () => {
    const plan = planFpga(seeded(1, "dense"), { ...options, pe: 9 });
    const { writes } = reloadFpga(plan, seeded(1, "dense"));
    const word = BigInt(`0x${plan.layers[0]?.memories[0]?.words[0]}`);
    expect(plan.layers[0]?.memories[0]?.width).toBe(72);
    expect(writes.slice(0, 4)).toEqual([
      { offset: 0x800, word: 0 },
      { offset: 0x804, word: Number(word & 0xffffffffn) },
      { offset: 0x804, word: Number((word >> 32n) & 0xffffffffn) },
      { offset: 0x804, word: Number(word >> 64n) },
    ]);
  });

  test("registers off, sparse rows, another structure and fixed weights are refused", () => {
    const net = seeded(1, "dense");
    const codes = (make: () => unknown): readonly string[] => {
      try {
        make();
      } catch (error) {
        return (error as { diagnostics: { code: string }[] }).diagnostics.flatMap(({ code }) =>
          code.startsWith("E_") ? [code] : [],
        );
      }
      return [];
    };
    expect(codes(() => planFpga(net, { weights: "ram", axiLite: false }))).toEqual(["E_FPGA_LOADABLE"]);
    expect(codes(() => planFpga(net, { ...options, sparse: "rle" }))).toEqual(["E_FPGA_LOADABLE"]);
    expect(codes(() => reloadFpga(planFpga(net, options), seeded(1, "recurrent")))).toEqual(["E_FPGA_LOAD"]);
    expect(codes(() => reloadFpga(planFpga(net), net))).toEqual(["E_FPGA_LOAD"]);
  });
});

/** The bitstream of one network, and a bench that loads and expects another. */
function reloadedBench(
  kind: (typeof kinds)[number],
  seed: number,
): { files: VirtualFile[]; expected: string } {
  const plan = planFpga(seeded(1, kind), options);
  const { plan: loaded } = reloadFpga(plan, seeded(seed, kind));
  const built = emitFpga(plan).filter(({ path }) => !path.startsWith("tb/"));
  const { files, beats, cycles } = benchFiles(loaded, [sample(seed, kind), sample(seed + 1, kind)]);
  const bench = emitFpga(loaded).filter(({ path }) => path === "tb/tb_top.v");
  return {
    files: [...built, ...bench, ...files],
    expected: `NIRKIT_PASS beats=${beats.length} cycles=${cycles}\n`,
  };
}

describe.runIf(hasTool("iverilog"))("weights loaded over AXI4-Lite in Icarus", () => {
  test.each(kinds)(
    "%s: other weights, thresholds and biases over the bus, every beat, cycle and image",
    (kind) => {
      for (let seed = 2; seed < (isDeep ? 12 : 3); seed++) {
        const { files, expected } = reloadedBench(kind, seed);
        expect(icarus(files), `seed ${seed}`).toContain(expected);
        // Without the writes the images, and most often the spikes, are those of the bitstream.
        expect(icarus(files.filter(({ path }) => path !== "tb/load.mem"))).toContain("NIRKIT_FAIL");
      }
    },
    600_000,
  );
});

describe.runIf(hasTool("verilator"))("weights that are loaded in Verilator", () => {
  test("lint says nothing", () => {
    for (const kind of kinds) expect(lint(emitFpga(planFpga(seeded(1, kind), options)), "snn_top")).toBe("");
  });
});
