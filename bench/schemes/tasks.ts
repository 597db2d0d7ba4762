/** Real labelled tasks: what is classified, and what may be calibrated on. Data is read in place. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { memoryFiles, openFiles } from "@nirkit/events";
import type { Events, NirGraph, Sample, Tensor } from "@nirkit/graph";
import { toFloat64 } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";
import type { QuantizedInput } from "@nirkit/quantize";

/** One network with its data. */
export interface Task {
  readonly name: string;
  readonly graph: NirGraph;
  readonly dt: number;
  /** Labelled; the class is the argmax of the output's counts. */
  readonly tests: readonly Sample[];
  /** The first training samples; none of them is a test sample. */
  readonly calibration: (count: number) => Promise<readonly Sample[]>;
  readonly inputs?: ReadonlyMap<string, QuantizedInput>;
  /** The network and its time step, and what to calibrate on, as words of `nirkit quantize`. */
  readonly words: { readonly network: string; readonly calibrate: string };
}

/** The tasks, in the order of the page. */
export const taskNames = ["digits_mlp", "digits_cnn", "cnn_sinabs"] as const;

/** Name of a task and of its network. */
export type TaskName = (typeof taskNames)[number];

const root = resolve(import.meta.dirname, "../..");
const data = resolve(root, process.env.NIRKIT_DATA ?? "../shared/data");

/** False where the data is absent. */
export function hasTasks(): boolean {
  return existsSync(join(data, "traces/real")) && existsSync(join(data, "events/nmnist"));
}

/** Opens a task. */
export function openTask(name: TaskName): Promise<Task> {
  return name === "cnn_sinabs" ? saccades() : digits(name);
}

async function digits(name: "digits_mlp" | "digits_cnn"): Promise<Task> {
  const form = name === "digits_mlp" ? "xy" : "map_xy";
  return {
    name,
    graph: await graphOf(`${name}.nir`),
    dt: 1e-3,
    tests: samplesOf(join(data, `traces/real/digits_test_${form}.npz`)),
    calibration: async (count) => samplesOf(join(data, `traces/real/digits_train_${form}.npz`), count),
    words: { network: `${name}.nir --dt 1e-3`, calibrate: `digits_train_${form}.npz` },
  };
}

async function saccades(): Promise<Task> {
  return {
    name: "cnn_sinabs",
    graph: await graphOf("cnn_sinabs.nir"),
    dt: 1,
    tests: samplesOf(join(data, "events/nmnist/test_xy.npz")),
    calibration: async (count) => trainRecordings(count),
    // Counts of up to 3 events in a frame are integers already.
    inputs: new Map([["input", { bits: 2, signed: false, scale: 1 }]]),
    words: {
      network: "cnn_sinabs.nir --dt 1 --input-bits 2 --input-scale 1",
      calibrate: "nmnist:FOLDER --data-options part=train",
    },
  };
}

/** The first recordings of the training archives, 300 steps of 1 ms. */
async function trainRecordings(count: number): Promise<readonly Sample[]> {
  const archives = ["Train_1.zip", "Train_2.zip"].map(
    (name) => [name, readFileSync(join(data, "events/nmnist", name))] as const,
  );
  const recordings = await openFiles("nmnist", memoryFiles(new Map(archives)), { part: "train" });
  const samples: Sample[] = [];
  for (let k = 0; k < Math.min(count, recordings.length); k++) samples.push(await recordings.get(k));
  return samples.map(({ input, label }) => {
    const renamed = new Map(
      [...input.values()].map((events): [string, Tensor | Events] => ["input", events]),
    );
    return label === undefined ? { input: renamed } : { input: renamed, label };
  });
}

async function graphOf(file: string): Promise<NirGraph> {
  return (await readNir(readFileSync(join(data, "traces/real", file)))).graph;
}

function samplesOf(file: string, limit?: number): readonly Sample[] {
  const select = (key: string): boolean => key === "x" || key === "y";
  const arrays = readNpz(readFileSync(file), { select }) as ReadonlyMap<string, Tensor>;
  const [x, y] = [arrays.get("x"), arrays.get("y")];
  if (x === undefined || y === undefined) throw new Error(`${file} holds no x and y`);
  const labels = toFloat64(y).slice(0, limit);
  const per = x.data.length / (x.shape[0] ?? 1);
  const values = x.data as Uint8Array;
  return Array.from(labels, (label, n): Sample => {
    const frame: Tensor = {
      dtype: "uint8",
      shape: x.shape.slice(1),
      data: values.subarray(n * per, (n + 1) * per),
    };
    return { input: new Map([["input", frame]]), label };
  });
}
