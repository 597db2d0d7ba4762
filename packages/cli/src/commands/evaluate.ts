/** `nirkit evaluate`: how well a network does, and what it costs in events. */
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { parseDialect } from "@nirkit/simulate";
import { assertDialect, floatDialect } from "../annotated-dialect.ts";
import { readSamples } from "../data-file.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { backendEngine, type Engine, floatEngine, integerEngine } from "../engine.ts";
import { evaluateSamples, outputOf } from "../evaluation.ts";
import { evaluationText } from "../evaluation-text.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { loadPlugin } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { parseOptions } from "../schema-flags.ts";
import { assertStep } from "../time-step.ts";

/** Flags of the command. */
export interface EvaluateFlags {
  readonly data: string;
  readonly engine: string;
  readonly dialect?: string;
  readonly dt?: number;
  readonly limit?: number;
  readonly output?: string;
  readonly counts?: boolean;
  readonly plugin?: PluginChoice | undefined;
}

/** Classifies every sample with one engine. */
export async function evaluate(invocation: Invocation, file: string, flags: EvaluateFlags): Promise<number> {
  if (flags.dialect !== undefined) parseDialect(flags.dialect);
  const { graph, diagnostics } = await openModel(invocation.path(file));
  await invocation.note(diagnostics);
  const output = outputOf(graph, flags.output);
  const path = invocation.path(flags.data);
  const limit = flags.limit === undefined ? {} : { limit: flags.limit };
  const { samples, labelled } = await readSamples(path, graph, { classes: output.classes, ...limit });
  if (!labelled) throw new NirkitError([cliDiagnostic("E_DATA_NO_LABELS", path, {})]);
  const engine = await engineOf(invocation, graph, file, flags);
  await invocation.note(engine.diagnostics);
  const progress = invocation.progress("evaluated");
  const result = evaluateSamples(engine, graph, samples, output.name, (done, total) =>
    progress.update(done, total, "sample"),
  );
  progress.end();
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
    return floatEngine(graph, chosen.dialect, dt);
  }
  assertStep(graph, dt);
  assertDialect(graph, dialect);
  if (engine === "integer") return integerEngine(graph, file);
  const backend = await loadPlugin("backend", engine, invocation.terminal.cwd);
  const { values, flags: known } = flags.plugin ?? { values: {}, flags: [] };
  return backendEngine(graph, file, backend, parseOptions(backend.options, values, known));
}
