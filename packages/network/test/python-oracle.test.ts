/** The golden simulator against a second one: Python's big integers, from the annotations of the file alone. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, type NirGraph, type SpikeInput, tensor } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { philox, type Random } from "@nirkit/integer";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";
import { lower, simulateNetwork } from "../src/index.ts";

const python = process.env.NIRKIT_PYTHON;
const isThere = python !== undefined && existsSync(python);
if (!isThere && process.env.NIRKIT_STRICT === "1")
  throw new Error("NIRKIT_PYTHON names no Python with the package nir");
if (!isThere) process.stderr.write("skipped: the reference Python package is missing (NIRKIT_PYTHON)\n");

const steps = 30;
const kinds = ["if", "lif", "cubaLif"] as const;
const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(from.length)] as T;
const uniform = (random: Random, low: number, high: number): number =>
  low + ((high - low) * random.integer(1 << 20)) / (1 << 20);

interface Case {
  readonly name: string;
  readonly source: NirGraph;
  readonly options: UniformOptions;
  readonly feedback: readonly (readonly [string, string])[];
  /** `[T][inputs]`, integers at the door. */
  readonly rows: readonly (readonly number[])[];
  readonly inputSize: number;
}

/** One to three layers, each perhaps recurrent, parameters per neuron, any reset, rounding and width. */
function draw(index: number): Case {
  const random = philox(index, "python-oracle");
  const inputSize = 1 + random.integer(9);
  const subtract = random.integer(2) === 1;
  const inputBits = pick(random, [undefined, undefined, 4]);
  const door = JSON.stringify({ v: 1, bits: inputBits, signed: false, scale: 1 });
  const metadata = new Map(inputBits === undefined ? [] : [["nirkit:input", door]]);
  const build = graph().input("in", [inputSize], { metadata });
  const feedback: (readonly [string, string])[] = [];
  const layers = 1 + random.integer(3);
  let fan = inputSize;
  const matrix = (rows: number, columns: number, size: number): number[][] =>
    Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => uniform(random, -0.6, 1) * size),
    );
  for (let l = 1; l <= layers; l++) {
    const n = 1 + random.integer(12);
    const per = (low: number, high: number): number[] =>
      Array.from({ length: n }, () => uniform(random, low, high));
    const bias = Array.from({ length: n }, () => uniform(random, -0.1, 0.1));
    build.affine(`fc${l}`, { weight: matrix(n, fan, 1.5 / Math.sqrt(fan)), bias });
    const spiking = { vThreshold: per(0.8, 1.6), vReset: per(-0.2, 0.2), r: 1 };
    const [tau, tauSyn] = [per(2, 20), per(2, 9)];
    const vLeak = per(-0.2, 0.2);
    const kind = pick(random, kinds);
    if (kind === "if") build.if(`n${l}`, spiking);
    if (kind === "lif") build.lif(`n${l}`, { ...spiking, tau, r: tau, vLeak });
    if (kind === "cubaLif")
      build.cubaLif(`n${l}`, { ...spiking, tauMem: tau, tauSyn, r: tau, wIn: tauSyn, vLeak });
    if (random.integer(2) === 1) {
      build
        .at(`n${l}`)
        .linear(`rec${l}`, { weight: matrix(n, n, 0.5) })
        .edge(`rec${l}`, `n${l}`)
        .at(`n${l}`);
      feedback.push([`rec${l}`, `n${l}`]);
    }
    fan = n;
  }
  const source = build.output("out").build();
  const largest = inputBits === undefined ? 1 : 2 ** inputBits - 1;
  const rows = Array.from({ length: steps }, () =>
    Array.from({ length: inputSize }, () => (random.integer(3) === 0 ? 1 + random.integer(largest) : 0)),
  );
  const isNarrow = random.integer(3) === 0;
  const options: UniformOptions = {
    bits: pick(random, [5, 8]),
    axis: pick(random, [null, 0] as const),
    dt: 1,
    convention: {
      reset: subtract ? "subtract" : "value",
      compare: pick(random, ["gt", "ge"] as const),
      cubaOrder: pick(random, ["new", "old"] as const),
    },
    thresholdMode: isNarrow ? "round" : pick(random, ["round", "fraction"] as const),
    leakRound: pick(random, ["floor", "zero", "rne"] as const),
    ...(isNarrow ? { stateBits: 16 } : {}),
  };
  return { name: `net ${index}`, source, options, feedback, rows, inputSize };
}

describe.skipIf(!isThere)("40 random networks in TypeScript and in Python's big integers", () => {
  test("every spike and every stored state is equal", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "nirkit-"));
    try {
      const cases: object[] = [];
      const expected: Record<string, Record<string, number[][]>>[] = [];
      let spikes = 0;
      for (let index = 0; index < 40; index++) {
        const one = draw(index);
        const { graph: quantized } = await quantizeUniform(one.source, one.options);
        const file = join(folder, `${index}.nir`);
        writeFileSync(file, await writeNir(quantized));
        cases.push({ file, feedback: one.feedback, input: { in: one.rows } });
        const network = lower(quantized, { links: "same-step", neuron: "integer", conv3d: "keep" });
        const input: SpikeInput = new Map([["in", tensor("int16", [steps, one.inputSize], one.rows.flat())]]);
        const { records } = simulateNetwork(network, input, {
          record: { nodes: "all", signals: ["out", "v"] },
        });
        const trace: Record<string, Record<string, number[][]>> = {};
        for (const { name } of network.populations) {
          const signal = (key: string): number[][] => {
            const data = Array.from(records.get(`${name}/${key}`)?.data as Int32Array);
            const n = data.length / steps;
            return Array.from({ length: steps }, (_, t) => data.slice(t * n, (t + 1) * n));
          };
          trace[name] = { out: signal("out"), v: signal("v") };
          spikes += trace[name].out?.flat().filter((x) => x !== 0).length ?? 0;
        }
        expected.push(trace);
      }
      expect(spikes).toBeGreaterThan(2000);
      const ran = spawnSync(python ?? "", [join(import.meta.dirname, "python-oracle.py")], {
        encoding: "utf8",
        input: JSON.stringify(cases),
        maxBuffer: 2 ** 26,
      });
      expect(ran.stderr).toBe("");
      expect(JSON.parse(ran.stdout)).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
