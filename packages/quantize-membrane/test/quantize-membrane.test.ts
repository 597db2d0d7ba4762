import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, type NirGraph, parsePipeline, type Sample, tensor } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { lower, simulateNetwork } from "@nirkit/network";
import {
  checkQuantized,
  type MembraneNeuron,
  type MembraneState,
  membraneStep,
  readQuantized,
  restingMembrane,
} from "@nirkit/quantize";
import { quantizeUniform, quantizeUniformPass, uniform } from "@nirkit/quantize-uniform";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imSnnMembrane, quantizeMembrane, quantizeMembranePass } from "../src/index.ts";

const W = [
  [0.9, -0.35, 0.05],
  [-0.6, 0.12, -0.02],
];
const net = (): NirGraph =>
  graph()
    .input("in", [3])
    .affine("fc", { weight: W, bias: [0.1, -0.1] })
    .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();
const arithmetic = async (bits: number | undefined, options = {}) => {
  const { graph: result, report } = await quantizeUniform(net(), {
    bits: 8,
    dt: 1,
    membrane: bits,
    ...options,
  });
  expect(checkQuantized(result, [uniform])).toEqual([]);
  return { report: report.neurons[0], lif: readQuantized(result).neurons.get("lif"), result };
};

describe("membrane bits in the driver", () => {
  test("16 bit: 4 fractional bits as usual, every integer from -32768 on", async () => {
    const { lif, report } = await arithmetic(16);
    expect(lif?.arithmetic).toMatchObject({ stateBits: 16, fracBits: 4, vMin: -32768, vMax: 32767 });
    expect(lif?.arithmetic.stateLevels).toBeUndefined();
    expect(report).toMatchObject({ storedBits: 16, membrane: "bits16" });
  });

  test("12 bit holds Theta 141·2^3 = 1128, not 2^4: fractional bits go down to 3", async () => {
    const { lif } = await arithmetic(12);
    expect(lif?.arithmetic).toMatchObject({ stateBits: 12, fracBits: 3 });
    expect(lif?.theta[0]).toBe(1128);
  });

  test("8 bit: no fractional bits, and Theta 141 past 127, so every second state", async () => {
    const { lif, report } = await arithmetic(8);
    expect(lif?.theta[0]).toBe(141);
    expect(lif?.arithmetic).toMatchObject({ stateBits: 9, fracBits: 0, vMin: -256, vMax: 254 });
    expect(lif?.arithmetic.stateLevels?.slice(0, 3)).toEqual([-256, -254, -252]);
    expect(report?.storedBits).toBe(8);
  });

  test("4, 3 and 2 bit drop 5, 6 and (with a fractional bit) 9 bits: 16, 8 and 4 levels", async () => {
    for (const [bits, step, levels] of [
      [4, 32, 16],
      [3, 64, 8],
      [2, 512, 4],
    ] as const) {
      const { lif, report } = await arithmetic(bits);
      const grid = lif?.arithmetic.stateLevels ?? [];
      expect(grid).toHaveLength(levels);
      expect(grid.every((level, i) => i === 0 || level - (grid[i - 1] ?? 0) === step)).toBe(true);
      expect(report?.storedBits).toBe(bits);
    }
  });

  test("a grid holds 0 and reaches the threshold at every width from 2 to 16", async () => {
    for (let bits = 2; bits <= 16; bits++) {
      const { lif } = await arithmetic(bits);
      const { stateLevels, vMax = 0 } = lif?.arithmetic ?? {};
      expect(vMax).toBeGreaterThanOrEqual(lif?.theta[0] ?? 0);
      expect(stateLevels === undefined || stateLevels.includes(0)).toBe(true);
    }
  });

  test("asked fractional bits stay; widths 1 and 17 are refused; one population can be left out", async () => {
    expect((await arithmetic(8, { fracBits: 4 })).lif?.arithmetic).toMatchObject({
      fracBits: 4,
      stateBits: 13,
    });
    await expect(arithmetic(1)).rejects.toThrow(/E_BAD_OPTION.*2 to 16/);
    await expect(arithmetic(17)).rejects.toThrow(/E_BAD_OPTION.*2 to 16/);
    const { report } = await arithmetic(8, { overrides: [{ nodes: "lif", membrane: null }] });
    expect(report?.membrane).toBeUndefined();
  });

  test("wrap is accepted where the bound proves it unreachable, and refused on a grid or without proof", async () => {
    const wide = await arithmetic(16, { overflow: "wrap" });
    expect(wide.lif?.arithmetic.overflow).toBe("wrap");
    await expect(arithmetic(8, { overflow: "wrap" })).rejects.toThrow(/E_MEMBRANE_GRID.*gaps/);
    await expect(arithmetic(12, { overflow: "wrap", fracBits: 3 })).rejects.toThrow(/E_STATE_OVERFLOW/);
  });
});

describe("membraneStep and the golden simulator", () => {
  test("equal spikes and potentials, 40 random graphs and grids, 30 steps each", async () => {
    const samples = await fc.sample(
      fc.record({
        weight: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 6, maxLength: 6 }),
        spikes: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 30, maxLength: 30 }),
        bits: fc.integer({ min: 2, max: 12 }),
        kind: fc.constantFrom("lif" as const, "cuba" as const, "if" as const),
        reset: fc.constantFrom("value" as const, "subtract" as const),
        leakForm: fc.constantFrom("mul" as const, "shift" as const),
        leakRound: fc.constantFrom("floor" as const, "zero" as const, "rne" as const),
      }),
      { seed: 21, numRuns: 40 },
    );
    let fired = 0;
    for (const { weight, spikes, bits, kind, reset, leakForm, leakRound } of samples) {
      const rows = [weight.slice(0, 3), weight.slice(3)].map((row) => row.map((w) => w / 10 + 0.01));
      const built = graph().input("in", [3]).linear("fc", { weight: rows });
      const neurons =
        kind === "lif"
          ? built.lif("n", { tau: 8, r: 8, vThreshold: 2 })
          : kind === "if"
            ? built.if("n", { r: 1, vThreshold: 2 })
            : built.cubaLif("n", { tauSyn: 4, tauMem: 8, r: 8, wIn: 4, vThreshold: 2 });
      const { graph: result } = await quantizeUniform(neurons.output("out").build(), {
        bits: 6,
        dt: 1,
        convention: { reset },
        membrane: bits,
        leakForm,
        leakRound,
      });
      const view = readQuantized(result, [uniform]);
      const n = view.neurons.get("n");
      const ints = view.weights.get("fc")?.weight.ints ?? new Int8Array(6);
      if (n === undefined) throw new Error("n has no integers");
      const data = spikes.flatMap((x) => [x & 1, (x >> 1) & 1, (x >> 2) & 1]);
      const network = lower(result, { links: "same-step", neuron: "integer", conv3d: "lower" });
      const input = new Map([["in", tensor("float32", [30, 3], data)]]);
      const trace = simulateNetwork(network, input, {
        record: { nodes: ["n"], signals: ["v", "vpre", "out"] },
      });
      for (let i = 0; i < 2; i++) {
        const one = (values: Int32Array): number => (values.length === 1 ? values[0] : values[i]) ?? 0;
        const neuron: MembraneNeuron = {
          arithmetic: n.arithmetic,
          kind: kind === "cuba" ? "cuba" : "lif",
          spiking: true,
          theta: one(n.theta),
          sub: one(n.sub),
          vReset: one(n.vReset),
          index: i,
        };
        let state: MembraneState = restingMembrane;
        for (let t = 0; t < 30; t++) {
          let sum = 0;
          for (let k = 0; k < 3; k++) sum += (ints[i * 3 + k] ?? 0) * (data[t * 3 + k] ?? 0);
          const step = membraneStep(neuron, state, sum);
          const at = t * 2 + i;
          expect(step.x).toBe(Number(trace.records.get("n/vpre")?.data[at]));
          expect(step.u).toBe(Number(trace.records.get("n/v")?.data[at]));
          expect(Number(step.spike)).toBe(Number(trace.records.get("n/out")?.data[at]));
          fired += Number(step.spike);
          state = step;
        }
      }
    }
    expect(fired).toBeGreaterThan(50);
  });
});

describe("the pass quantize-membrane", () => {
  test("gives a quantized graph another grid and keeps thresholds, leaks and weights", async () => {
    const { graph: wide } = await quantizeUniform(net(), { bits: 8, dt: 1 });
    const { graph: narrow, report } = quantizeMembrane(wide, 6);
    expect(checkQuantized(narrow, [uniform])).toEqual([]);
    const before = readQuantized(wide).neurons.get("lif");
    const after = readQuantized(narrow).neurons.get("lif");
    expect(after?.theta).toEqual(before?.theta);
    expect(after?.arithmetic.leak).toEqual(before?.arithmetic.leak);
    expect(report).toMatchObject([{ path: "lif", neurons: 2, storedBits: 6, levels: 64 }]);
    expect(readQuantized(narrow).weights).toEqual(readQuantized(wide).weights);
  });

  test("nested neurons are found; a float graph and wrapping neurons are refused", async () => {
    const outer = graph()
      .input("in", [3])
      .node("block", { type: "NIRGraph", graph: net() })
      .output("out")
      .build();
    const { graph: wide } = await quantizeUniform(outer, { bits: 8, dt: 1 });
    const { graph: narrow, report } = quantizeMembrane(wide, imSnnMembrane());
    expect(report.map(({ path }) => path)).toEqual(["block/lif"]);
    expect(readQuantized(narrow).neurons.get("block/lif")?.arithmetic.stateLevels).toHaveLength(5);
    expect(() => quantizeMembrane(net(), 8)).toThrow(/E_NOT_QUANTIZED/);
    const { graph: wrapping } = await quantizeUniform(net(), { bits: 8, dt: 1, overflow: "wrap" });
    expect(() => quantizeMembrane(wrapping, 8)).toThrow(/E_STATE_OVERFLOW/);
  });

  test("the text quantize-uniform{bits=4,dt=1},quantize-membrane{kind=im-snn,lowest=-1} runs", async () => {
    const text = "quantize-uniform{bits=4,dt=1},quantize-membrane{kind=im-snn,lowest=-1}";
    const pipeline = parsePipeline(text, [quantizeUniformPass, quantizeMembranePass]);
    const { graph: result } = await pipeline.run(net(), {});
    expect(readQuantized(result).neurons.get("lif")?.arithmetic.stateLevels).toEqual([-124, 0, 124]);
  });

  test("fewer membrane bits never lose the counts of 16 bits by more than the next width does, on 20 samples", async () => {
    const samples: Sample[] = fc
      .sample(fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 40, maxLength: 40 }), {
        seed: 4,
        numRuns: 20,
      })
      .map((steps) => ({
        input: new Map([
          [
            "in",
            tensor(
              "float32",
              [40, 3],
              steps.flatMap((x) => [x & 1, (x >> 1) & 1, (x >> 2) & 1]),
            ),
          ],
        ]),
      }));
    const counts = async (bits: number): Promise<number> => {
      const { graph: result } = await quantizeUniform(net(), { bits: 8, dt: 1, membrane: bits });
      const network = lower(result, { links: "same-step", neuron: "integer", conv3d: "lower" });
      return samples.reduce((sum, { input }) => {
        const out = simulateNetwork(network, input).outputs.get("out");
        return sum + [...(out?.data ?? [])].reduce<number>((a, b) => a + Number(b), 0);
      }, 0);
    };
    const [wide, eight, four] = [await counts(16), await counts(8), await counts(4)];
    expect(wide).toBeGreaterThan(100);
    expect(Math.abs(eight - wide)).toBeLessThanOrEqual(Math.abs(four - wide));
  });
});

const python = process.env.NIRKIT_PYTHON;
const isThere = python !== undefined && existsSync(python);
if (!isThere && process.env.NIRKIT_STRICT === "1")
  throw new Error("NIRKIT_PYTHON names no Python with the package nir");
if (!isThere) process.stderr.write("skipped: the reference Python package is missing (NIRKIT_PYTHON)\n");

describe("as a file", () => {
  test("a grid comes back from HDF5, and opens in the reference Python reader", async () => {
    const { graph: quantized } = await quantizeUniform(net(), { bits: 8, dt: 1, membrane: 4 });
    const { graph: read } = await readNir(await writeNir(quantized));
    expect(checkQuantized(read, [uniform])).toEqual([]);
    expect(readQuantized(read)).toEqual(readQuantized(quantized));
    if (!isThere) return;
    const folder = mkdtempSync(join(tmpdir(), "nirkit-"));
    try {
      const file = join(folder, "grid.nir");
      writeFileSync(file, await writeNir(quantized));
      const ran = spawnSync(
        python,
        ["-c", "import nir, sys; print(nir.read(sys.argv[1]).nodes['lif'].metadata['nirkit:neuron'])", file],
        { encoding: "utf8" },
      );
      expect(ran.stderr).toBe("");
      expect(ran.stdout.trim()).toBe(quantized.node("lif").metadata?.get("nirkit:neuron"));
      expect(JSON.parse(ran.stdout).stateLevels).toHaveLength(16);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
