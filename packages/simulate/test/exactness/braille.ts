/** The recurrent Braille networks of the NIR paper: recordings of frameworks and of a chip, and an oracle. */
import type { Tensor } from "@nirkit/graph";
import { createSimulator } from "../../src/index.ts";
import { entry, readArrays, readGraph } from "../reference-data.ts";
import { differing, type ExactnessRow, largestError, numbers, sampleOf } from "./row.ts";

const models = ["braille_noDelay_bias_zero", "braille_noDelay_noBias_subtract"] as const;

interface Recording {
  readonly model: (typeof models)[number];
  readonly key: string;
  readonly name: string;
  readonly dialect: string;
  readonly note?: string;
}

/** Seven of frameworks and two of the chip. */
const recordings: readonly Recording[] = [
  { model: models[0], key: "snntorch", name: "snnTorch", dialect: "snntorch" },
  { model: models[0], key: "norse", name: "Norse", dialect: "norse" },
  { model: models[0], key: "spyx", name: "Spyx", dialect: "spyx" },
  { model: models[0], key: "lava", name: "Lava-DL", dialect: "lava-dl" },
  { model: models[0], key: "s2", name: "SpiNNaker2 chip", dialect: "spinnaker2" },
  { model: models[1], key: "snntorch", name: "snnTorch", dialect: "snntorch+subtract" },
  {
    model: models[1],
    key: "norse",
    name: "Norse",
    dialect: "nir-euler",
    note: "recorded with reset to zero",
  },
  { model: models[1], key: "spyx", name: "Spyx", dialect: "spyx" },
  { model: models[1], key: "s2", name: "SpiNNaker2 chip", dialect: "spinnaker2+subtract" },
];

/** Hidden spikes of the recordings, sample 0. */
export async function brailleRecordings(): Promise<readonly ExactnessRow[]> {
  const rows: ExactnessRow[] = [];
  for (const { model, key, name, dialect, note } of recordings) {
    const arrays = readArrays(`real/${model}_sample0.npz`);
    const expected = numbers(entry(arrays, `paper/${key}/lif1.lif/out`));
    const off = differing(await hidden(model, dialect, entry(arrays, "input")), expected);
    rows.push({
      what: `${model}, sample 0`,
      reference: `${name}, recorded`,
      dialect,
      entries: expected.length,
      differing: off,
      ...(note === undefined ? {} : { note }),
      ok: off === 0,
    });
  }
  const arrays = readArrays(`real/${models[1]}_sample0.npz`);
  const expected = numbers(entry(arrays, "paper/rockpool/lif1.lif/out"));
  const off = differing(await hidden(models[1], "rockpool", entry(arrays, "input")), expected);
  const note = "37 differ in the oracle too: the recording started from another state";
  const what = `${models[1]}, sample 0`;
  rows.push({
    what,
    reference: "Rockpool, recorded",
    dialect: "rockpool",
    entries: expected.length,
    differing: off,
    note,
    ok: off === 37,
  });
  return rows;
}

async function hidden(model: string, dialect: string, input: Tensor): Promise<Float64Array> {
  const simulator = createSimulator(await readGraph(`real/${model}.nir`), { dt: 1e-4, dialect });
  const { records } = simulator.run(new Map([["input", input]]), { nodes: ["lif1.lif"], signals: ["out"] });
  return numbers(entry(records, "lif1.lif/out"));
}

/** Spikes and membranes of both layers of sample 0 in every dialect that the oracle ran. */
export async function brailleOracle(): Promise<readonly ExactnessRow[]> {
  const rows: ExactnessRow[] = [];
  for (const model of models) {
    const arrays = readArrays(`real/${model}_sample0.npz`);
    for (const stored of storedDialects(arrays, "oracle/")) {
      const dialect = dialectOf(stored, model);
      const simulator = createSimulator(await readGraph(`real/${model}.nir`), { dt: 1e-4, dialect });
      const input = new Map([["input", entry(arrays, "input")]]);
      const { records } = simulator.run(input, { nodes: ["lif1.lif", "lif2"], signals: ["out", "v"] });
      const fixed = dialect === "lava-dl";
      let [entries, off, error, beyond] = [0, 0, 0, 0];
      for (const layer of ["lif1.lif", "lif2"]) {
        const expected = numbers(entry(arrays, `oracle/${stored}/${layer}/out`));
        entries += expected.length;
        off += differing(numbers(entry(records, `${layer}/out`)), expected);
        const v = numbers(entry(arrays, `oracle/${stored}/${layer}/v`));
        const found = numbers(entry(records, `${layer}/v`));
        error = Math.max(error, largestError(found, v));
        beyond += found.filter(
          (value, i) => Math.abs(value - (v[i] ?? 0)) > 2e-5 + 2e-5 * Math.abs(v[i] ?? 0),
        ).length;
      }
      rows.push({
        what: `${model}, sample 0`,
        reference: "oracle",
        dialect,
        entries,
        differing: off,
        error,
        ...(fixed ? { note: "state in steps of 1/4096, which the last bit of a sum can move" } : {}),
        ok: off === 0 && (fixed ? error <= 8 / 4096 : beyond === 0),
      });
    }
  }
  return rows;
}

/** Both layers of 24 Braille-like inputs per network in every dialect that the oracle ran. */
export async function brailleSynthetic(): Promise<readonly ExactnessRow[]> {
  const rows: ExactnessRow[] = [];
  for (const model of models) {
    const arrays = readArrays(`real/${model}_synth.npz`);
    const inputs = entry(arrays, "input");
    const graph = await readGraph(`real/${model}.nir`);
    for (const stored of storedDialects(arrays, "")) {
      const dialect = dialectOf(stored, model);
      const simulator = createSimulator(graph, { dt: 1e-4, dialect });
      let [entries, off] = [0, 0];
      for (let k = 0; k < (inputs.shape[0] ?? 0); k++) {
        const record = { nodes: ["lif1.lif", "lif2"], signals: ["out"] } as const;
        const { records } = simulator.run(new Map([["input", sampleOf(inputs, k)]]), record);
        for (const layer of record.nodes) {
          const expected = numbers(sampleOf(entry(arrays, `${stored}/${layer}/out`), k));
          entries += expected.length;
          off += differing(numbers(entry(records, `${layer}/out`)), expected);
        }
      }
      rows.push({
        what: `${model}, 24 inputs`,
        reference: "oracle",
        dialect,
        entries,
        differing: off,
        ok: off === 0,
      });
    }
  }
  return rows;
}

/** The traces of the subtract network in spinnaker2 were made with a subtracted threshold. */
function dialectOf(stored: string, model: string): string {
  return stored === "spinnaker2" && model === models[1] ? "spinnaker2+subtract" : stored;
}

function storedDialects(arrays: ReadonlyMap<string, Tensor>, prefix: string): readonly string[] {
  const labels = [...arrays.keys()]
    .filter((key) => key.startsWith(prefix) && key.endsWith("/lif2/out"))
    .map((key) => key.slice(prefix.length, -"/lif2/out".length));
  return [...new Set(labels)];
}
