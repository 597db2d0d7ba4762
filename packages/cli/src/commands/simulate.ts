/** `nirkit simulate`: the float reference run, recorded into an `.npz`. */
import {
  type NirGraph,
  NirkitError,
  type RecordSpec,
  type Signal,
  type Tensor,
  type Trace,
} from "@nirkit/graph";
import { type NpyArray, writeNpz } from "@nirkit/npy";
import { createSimulator, type SimulatorOptions } from "@nirkit/simulate";
import { floatDialect } from "../annotated-dialect.ts";
import { readInput } from "../data-file.ts";
import { nodesDeep } from "../describe-node.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { assertWritable, writeOutput } from "../output-file.ts";
import { grouped, table } from "../table.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface SimulateFlags {
  readonly input: string;
  readonly dialect?: string;
  readonly dt?: number;
  readonly record: readonly string[];
  readonly node?: readonly string[];
  readonly precision: NonNullable<SimulatorOptions["precision"]>;
  readonly out: string;
  readonly force?: boolean;
}

const signals: readonly Signal[] = ["out", "v", "vpre", "i"];

/** Runs every sample of the input and writes one array per recorded signal. */
export async function simulate(invocation: Invocation, file: string, flags: SimulateFlags): Promise<number> {
  const out = invocation.path(flags.out);
  const force = flags.force === true;
  const wanted = signalsOf(flags.record);
  await assertWritable(out, force);
  const { graph, diagnostics } = await openModel(invocation.path(file));
  await invocation.note(diagnostics);
  const record: RecordSpec = { nodes: nodesOf(graph, flags.node), signals: wanted };
  const { inputs, batched } = await readInput(invocation.path(flags.input), graph);
  const step = flags.dt === undefined ? {} : { dt: flags.dt };
  const { dialect, diagnostics: ofDialect } = floatDialect(graph, flags.dialect);
  await invocation.note(ofDialect);
  const simulator = createSimulator(graph, { dialect, precision: flags.precision, ...step });
  await invocation.note(simulator.diagnostics);
  const progress = invocation.progress("simulated");
  const traces: Trace[] = [];
  for (const input of inputs) {
    traces.push(simulator.run(input, record));
    progress.update(traces.length, inputs.length, "sample");
  }
  progress.end();
  const arrays = stack(traces, batched);
  await writeOutput(out, writeNpz(arrays), force);
  report(invocation, flags, { dialect, dt: simulator.dt }, traces, arrays);
  return 0;
}

function signalsOf(words: readonly string[]): readonly Signal[] {
  if (words.includes("all")) return signals;
  const unknown = words.find((word) => !signals.some((signal) => signal === word));
  if (unknown !== undefined)
    throw usageError("--record", `"${unknown}" is no signal`, `Give all, or some of ${signals.join(",")}`);
  return signals.filter((signal) => words.includes(signal));
}

function nodesOf(graph: NirGraph, names: readonly string[] | undefined): RecordSpec["nodes"] {
  if (names === undefined) return "all";
  const known = nodesDeep(graph).map(([path]) => path);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new NirkitError(
      unknown.map((name) => cliDiagnostic("E_UNKNOWN_RECORD", `--node ${name}`, { name, known })),
    );
  return names;
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
  flags: SimulateFlags,
  { dialect, dt }: { readonly dialect: string; readonly dt: number },
  traces: readonly Trace[],
  arrays: ReadonlyMap<string, NpyArray>,
): void {
  const keys = [...arrays].map(([key, { dtype, shape }]) => ({ key, dtype, shape }));
  const steps = traces[0]?.steps ?? 0;
  invocation.document({
    ok: true,
    out: flags.out,
    samples: traces.length,
    steps,
    dialect,
    dt,
    records: keys,
    diagnostics: invocation.noted(),
  });
  const rows = keys.map(({ key, dtype, shape }) => [key, dtype, `[${shape.join(", ")}]`]);
  invocation.print(table(["record", "dtype", "shape"], rows));
  invocation.print(
    `\n${grouped(traces.length)} ${traces.length === 1 ? "sample" : "samples"} of ${steps} steps in ${dialect}, dt ${dt}, written to ${flags.out}`,
  );
}
