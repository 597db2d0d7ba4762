/** Networks of the NIR paper and of a real labelled task, against recordings of other simulators. */
import { type Tensor, toFloat64 } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { argmax, createSimulator, spikeCount } from "../src/index.ts";
import { entry, hasTraces, readArrays, readGraph, whySkipped } from "./reference-data.ts";

/** Entries that differ. */
function differing(found: Tensor, expected: Tensor): number {
  const [a, b] = [toFloat64(found), toFloat64(expected)];
  expect(a.length).toBe(b.length);
  return a.reduce((n, value, i) => n + (value === b[i] ? 0 : 1), 0);
}

function largestError(found: Tensor, expected: Tensor): number {
  const [a, b] = [toFloat64(found), toFloat64(expected)];
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

describe.skipIf(!hasTraces)(`one LIF over 1000 steps${whySkipped}`, () => {
  const record = { nodes: "all", signals: ["v", "out"] } as const;

  test("equals the Norse recording: spikes at 460, 510, 710, 760, membrane within 1e-6", async () => {
    const arrays = readArrays("real/lif_paper.npz");
    const graph = await readGraph("real/lif_norse.nir");
    const input = column(entry(arrays, "norse/input"));
    const { records } = createSimulator(graph, { dt: 1e-4 }).run(new Map([["input", input]]), record);
    const spiking = [...entry(records, "1/out").data].flatMap((z, t) => (Number(z) === 1 ? [t] : []));
    expect(spiking).toEqual([460, 510, 710, 760]);
    expect(differing(entry(records, "1/out"), entry(arrays, "norse/spikes"))).toBe(0);
    // Recorded in float32 with another order of operations.
    expect(largestError(entry(records, "1/v"), entry(arrays, "norse/v"))).toBeLessThan(1e-6);
  });

  test.each(["nir-euler", "nir-exp"])("equals the oracle in %s", async (dialect) => {
    const arrays = readArrays("real/lif_paper.npz");
    const graph = await readGraph("real/lif_norse.nir");
    const input = column(entry(arrays, "norse/input"));
    const { records } = createSimulator(graph, { dt: 1e-4, dialect }).run(
      new Map([["input", input]]),
      record,
    );
    expect(differing(entry(records, "1/out"), entry(arrays, `oracle/${dialect}/out`))).toBe(0);
    expect(largestError(entry(records, "1/v"), entry(arrays, `oracle/${dialect}/v`))).toBeLessThan(2e-5);
  });
});

/** [T] as [T, 1]. */
function column(source: Tensor): Tensor {
  return { ...source, shape: [toFloat64(source).length, 1] };
}

describe.skipIf(!hasTraces)(`Braille reading, recurrent CubaLIF${whySkipped}`, () => {
  const models = [
    {
      model: "braille_noDelay_bias_zero",
      recording: undefined,
      hidden: 119,
      counts: [10, 160, 112, 113, 103, 68, 121],
    },
    { model: "braille_noDelay_noBias_subtract", recording: "norse", hidden: undefined, counts: undefined },
  ] as const;

  test.each(models)("$model: nir-euler", async ({ model, recording, hidden, counts }) => {
    const { records, arrays, output } = await runBraille(model, "nir-euler");
    const spikes = entry(records, "lif1.lif/out");
    if (recording !== undefined)
      expect(differing(spikes, entry(arrays, `paper/${recording}/lif1.lif/out`))).toBe(0);
    if (hidden !== undefined) expect(spikeCount(spikes).reduce((a, b) => a + b, 0)).toBe(hidden);
    if (counts !== undefined) expect([...spikeCount(output)]).toEqual(counts);
    expect(argmax(spikeCount(output))).toBe(1);
  });

  test.each([
    ["braille_noDelay_bias_zero", "nir-euler"],
    ["braille_noDelay_bias_zero", "nir-exp"],
    ["braille_noDelay_bias_zero", "nir-euler+old"],
    ["braille_noDelay_noBias_subtract", "nir-euler"],
    ["braille_noDelay_noBias_subtract", "nir-euler+subtract"],
    ["braille_noDelay_noBias_subtract", "nir-exp+subtract"],
  ])("%s in %s equals the oracle in both layers", async (model, dialect) => {
    const { records, arrays } = await runBraille(model, dialect);
    for (const layer of ["lif1.lif", "lif2"]) {
      const expected = arrays.get(`oracle/${dialect}/${layer}/out`);
      if (expected === undefined) throw new Error(`no oracle trace for ${dialect} in ${[...arrays.keys()]}`);
      expect(differing(entry(records, `${layer}/out`), expected)).toBe(0);
    }
  });

  test("the subtract net fires 120 hidden spikes and counts 0 64 23 19 4 24 22", async () => {
    const { records, output } = await runBraille("braille_noDelay_noBias_subtract", "nir-euler+subtract");
    expect(spikeCount(entry(records, "lif1.lif/out")).reduce((a, b) => a + b, 0)).toBe(120);
    expect([...spikeCount(output)]).toEqual([0, 64, 23, 19, 4, 24, 22]);
  });
});

interface BrailleRun {
  readonly records: ReadonlyMap<string, Tensor>;
  readonly arrays: ReadonlyMap<string, Tensor>;
  readonly output: Tensor;
}

async function runBraille(model: string, dialect: string): Promise<BrailleRun> {
  const arrays = readArrays(`real/${model}_sample0.npz`);
  const simulator = createSimulator(await readGraph(`real/${model}.nir`), { dt: 1e-4, dialect });
  const record = { nodes: ["lif1.lif", "lif2"], signals: ["out"] } as const;
  const { records, outputs } = simulator.run(new Map([["input", entry(arrays, "input")]]), record);
  return { records, arrays, output: entry(outputs, "output") };
}

describe.skipIf(!hasTraces)(`UCI digits, 270 test samples${whySkipped}`, () => {
  test.each([
    ["nir-euler", 264],
    ["nir-exp", 265],
    ["nir-euler+subtract", 265],
  ])("%s gets %i right, every spike count of every sample as expected", async (dialect, right) => {
    const [data, expected] = [
      readArrays("real/digits_test_xy.npz"),
      readArrays("real/digits_mlp_test_expected.npz"),
    ];
    const simulator = createSimulator(await readGraph("real/digits_mlp.nir"), { dt: 1e-3, dialect });
    const [x, labels] = [entry(data, "x").data as Uint8Array, toFloat64(entry(data, "y"))];
    const counts: number[] = [];
    let correct = 0;
    for (const [i, label] of labels.entries()) {
      const sample = { dtype: "uint8" as const, shape: [16, 64], data: x.subarray(i * 1024, (i + 1) * 1024) };
      const count = spikeCount(entry(simulator.run(new Map([["input", sample]])).outputs, "output"));
      counts.push(...count);
      if (argmax(count) === label) correct++;
    }
    expect(counts).toEqual([...toFloat64(entry(expected, `${dialect}/counts`))]);
    expect(correct).toBe(right);
  });
});
