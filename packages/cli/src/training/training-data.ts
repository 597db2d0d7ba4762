/** Data arguments as data sets that training can shuffle. */
import { resolve } from "node:path";
import { type Dataset, datasetOf, parseDatasetArgument } from "@nirkit/events";
import { openDataset } from "@nirkit/events/node";
import type { NirGraph, Sample } from "@nirkit/graph";
import { NirkitError } from "@nirkit/graph";
import { portsOf, readSamples } from "../data-file.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { outputOf } from "../evaluation.ts";
import { usageError } from "../usage-error.ts";
import type { TrainConfig } from "./train-config.ts";

/** What is to be opened. */
export interface DataRequest {
  readonly argument: string;
  readonly part: "train" | "test";
  readonly limit: number | undefined;
  readonly options: TrainConfig["data"]["options"];
  readonly graph: NirGraph;
  readonly cwd: string;
}

/**
 * Opens `.npz` files and `DATASET:PATH`; labels are needed.
 *
 * @throws NirkitError as the readers do, `E_DATA_NO_LABELS`
 */
export async function openTrainingData(request: DataRequest): Promise<Dataset<Sample>> {
  const { argument, part, limit, options = {}, graph, cwd } = request;
  const [port, second] = portsOf(graph);
  const only = limit === undefined ? {} : { limit };
  if (!/^[a-z][a-z0-9-]+:/.test(argument)) {
    const path = resolve(cwd, argument);
    const { samples, labelled } = await readSamples(path, graph, { ...only, ...classesOf(graph) });
    if (!labelled) throw new NirkitError([cliDiagnostic("E_DATA_NO_LABELS", path, {})]);
    return datasetOf(samples.length, (k) => samples[k] as Sample);
  }
  if (port === undefined || second !== undefined)
    throw usageError(
      argument,
      "A data set feeds one Input node",
      "Give an .npz with one array per Input node",
    );
  const parsed = parseDatasetArgument(argument);
  const path = parsed?.name === "gestures" ? parsed.path : resolve(cwd, parsed?.path ?? "");
  const [input, shape] = port;
  const opened = await openDataset(`${parsed?.name}:${path}`, {
    ...(shape.length === 1 ? { flatten: true } : {}),
    ...options,
    ...(options.part === undefined && partsOf(parsed?.name) ? { part } : {}),
    ...only,
    input,
  });
  const same = opened.shape.length === shape.length && opened.shape.every((size, k) => size === shape[k]);
  if (!same) {
    const flat = shape.length === 1;
    const detail = { found: opened.shape, expected: shape, node: input, flat };
    throw new NirkitError([cliDiagnostic("E_DATASET_SHAPE", argument, detail)]);
  }
  return opened;
}

/** The number of classes where one Output tells it: labels beyond are refused before anything is trained. */
function classesOf(graph: NirGraph): { readonly classes?: number } {
  const outputs = [...graph.nodes()].filter(([, { type }]) => type === "Output");
  return outputs.length === 1 ? { classes: outputOf(graph, undefined).classes } : {};
}

/** Data sets with a training and a test part by their own layout. */
function partsOf(name: string | undefined): boolean {
  return ["mnist", "nmnist", "gestures", "dvs-gesture", "hsi"].includes(name ?? "");
}
