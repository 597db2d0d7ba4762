/** Files of networks and data from Node, without the command line around them. Packages are loaded when first used. */
import { resolve } from "node:path";
import type { ToolRunner } from "@nirkit/backend";
import type { NirGraph, Sample } from "@nirkit/graph";

/**
 * Opens a network, `.nir` or `.nir.json`.
 *
 * @param path relative to the current folder
 * @throws NirkitError with every error of the file
 * @example const graph = await open("model.nir");
 */
export async function open(path: string): Promise<NirGraph> {
  const { openModel } = await import("./model-file.ts");
  return (await openModel(resolve(path))).graph;
}

/**
 * Saves a network, whole or not at all; `.json` at the end of the name chooses the text form.
 *
 * @throws NirkitError `E_EXISTS` unless `force` is set, `E_FILE_WRITE`
 */
export async function save(
  path: string,
  graph: NirGraph,
  options: { readonly force?: boolean } = {},
): Promise<void> {
  const { saveModel } = await import("./model-file.ts");
  await saveModel(resolve(path), graph, options.force === true);
}

/**
 * Reads the samples of a data argument: an `.npz` with `x` `[samples, time, ...features]` and optional `y`.
 *
 * @param graph whose Input nodes the arrays have to fit
 * @throws NirkitError with an `E_DATA` code
 */
export async function samples(path: string, graph: NirGraph): Promise<readonly Sample[]> {
  const { readSamples } = await import("./data-file.ts");
  return (await readSamples(resolve(path), graph)).samples;
}

/** Starts outside programs for `Backend.verify`: no shell, a throw-away folder, a time limit. */
export async function tools(): Promise<ToolRunner> {
  const { processTools } = await import("@nirkit/backend/node");
  return processTools();
}
