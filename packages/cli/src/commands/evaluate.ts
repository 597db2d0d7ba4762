/** `nirkit evaluate`: how well a network does, and what it costs in events. */
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { assertDialect, assertLabel, floatDialect, stepOfLabel } from "../annotated-dialect.ts";
import { type DataFlags, openSamples } from "../data-argument.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { backendEngine, type Engine, floatEngine, integerEngine } from "../engine.ts";
import { type Evaluation, evaluateSamples, outputOf } from "../evaluation.ts";
import { evaluationText } from "../evaluation-text.ts";
import type { Invocation } from "../invocation.ts";
import { loadPlugin } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { openRunnable } from "../runnable-model.ts";
import { parseOptions } from "../schema-flags.ts";
import { assertStep } from "../time-step.ts";
import { trainedStep } from "../trained-dialect.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface EvaluateFlags extends DataFlags {
  readonly data: string;
  readonly engine: string;
  readonly dialect?: string;
  readonly dt?: number;
  readonly workers?: number;
  readonly output?: string;
  readonly counts?: boolean;
  readonly plugin?: PluginChoice | undefined;
}

/** Classifies every sample with one engine. */
export async function evaluate(invocation: Invocation, file: string, flags: EvaluateFlags): Promise<number> {
  assertLabel(flags.dialect);
  const { graph } = await openRunnable(invocation, file);
  const output = outputOf(graph, flags.output);
  const { cwd } = invocation.terminal;
  const use = { graph, cwd, flag: "--data", form: "labelled", classes: output.classes } as const;
  const samples = await openSamples(flags.data, use, flags);
  await invocation.note(samples.diagnostics);
  if (!samples.labelled)
    throw new NirkitError([cliDiagnostic("E_DATA_NO_LABELS", invocation.path(flags.data), {})]);
  const engine = await engineOf(invocation, graph, file, flags);
  await invocation.note(engine.diagnostics);
  const progress = invocation.progress("evaluated");
  let result: Evaluation;
  try {
    const readout = trainedStep(graph)?.readout ?? "sum";
    result = await evaluateSamples(engine, graph, samples, { output: output.name, readout }, (done) =>
      progress.update(done, samples.length, "sample"),
    );
  } finally {
    progress.end();
    await engine.batch?.close();
  }
  const { counts, predictions, ...document } = result;
  const extra = flags.counts === true ? { counts, predictions } : {};
  invocation.document({ ok: true, ...document, ...extra, diagnostics: invocation.noted() });
  invocation.print(evaluationText(result));
  return 0;
}

async function engineOf(
  invocation: Invocation,
  graph: NirGraph,
  file: string,
  flags: EvaluateFlags,
): Promise<Engine> {
  const { engine, dialect, dt } = flags;
  if (engine === "float") {
    const chosen = floatDialect(graph, dialect);
    await invocation.note(chosen.diagnostics);
    const made = await floatEngine(graph, chosen.run, dt ?? chosen.dt, flags.workers);
    return { ...made, dialect: chosen.dialect };
  }
  if (flags.workers !== undefined)
    throw usageError("--workers", `Engine ${engine} runs in one thread`, "Threads are for --engine float");
  assertStep(graph, dt ?? stepOfLabel(dialect));
  assertDialect(graph, dialect);
  if (engine === "integer") return integerEngine(graph, file);
  const backend = await loadPlugin("backend", engine, invocation.terminal.cwd);
  const { values, flags: known } = flags.plugin ?? { values: {}, flags: [] };
  return backendEngine(graph, file, backend, parseOptions(backend.options, values, known));
}
