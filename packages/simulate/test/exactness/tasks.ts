/** Labelled tasks: UCI digits, and moving digits and real recordings before an event camera. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "@nirkit/graph";
import { readNpz } from "@nirkit/npy";
import {
  argmax,
  createSimulator,
  type Dialect,
  parseDialect,
  type Simulator,
  spikeCount,
} from "../../src/index.ts";
import { dataRoot, entry, readArrays, readGraph } from "../reference-data.ts";
import { differing, type ExactnessRow, largestError, numbers, sampleOf } from "./row.ts";

/** Classes that 270 test samples get, with every spike count of every sample. */
const digits = [
  { net: "mlp", dialect: "nir-euler", right: 264 },
  { net: "mlp", dialect: "nir-exp", right: 265 },
  { net: "mlp", dialect: "nir-euler+subtract", right: 265 },
  { net: "mlp", dialect: "spinnaker2", right: 264 },
  { net: "cnn", dialect: "nir-euler", right: 252 },
  { net: "cnn", dialect: "nir-exp", right: 255 },
  { net: "cnn", dialect: "nir-euler+subtract", right: 254 },
] as const;

/** UCI digits through both networks. */
export async function digitRows(): Promise<readonly ExactnessRow[]> {
  const rows: ExactnessRow[] = [];
  for (const { net, dialect, right } of digits) {
    const data = readArrays(net === "mlp" ? "real/digits_test_xy.npz" : "real/digits_test_map_xy.npz");
    const expected = numbers(entry(readArrays(`real/digits_${net}_test_expected.npz`), `${dialect}/counts`));
    const simulator = createSimulator(await readGraph(`real/digits_${net}.nir`), { dt: 1e-3, dialect });
    const labels = numbers(entry(data, "y"));
    const counts: number[] = [];
    let correct = 0;
    for (const [k, label] of labels.entries()) {
      const count = classCounts(simulator, sampleOf(entry(data, "x"), k));
      counts.push(...count);
      if (argmax(count) === label) correct++;
    }
    const off = differing(counts, expected);
    const note = `${correct} of ${labels.length} right, ${right} expected`;
    const what = `digits_${net}, 270 test samples`;
    rows.push({
      what,
      reference: "oracle, counts",
      dialect,
      entries: counts.length,
      differing: off,
      note,
      ok: off === 0 && correct === right,
    });
  }
  return rows;
}

function classCounts(simulator: Simulator, sample: Tensor): Float64Array {
  return spikeCount(entry(simulator.run(new Map([["input", sample]])).outputs, "output"));
}

/** cnn_sinabs.nir on ten digits that move along saccades: rasters, counts of four layers, membranes, classes. */
export async function saccadeRows(): Promise<readonly ExactnessRow[]> {
  const arrays = readArrays("real/cnn_synth_saccade.npz");
  const inputs = entry(readArrays("real/cnn_synth_saccade_xy.npz"), "x");
  const graph = await readGraph("real/cnn_sinabs.nir");
  return ["nir-euler@dt=1", "nir-euler@dt=1+subtract", "sinabs"].map((dialect) => {
    const simulator = createSimulator(graph, dialect === "sinabs" ? { dialect, dt: 1 } : { dialect });
    let [entries, off, error, wrongClass] = [0, 0, 0, 0];
    const compare = (found: ArrayLike<number>, expected: ArrayLike<number>): void => {
      entries += expected.length;
      off += differing(found, expected);
    };
    for (let k = 0; k < 10; k++) {
      const record = { nodes: ["1", "3", "6", "10", "12"], signals: ["out", "v"] } as const;
      const { records } = simulator.run(new Map([["input", sampleOf(inputs, k)]]), record);
      for (const layer of ["1", "3", "6", "10"])
        compare(
          spikeCount(entry(records, `${layer}/out`)),
          numbers(sampleOf(entry(arrays, `${dialect}/${layer}/count`), k)),
        );
      compare(numbers(entry(records, "12/out")), numbers(sampleOf(entry(arrays, `${dialect}/12/out`), k)));
      if (argmax(spikeCount(entry(records, "12/out"))) !== numbers(entry(arrays, `${dialect}/class`))[k])
        wrongClass++;
      if (k > 0) continue;
      compare(numbers(entry(records, "10/out")), numbers(entry(arrays, `${dialect}/10/out0`)));
      compare(packedRows(entry(records, "1/out")), numbers(entry(arrays, `${dialect}/1/bits0`)));
      error = largestError(numbers(entry(records, "12/v")), numbers(entry(arrays, `${dialect}/12/v0`)));
    }
    // The trace has margins near 1e-7: 0.1 % may differ.
    const ok = off <= entries / 1000 && wrongClass === 0 && error <= 1e-3;
    const note = `classes of all ten digits ${wrongClass === 0 ? "equal" : "differ"}`;
    return {
      what: "cnn_sinabs, 10 moving digits, 300 steps",
      reference: "oracle",
      dialect,
      entries,
      differing: off,
      error,
      note,
      ok,
    };
  });
}

/** 0 or 1 per entry, eight to a byte, most significant first, along the last axis of 16. */
function packedRows(raster: Tensor): number[] {
  const bits = numbers(raster);
  return Array.from({ length: bits.length / 8 }, (_, byte) =>
    Array.from({ length: 8 }).reduce<number>(
      (sum, _bit, i) => sum * 2 + ((bits[byte * 8 + i] ?? 0) > 0 ? 1 : 0),
      0,
    ),
  );
}

/** Totals of layers 1, 3, 6, 10, 12 over 67 recordings, and how many classes are right. */
const nmnist = [
  { label: "nir-euler", change: {}, right: 67, totals: [323792, 548143, 277528, 138766, 7343] },
  {
    label: "nir-euler, compare ge",
    change: { compare: "ge" },
    right: 67,
    totals: [323792, 548143, 277527, 138767, 7343],
  },
  {
    label: "nir-euler+subtract",
    change: { reset: "subtract" },
    right: 65,
    totals: [382230, 824058, 645211, 504937, 23020],
  },
] as const;

/** cnn_sinabs.nir on 67 recordings of N-MNIST at dt = 1. */
export async function nmnistRows(which: readonly number[] = [0, 1, 2]): Promise<readonly ExactnessRow[]> {
  const data = readNpz(readFileSync(join(dataRoot, "events/nmnist/test_xy.npz")));
  const graph = await readGraph("real/cnn_sinabs.nir");
  const labels = numbers(entry(data, "y"));
  return which.map((at) => {
    const { label, change, right, totals } = nmnist[at] ?? nmnist[0];
    const dialect: Dialect = { ...parseDialect("nir-euler"), ...change };
    const simulator = createSimulator(graph, { dialect, dt: 1 });
    const found = [0, 0, 0, 0, 0];
    let correct = 0;
    for (const [k, y] of labels.entries()) {
      const trace = simulator.run(new Map([["input", sampleOf(entry(data, "x"), k)]]));
      if (argmax(spikeCount(entry(trace.outputs, "output"))) === y) correct++;
      for (const [i, layer] of ["1", "3", "6", "10", "12"].entries())
        found[i] = (found[i] ?? 0) + (trace.activity.get(layer)?.eventsOut ?? 0);
    }
    const spikes = totals.reduce<number>((a, b) => a + b, 0);
    const off = totals.reduce<number>((sum, total, i) => sum + Math.abs(total - (found[i] ?? 0)), 0);
    // One membrane in all hits the threshold; the totals are held to a thousandth of the 0.5 % that they allow.
    const ok = correct === right && off <= spikes * 5e-6;
    const note = `${correct} of 67 right; spikes of the five layers ${found.join(" / ")}`;
    return {
      what: "cnn_sinabs, 67 recordings of N-MNIST",
      reference: "published totals",
      dialect: label,
      entries: spikes,
      differing: off,
      note,
      ok,
    };
  });
}
