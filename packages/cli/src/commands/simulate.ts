/** `nirkit simulate`: the float reference run, recorded into an `.npz` or, as it comes, into a folder. */
import { type NirGraph, NirkitError, type Signal, type Tensor, type Trace } from "@nirkit/graph";
import { type NpyArray, writeNpz } from "@nirkit/npy";
import { createSimulator, type ProbeSpec, type Simulator, type SimulatorOptions } from "@nirkit/simulate";
import { assertLabel, floatDialect } from "../annotated-dialect.ts";
import { allSamples, type DataFlags, openSamples, type SampleSource } from "../data-argument.ts";
import { nodesDeep } from "../describe-node.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import type { Invocation } from "../invocation.ts";
import { assertWritable, writeOutput } from "../output-file.ts";
import { assertFolder, fillFolder } from "../output-folder.ts";
import { recordFolder } from "../record-folder.ts";
import { openRunnable } from "../runnable-model.ts";
import { grouped, safeName, table } from "../table.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface SimulateFlags extends DataFlags {
  readonly input: string;
  readonly dialect?: string;
  readonly dt?: number;
  readonly record: readonly string[];
  readonly node?: readonly string[];
  readonly neurons?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly every?: number;
  readonly precision: NonNullable<SimulatorOptions["precision"]>;
  readonly workers?: number;
  readonly out?: string;
  readonly stream?: string;
  readonly force?: boolean;
}

const signals: readonly Signal[] = ["out", "v", "vpre", "i"];

/** What was run, for the last words. */
interface Ran {
  readonly samples: number;
  readonly steps: number;
  readonly records: readonly {
    readonly key: string;
    readonly dtype: string;
    readonly shape: readonly number[];
  }[];
}

/** Runs every sample of the input and writes one array per recorded signal. */
export async function simulate(invocation: Invocation, file: string, flags: SimulateFlags): Promise<number> {
  assertLabel(flags.dialect);
  const wanted = signalsOf(flags.record);
  const neurons = neuronsOf(flags.neurons);
  await assertPlace(invocation, flags);
  const { graph } = await openRunnable(invocation, file);
  const probe: ProbeSpec = {
    nodes: nodesOf(graph, flags.node),
    signals: wanted,
    ...(neurons === undefined ? {} : { neurons }),
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.every === undefined ? {} : { every: flags.every }),
  };
  const use = { graph, cwd: invocation.terminal.cwd, flag: "--input", form: "input" } as const;
  const source = await openSamples(flags.input, use, flags);
  await invocation.note(source.diagnostics);
  const { dialect, run, dt: trained, diagnostics: ofDialect } = floatDialect(graph, flags.dialect);
  await invocation.note(ofDialect);
  const dt = flags.dt ?? trained;
  const step = dt === undefined ? {} : { dt };
  const simulator = createSimulator(graph, { dialect: run, precision: flags.precision, ...step });
  await invocation.note(simulator.diagnostics);
  const ran =
    flags.stream === undefined
      ? await intoFile(invocation, flags, { simulator, source, probe })
      : await intoFolder(invocation, flags.stream, flags.force === true, { simulator, source, probe });
  report(invocation, flags, { dialect, dt: simulator.dt }, ran);
  return 0;
}

interface Work {
  readonly simulator: Simulator;
  readonly source: SampleSource;
  readonly probe: ProbeSpec;
}

async function assertPlace(
  invocation: Invocation,
  { out, stream, workers, force }: SimulateFlags,
): Promise<void> {
  if ((out === undefined) === (stream === undefined))
    throw usageError(
      "--out",
      "One of --out and --stream is needed",
      "--out FILE.npz, or --stream FOLDER for long runs",
    );
  if (out !== undefined) return assertWritable(invocation.path(out), force === true);
  if (workers !== undefined)
    throw usageError(
      "--workers",
      "Records that are streamed come from one thread",
      "Leave --workers or --stream out",
    );
  return assertFolder(invocation.path(stream ?? ""), force === true, recordFolder);
}

function signalsOf(words: readonly string[]): readonly Signal[] {
  if (words.includes("all")) return signals;
  const unknown = words.find((word) => !signals.some((signal) => signal === word));
  if (unknown !== undefined)
    throw usageError("--record", `"${unknown}" is no signal`, `Give all, or some of ${signals.join(",")}`);
  return signals.filter((signal) => words.includes(signal));
}

function neuronsOf(words: readonly string[] | undefined): readonly number[] | undefined {
  const wrong = words?.find((word) => !/^\d+$/.test(word));
  if (wrong !== undefined)
    throw usageError(
      "--neurons",
      `"${wrong}" is no position`,
      "Give row-major positions from 0 between commas",
    );
  return words?.map(Number);
}

function nodesOf(graph: NirGraph, names: readonly string[] | undefined): ProbeSpec["nodes"] {
  if (names === undefined) return "all";
  const known = nodesDeep(graph).map(([path]) => path);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new NirkitError(
      unknown.map((name) => cliDiagnostic("E_UNKNOWN_RECORD", `--node ${name}`, { name, known })),
    );
  return names;
}

async function intoFile(
  invocation: Invocation,
  { out = "", workers = 1, force }: SimulateFlags,
  { simulator, source, probe }: Work,
): Promise<Ran> {
  const progress = invocation.progress("simulated");
  const update = (done: number, total: number): void => progress.update(done, total, "sample");
  const traces: Trace[] = [];
  try {
    if (workers === 1)
      for await (const { input } of source) {
        traces.push(simulator.run(input, probe));
        update(traces.length, source.length);
      }
    else traces.push(...(await inThreads(simulator, source, probe, workers, update)));
  } finally {
    progress.end();
  }
  const arrays = stack(traces, source.batched);
  await writeOutput(invocation.path(out), writeNpz(arrays), force === true);
  const records = [...arrays].map(([key, { dtype, shape }]) => ({ key, dtype, shape }));
  return { samples: traces.length, steps: traces[0]?.steps ?? 0, records };
}

async function inThreads(
  simulator: Simulator,
  source: SampleSource,
  probe: ProbeSpec,
  workers: number,
  progress: (done: number, total: number) => void,
): Promise<readonly Trace[]> {
  const { openSimulatorPool } = await import("@nirkit/simulate/node");
  const pool = openSimulatorPool(simulator, { workers });
  try {
    const inputs = (await allSamples(source)).map(({ input }) => input);
    return await pool.runBatch(inputs, probe, { progress });
  } finally {
    await pool.close();
  }
}

/** One folder of `.npy` files per sample, written while the run goes on; the whole appears when all is done. */
async function intoFolder(
  invocation: Invocation,
  stream: string,
  force: boolean,
  { simulator, source, probe }: Work,
): Promise<Ran> {
  const { npyFolderSink } = await import("@nirkit/simulate/node");
  const progress = invocation.progress("simulated");
  let samples = 0;
  let steps = 0;
  try {
    await fillFolder(invocation.path(stream), force, recordFolder, async (folder) => {
      for await (const { input } of source) {
        const sink = npyFolderSink(`${folder}/sample-${samples}`);
        const trace = await simulator.runAsync(
          input,
          { ...probe, sink },
          {
            progress: (done, total) =>
              progress.update(done, total, `sample ${samples + 1} of ${source.length}, step`),
          },
        );
        samples++;
        steps = trace.steps;
      }
    });
  } finally {
    progress.end();
  }
  return { samples, steps, records: [] };
}

/** Records of all samples as `[samples, time, ...]`, or of one without a samples axis as `[time, ...]`. */
function stack(traces: readonly Trace[], batched: boolean): ReadonlyMap<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  const [first] = traces;
  for (const [key, tensor] of first?.records ?? []) {
    const parts = traces.map((trace) => trace.records.get(key) as Tensor);
    arrays.set(key, batched ? joined(parts, tensor) : tensor);
  }
  return arrays;
}

function joined(parts: readonly Tensor[], like: Tensor): Tensor {
  const size = like.data.length;
  const data = like.data.slice(0, 0).constructor as new (length: number) => Tensor["data"];
  const whole = new data(size * parts.length);
  for (const [k, part] of parts.entries()) (whole as Float32Array).set(part.data as Float32Array, k * size);
  return { dtype: like.dtype, shape: [parts.length, ...like.shape], data: whole } as Tensor;
}

function report(
  invocation: Invocation,
  { out, stream }: SimulateFlags,
  { dialect, dt }: { readonly dialect: string; readonly dt: number },
  { samples, steps, records }: Ran,
): void {
  const place = out === undefined ? { stream } : { out };
  invocation.document({
    ok: true,
    ...place,
    samples,
    steps,
    dialect,
    dt,
    records,
    diagnostics: invocation.noted(),
  });
  const rows = records.map(({ key, dtype, shape }) => [key, dtype, `[${shape.join(", ")}]`]);
  if (rows.length > 0) invocation.print(`${table(["record", "dtype", "shape"], rows)}\n`);
  invocation.print(
    `${grouped(samples)} ${samples === 1 ? "sample" : "samples"} of ${steps} steps in ${dialect}, dt ${dt}, written to ${safeName(out ?? stream ?? "", 200)}`,
  );
}
