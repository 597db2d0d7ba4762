/** Data sets by name: what a data argument `NAME:PATH` means. */
import type { BinOptions } from "../binning/bin-options.ts";
import { eventsError } from "../diagnostics.ts";
import { type BinnedDatasetOptions, binnedDataset } from "./binned-dataset.ts";
import { type EventDataset, type SampleDataset, takeItems } from "./dataset.ts";
import { type DatasetOptions, type Defined, parseDatasetOptions } from "./dataset-options.ts";
import { dvsGestureDataset } from "./dvs-gesture.ts";
import { eventFolders } from "./event-folders.ts";
import type { FileTree } from "./file-tree.ts";
import { mnistDataset } from "./image-dataset.ts";
import { nmnistDataset } from "./nmnist.ts";
import { sceneDataset } from "./scene-dataset.ts";
import { syntheticGestures } from "./synthetic-gestures.ts";

/** Names of data sets, with one line on what their path is. */
export const datasetNames: Readonly<Record<DatasetName, string>> = {
  nmnist: "N-MNIST: a folder with Train/ and Test/, or zip archives of them",
  mnist: "MNIST: a folder with the four idx files",
  "dvs-gesture": "DVS128 Gesture: a folder of .aedat recordings with labels",
  gestures: "synthetic gestures: the path is the seed of the data set",
  "st-mnist": "ST-MNIST: a folder of .mat files, one folder per digit",
  shd: "Spiking Heidelberg Digits: the .h5 file",
  hsi: "a hyperspectral scene: a folder with a cube and its map of labels",
  events: "any event files: one folder per class",
};

/** A data set that can be opened by name. */
export type DatasetName =
  | "nmnist"
  | "mnist"
  | "dvs-gesture"
  | "gestures"
  | "st-mnist"
  | "shd"
  | "hsi"
  | "events";

/** `NAME:PATH` taken apart. */
export interface DatasetArgument {
  readonly name: DatasetName;
  readonly path: string;
}

/**
 * Takes a data argument apart; undefined for what has no `NAME:`, such as a path to an `.npz` file. One letter before
 * the colon is a drive, not a name.
 *
 * @throws E_DATASET_UNKNOWN for a name that is none
 * @example parseDatasetArgument("nmnist:data/n-mnist") // { name: "nmnist", path: "data/n-mnist" }
 */
export function parseDatasetArgument(argument: string): DatasetArgument | undefined {
  const [, name, path] = /^([a-z][a-z0-9-]+):(.*)$/s.exec(argument) ?? [];
  if (name === undefined || path === undefined) return undefined;
  if (!Object.hasOwn(datasetNames, name))
    throw eventsError("E_DATASET_UNKNOWN", argument, { name, known: Object.keys(datasetNames) });
  return { name: name as DatasetName, path };
}

type Options = Defined<DatasetOptions>;
type Opener = (files: FileTree, options: Options) => Promise<SampleDataset>;

const binningOptions = [
  "steps",
  "stepUs",
  "frames",
  "downsample",
  "accumulate",
  "polarity",
  "tail",
  "clip",
  "flatten",
] as const;

/** Which options a data set takes besides `part`, `input` and `limit`. */
const takes: Readonly<Record<Exclude<DatasetName, "shd">, readonly (keyof DatasetOptions)[]>> = {
  nmnist: binningOptions,
  mnist: ["steps", "code", "seed", "flatten"],
  "dvs-gesture": binningOptions,
  gestures: [...binningOptions, "seed", "repetitions"],
  "st-mnist": binningOptions,
  hsi: ["steps", "split", "patch", "seed"],
  events: binningOptions,
};

const openers: Readonly<Record<Exclude<DatasetName, "shd">, Opener>> = {
  nmnist: async (files, options) =>
    binned(await nmnistDataset(files, options.part ?? "test"), options, {
      name: "nmnist",
      sensor: { width: 34, height: 34 },
      usual: { steps: 300, stepUs: 1000 },
    }),
  mnist: (files, options) => mnistDataset(files, { part: "test", ...options }),
  "dvs-gesture": async (files, options) =>
    binned(await dvsGestureDataset(files, options.part ?? "test"), options, gestures("dvs-gesture")),
  gestures: async (files, options) => {
    const { part = "test", repetitions = 1, steps = 20, stepUs = 50_000 } = options;
    const seconds = Math.ceil((steps * stepUs) / 1000);
    const seed = options.seed === undefined ? seedOf(files.name) : Number(options.seed);
    return binned(
      syntheticGestures({ seed, part, repetitions, steps: seconds }),
      options,
      gestures("gestures"),
    );
  },
  "st-mnist": async (files, options) =>
    binned(await eventFolders(files), options, {
      name: "st-mnist",
      sensor: { width: 10, height: 10 },
      usual: { steps: 100, stepUs: 20_000 },
    }),
  hsi: (files, options) => sceneDataset(files, { part: "test", ...options }),
  events: async (files, options) => {
    const recordings = await eventFolders(files);
    const { width, height } = (await recordings.get(0)).stream;
    if (options.steps === undefined || (options.stepUs === undefined && options.frames === undefined))
      throw eventsError("E_DATASET_OPTION", "steps", {
        why: "Event files of an unknown kind need steps",
        hint: "Give steps and stepUs, or steps and frames",
      });
    return binned(recordings, options, {
      name: "events",
      sensor: { width, height },
      usual: { steps: 1, stepUs: 1 },
    });
  },
};

/** 20 steps of 50 ms on 32 x 32. */
function gestures(name: string): Usual {
  return { name, sensor: { width: 128, height: 128 }, usual: { steps: 20, stepUs: 50_000, downsample: 4 } };
}

interface Usual {
  readonly name: string;
  readonly sensor: BinnedDatasetOptions["sensor"];
  readonly usual: { readonly steps: number; readonly stepUs: number; readonly downsample?: number };
}

function binned(recordings: EventDataset, options: Options, { name, sensor, usual }: Usual): SampleDataset {
  const { steps = usual.steps, stepUs = usual.stepUs, downsample = usual.downsample ?? 1 } = options;
  const { frames, accumulate, polarity, tail, clip, flatten = false, input = "input" } = options;
  const bins: BinOptions & { readonly steps: number } = {
    by: frames === undefined ? { us: stepUs } : { frames: steps, by: frames },
    steps,
    ...(downsample === 1 ? {} : { downsample: { factor: downsample } }),
    ...(accumulate === undefined ? {} : { accumulate }),
    ...(polarity === undefined ? {} : { polarity }),
    ...(tail === undefined ? {} : { tail }),
    ...(clip === undefined ? {} : { clip }),
  };
  return binnedDataset(recordings, { name, input, bins, sensor, flatten });
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (text !== "" && Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return seed;
  throw eventsError("E_DATASET_OPTION", "gestures", {
    why: `The seed ${JSON.stringify(text)}`,
    hint: "Write gestures:SEED, an integer of 0 to 4294967295",
  });
}

/**
 * Opens a data set on a tree of files; `shd` has its own entry, as it needs an HDF5 library.
 *
 * @param files for `gestures` a tree whose name is the seed
 * @param options checked: an option that the data set does not take is refused
 * @throws E_DATASET_OPTION, E_DATASET_EMPTY, and what the data set throws
 */
export async function openFiles(
  name: Exclude<DatasetName, "shd">,
  files: FileTree,
  options: DatasetOptions = {},
): Promise<SampleDataset> {
  const parsed = parseDatasetOptions(options);
  assertTaken(name, parsed, takes[name]);
  return limited(await openers[name](files, parsed), parsed.limit);
}

/** @throws E_DATASET_OPTION for an option that the data set does not take */
export function assertTaken(name: DatasetName, options: Options, taken: readonly string[]): void {
  const strange = Object.keys(options).find((key) => !["part", "input", "limit", ...taken].includes(key));
  if (strange !== undefined)
    throw eventsError("E_DATASET_OPTION", strange, {
      why: `The data set ${name} takes no option ${strange}`,
      hint: `It takes part, input, limit, ${taken.join(", ")}`,
    });
}

/** The first samples only. */
export function limited(dataset: SampleDataset, limit: number | undefined): SampleDataset {
  if (limit === undefined || limit >= dataset.length) return dataset;
  const positions = Uint32Array.from({ length: limit }, (_, i) => i);
  return { ...dataset, ...takeItems(dataset, positions), labels: dataset.labels.slice(0, limit) };
}
