/** The network and data that come with nirkit, for `nirkit demo`. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InternalError, type NirGraph, type Sample } from "@nirkit/graph";
import { readSamples } from "./data-file.ts";
import { outputOf } from "./evaluation.ts";
import { openModel } from "./model-file.ts";
import { readBytes } from "./read-bytes.ts";

/** The shipped network with its labelled samples. */
export interface DemoSample {
  /** Name of the network without its ending. */
  readonly name: string;
  readonly graph: NirGraph;
  /** The `.nir` file. */
  readonly bytes: Uint8Array;
  readonly samples: readonly Sample[];
  readonly output: string;
  readonly classes: number;
}

/** Reads the folder `sample` of this package: one `.nir`, and its `-test.npz`. */
export async function readDemoSample(): Promise<DemoSample> {
  const folder = fileURLToPath(new URL("../sample/", import.meta.url));
  const files = await readdir(folder);
  const [model, data] = [files.find((f) => f.endsWith(".nir")), files.find((f) => f.endsWith("-test.npz"))];
  if (model === undefined || data === undefined)
    throw new InternalError(`The sample of the demo is missing in ${folder}`);
  const path = join(folder, model);
  const [{ graph }, bytes] = [await openModel(path), await readBytes(path)];
  const { name: output, classes } = outputOf(graph, undefined);
  const { samples } = await readSamples(join(folder, data), graph, { classes });
  return { name: model.replace(/\.nir$/, ""), graph, bytes, samples, output, classes };
}
