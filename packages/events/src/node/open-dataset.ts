/** Data sets of the file system by `NAME:PATH`. */
import { readFile } from "node:fs/promises";
import type { SampleDataset } from "../dataset/dataset.ts";
import { type DatasetOptions, parseDatasetOptions } from "../dataset/dataset-options.ts";
import { memoryFiles } from "../dataset/file-tree.ts";
import {
  assertTaken,
  datasetNames,
  limited,
  openFiles,
  parseDatasetArgument,
} from "../dataset/open-dataset.ts";
import { eventsError } from "../diagnostics.ts";
import { folderFiles } from "./folder-files.ts";

const shdOptions = ["steps", "stepUs", "accumulate", "tail", "clip", "channels"];

/**
 * Opens the data set of an argument `NAME:PATH`, as `--data` takes it. Files are read when their samples are taken.
 *
 * @returns samples by number and in order, with labels, classes, the shape of a step and the number of steps
 * @throws E_DATASET_UNKNOWN, E_DATASET_OPTION, E_DATASET_EMPTY, and what the data set throws
 * @example await openDataset("gestures:2024", { part: "test", steps: 20 }) // made, not read
 */
export async function openDataset(argument: string, options: DatasetOptions = {}): Promise<SampleDataset> {
  const parsed = parseDatasetArgument(argument);
  if (parsed === undefined)
    throw eventsError("E_DATASET_UNKNOWN", argument, { name: argument, known: Object.keys(datasetNames) });
  const { name, path } = parsed;
  if (name === "gestures") return openFiles(name, memoryFiles(new Map(), path), options);
  if (name !== "shd") return openFiles(name, await folderFiles(path), options);
  return openShd(path, options);
}

async function openShd(path: string, options: DatasetOptions): Promise<SampleDataset> {
  const { limit, stepUs = 14_000, steps = 100, input = "input", ...rest } = parseDatasetOptions(options);
  const { part: _, ...known } = rest;
  assertTaken("shd", known, shdOptions);
  const { readShd, shdSamples } = await import("../shd/read-shd.ts");
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) throw eventsError("E_DATASET_EMPTY", path, { why: "there is no such file" });
  const { accumulate, tail, clip, channels } = known;
  const digits = await readShd(new Uint8Array(bytes), { path });
  const binning = {
    input,
    by: { us: stepUs },
    steps,
    ...(accumulate === undefined ? {} : { accumulate }),
    ...(tail === undefined ? {} : { tail }),
    ...(clip === undefined ? {} : { clip }),
    ...(channels === undefined ? {} : { channels }),
  };
  return limited(shdSamples(digits, binning), limit);
}
