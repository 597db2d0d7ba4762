/** Data arguments: files of arrays, or `DATASET:PATH` for the readers of `@nirkit/events`; samples come one by one. */
import { resolve } from "node:path";
import { type Diagnostic, type NirGraph, NirkitError, type Sample, sizeOf } from "@nirkit/graph";
import { portsOf, readInput, readSamples } from "./data-file.ts";
import { cliDiagnostic } from "./diagnostics.ts";
import { looseValue } from "./schema-flags.ts";
import { usageError } from "./usage-error.ts";

/** Flags of every command that takes data. */
export interface DataFlags {
  readonly limit?: number;
  readonly dataOptions?: ReadonlyMap<string, string>;
}

/** What the data are taken for. */
export interface DataUse {
  readonly graph: NirGraph;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** The flag that names them, for wrong usage: `--data`. */
  readonly flag: string;
  /** `labelled`: `x` and `y` as `--data` has them; `input`: also `[time, ...]`, as `input` or `x`. */
  readonly form: "labelled" | "input";
  /** True: labels beside an `input` are read, and refused where they are none. */
  readonly labels?: boolean;
  /** Number of classes that labels are checked against. */
  readonly classes?: number | undefined;
}

/** Samples in their order; those of a data set are read when they are taken. */
export interface SampleSource extends AsyncIterable<Sample> {
  readonly length: number;
  readonly labelled: boolean;
  /** False for one sample without a samples axis. */
  readonly batched: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Opens a data argument.
 *
 * @param argument a path, or `DATASET:PATH`
 * @throws NirkitError as `readSamples` and `openDataset`, `E_DATASET_SHAPE`; UsageError for options that nothing takes
 */
export async function openSamples(argument: string, use: DataUse, flags: DataFlags): Promise<SampleSource> {
  if (/^[a-z][a-z0-9-]+:/.test(argument)) return openNamed(argument, use, flags);
  if (flags.dataOptions !== undefined)
    throw usageError(
      "--data-options",
      `${argument} is a file, which takes no options`,
      `They belong to ${use.flag} DATASET:PATH`,
    );
  const path = resolve(use.cwd, argument);
  const { samples, labelled, batched } = await (use.form === "labelled"
    ? labelledFile(path, use, flags)
    : inputFile(path, use, flags));
  return {
    length: samples.length,
    labelled,
    batched,
    diagnostics: [],
    async *[Symbol.asyncIterator]() {
      yield* samples;
    },
  };
}

/** All samples at once. */
export async function allSamples(source: SampleSource): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of source) samples.push(sample);
  return samples;
}

interface ReadSamples {
  readonly samples: readonly Sample[];
  readonly labelled: boolean;
  readonly batched: boolean;
}

async function labelledFile(
  path: string,
  { graph, classes }: DataUse,
  { limit }: DataFlags,
): Promise<ReadSamples> {
  const options = {
    ...(limit === undefined ? {} : { limit }),
    ...(classes === undefined ? {} : { classes }),
  };
  return { ...(await readSamples(path, graph, options)), batched: true };
}

async function inputFile(
  path: string,
  { graph, classes, labels: wanted = false }: DataUse,
  { limit }: DataFlags,
): Promise<ReadSamples> {
  const { inputs, batched, labels } = await readInput(path, graph, { labels: wanted, classes });
  const samples = inputs.slice(0, limit).map((input, k): Sample => {
    const label = labels?.[k];
    return label === undefined ? { input } : { input, label };
  });
  return { samples, batched, labelled: labels !== undefined };
}

async function openNamed(argument: string, use: DataUse, flags: DataFlags): Promise<SampleSource> {
  const { openDataset } = await import("@nirkit/events/node");
  const { parseDatasetArgument } = await import("@nirkit/events");
  const parsed = parseDatasetArgument(argument);
  const path = parsed?.name === "gestures" ? parsed.path : resolve(use.cwd, parsed?.path ?? "");
  const input = portOf(use, flags.dataOptions?.get("input"));
  const options = await optionsOf(flags.dataOptions);
  const limit = flags.limit === undefined ? {} : { limit: flags.limit };
  const set = await openDataset(`${parsed?.name}:${path}`, { ...options, ...limit, input: input.name });
  assertFits(argument, set, input, use.classes);
  return {
    length: set.length,
    labelled: true,
    batched: true,
    diagnostics: set.diagnostics,
    [Symbol.asyncIterator]: () => set[Symbol.asyncIterator](),
  };
}

interface InputPort {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The Input node that a data set feeds: it has one stream, so that a network may have one Input. */
function portOf({ graph, flag }: DataUse, asked: string | undefined): InputPort {
  const ports = portsOf(graph);
  const [port] = ports;
  const [name, shape] = port ?? ["", []];
  if (ports.length > 1)
    throw usageError(
      flag,
      `A data set feeds one Input node, and the network has ${ports.map(([n]) => n).join(", ")}`,
      "Give an .npz with one array per Input node",
    );
  if (asked !== undefined && asked !== name)
    throw usageError("--data-options input", `There is no Input node "${asked}"`, `The network has ${name}`);
  return { name, shape };
}

async function optionsOf(
  given: ReadonlyMap<string, string> | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  if (given === undefined) return {};
  const { datasetOptionsSchema } = await import("@nirkit/events");
  const z = await import("zod");
  const { properties = {} } = z.toJSONSchema(datasetOptionsSchema, { unrepresentable: "any" }) as {
    readonly properties?: Readonly<Record<string, { readonly type?: string; readonly enum?: unknown }>>;
  };
  const entries = [...given].map(([word, text]): readonly [string, unknown] => {
    const key = word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const known = properties[key];
    if (known === undefined || key === "limit")
      throw usageError(
        "--data-options",
        `"${word}" is no option of a data set`,
        `There is ${Object.keys(properties)
          .filter((name) => name !== "limit")
          .map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))
          .join(", ")}`,
      );
    return [key, known.type === "string" ? text : looseValue(text)];
  });
  return Object.fromEntries(entries);
}

function assertFits(
  argument: string,
  set: { readonly shape: readonly number[]; readonly labels: Int32Array },
  { name, shape }: InputPort,
  classes: number | undefined,
): void {
  const same = set.shape.length === shape.length && set.shape.every((size, axis) => size === shape[axis]);
  if (!same) {
    const flat = shape.length === 1 && sizeOf(set.shape) === shape[0];
    const detail = { found: set.shape, expected: shape, node: name, flat };
    throw new NirkitError([cliDiagnostic("E_DATASET_SHAPE", argument, detail)]);
  }
  const index = classes === undefined ? -1 : set.labels.findIndex((label) => label < 0 || label >= classes);
  if (classes !== undefined && index >= 0)
    throw new NirkitError([
      cliDiagnostic("E_DATA_LABEL", argument, { index, label: set.labels[index] ?? 0, classes }),
    ]);
}
