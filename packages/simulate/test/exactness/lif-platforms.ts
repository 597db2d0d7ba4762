/** One LIF over 1000 steps, recorded on ten platforms for the NIR paper. */
import { type Tensor, tensor } from "@nirkit/graph";
import { createSimulator } from "../../src/index.ts";
import { entry, readArrays, readGraph } from "../reference-data.ts";
import { differing, type ExactnessRow, largestError, numbers } from "./row.ts";

interface Platform {
  readonly name: string;
  readonly dialect: string;
  /** Input per spike. */
  readonly drive?: number;
  /** Steps that the recording is late. */
  readonly late?: number;
  /** Recorded membrane units per unit of the file; undefined where its unit is not known. */
  readonly unit?: number;
  /** Bound of |dv|. */
  readonly within?: number;
  readonly note?: string;
}

const platforms: readonly Platform[] = [
  { name: "Norse", dialect: "norse", unit: 1, within: 1e-6 },
  {
    name: "snnTorch",
    dialect: "snntorch",
    unit: 25,
    within: 1e-5,
    note: "v recorded in units of the gain, 1/25",
  },
  { name: "Spyx", dialect: "spyx", unit: 1, within: 1e-6 },
  { name: "Sinabs", dialect: "sinabs", drive: 0.04, unit: 1, within: 1e-6, note: "input 0.04 per spike" },
  { name: "Rockpool", dialect: "rockpool", drive: 0.04, unit: 1, within: 1e-6, note: "input 0.04 per spike" },
  { name: "Nengo", dialect: "nengo", unit: 10, within: 1e-5, note: "v recorded in units of the threshold" },
  {
    name: "SpiNNaker2",
    dialect: "spinnaker2",
    late: -1,
    unit: 25,
    within: 1e-3,
    note: "recorded from the tick after the input's",
  },
  { name: "Lava, float", dialect: "nir-euler", late: 1, note: "one step late" },
  { name: "Lava, fixed point", dialect: "nir-euler", late: 1, note: "one step late" },
  { name: "Loihi, fixed point", dialect: "nir-euler", late: 1, note: "one step late" },
  { name: "exact solution", dialect: "nir-exp", note: "solved in closed form between inputs" },
];

const keys: Readonly<Record<string, string>> = {
  "Lava, float": "lava_cpu_float",
  "Lava, fixed point": "lava_cpu_fixed",
  "Loihi, fixed point": "lava_loihi_fixed",
  "exact solution": "exact",
};

/** One row per platform. */
export async function lifRows(): Promise<readonly ExactnessRow[]> {
  const arrays = readArrays("real/lif_paper.npz");
  const graph = await readGraph("real/lif_norse.nir");
  const spikes = numbers(entry(arrays, "input"));
  return platforms.map(({ name, dialect, drive = 1, late = 0, unit, within, note }) => {
    const key = keys[name] ?? name.toLowerCase();
    const input = tensor(
      "float32",
      [spikes.length, 1],
      [...spikes].map((z) => z * drive),
    );
    const { records } = createSimulator(graph, { dialect, dt: 1e-4 }).run(new Map([["input", input]]), {
      nodes: ["1"],
      signals: ["out", "v"],
    });
    const shifted = (signal: string): number[] => shift(entry(records, `1/${signal}`), late);
    const recorded = numbers(entry(arrays, `${key}/spikes`));
    const off = differing(shifted("out"), recorded);
    const error =
      unit === undefined
        ? undefined
        : largestError(
            shifted("v"),
            numbers(entry(arrays, `${key}/v`)).map((v) => v / unit),
          );
    return {
      what: "one LIF, 1000 steps",
      reference: `${name}, recorded`,
      dialect,
      entries: recorded.length,
      differing: off,
      ...(error === undefined ? {} : { error }),
      ...(note === undefined ? {} : { note }),
      ok: off === 0 && (error ?? 0) <= (within ?? 0),
    };
  });
}

/** Later by `steps`, silence before; earlier for negative ones. */
function shift(signal: Tensor, steps: number): number[] {
  const values = [...numbers(signal)];
  if (steps < 0) return [...values.slice(-steps), ...new Array<number>(-steps).fill(0)];
  return [...new Array<number>(steps).fill(0), ...values].slice(0, values.length);
}
