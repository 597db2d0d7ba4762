/** `nirkit verify`: a deployment folder against the golden network. */
import { join } from "node:path";
import { contentSha256, type VerifyReport } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import { type Diagnostic, type NirGraph, NirkitError, type Sample } from "@nirkit/graph";
import { lower, type Network } from "@nirkit/network";
import * as z from "zod";
import { allSamples, openSamples } from "../data-argument.ts";
import { deployedTarget, graphChange } from "../deployed-target.ts";
import { type OpenedDeployment, openDeployment } from "../deployment-folder.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { extensions } from "../extension-types.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { type AnyBackend, ownPlugins } from "../plugin.ts";
import { randomSamples } from "../random-samples.ts";
import { type Cell, grouped, table } from "../table.ts";
import { sampleLimits, verifyDeployment, verifyDiagnostics } from "../verification.ts";
import { assertEngines, assertReported, enginesRun, provedLess } from "../verify-engines.ts";

/** Flags of the command. */
export interface VerifyFlags {
  readonly data?: string;
  readonly dataOptions?: ReadonlyMap<string, string>;
  readonly tools?: readonly string[];
  readonly limit?: ReadonlyMap<string, number>;
  readonly samples: number;
  readonly steps: number;
  readonly target?: string;
}

/** Checks hashes, lowers `model.nir` again, and compares it with the loaded files and the outside tools. */
export async function verify(invocation: Invocation, dir: string, flags: VerifyFlags): Promise<number> {
  const folder = invocation.path(dir);
  const opened = await openDeployment(folder);
  await invocation.note(opened.diagnostics);
  const backend = await deployedTarget(opened, flags.target, invocation.terminal.cwd);
  const target = flags.target ?? opened.document.backend;
  assertEngines(target, backend.verify === undefined, flags);
  const model = await openModel(join(folder, "model.nir"));
  const changed = graphChange(folder, opened, model.graph);
  await invocation.note(changed);
  const network = lower(model.graph, { extensions, ...backend.lowering });
  if (changed.length === 0) await invocation.note(emissionChanges(backend, network, opened));
  const samples = await samplesOf(invocation, model.graph, network, flags);
  const report = await prove(invocation, backend, opened, network, samples, flags);
  if (!ownPlugins("backend").includes(target)) assertReported(report, flags);
  await invocation.note(verifyDiagnostics(report, flags.tools));
  const ok = report.ok && !invocation.noted().some((d) => d.level === "error");
  const { runs, mismatch } = report;
  const place = mismatch === undefined ? {} : { mismatch };
  const engines = enginesRun(report);
  const said = { diagnostics: invocation.noted() };
  invocation.document({ ok, samples: samples.length, engines, runs, ...place, ...said });
  invocation.print(runTable(report));
  const verdict = ok
    ? `${invocation.out.good("verified")}${provedLess(engines, target)}`
    : invocation.out.error("NOT verified");
  invocation.print(`\n${verdict}: ${dir}`);
  return ok ? 0 : 1;
}

/**
 * Files that differ from what the back end emits for this network and these options. Emission is deterministic, so a
 * hash in deployment.json that was made again for an edited file does not help it.
 */
function emissionChanges(
  backend: AnyBackend,
  network: Network,
  { document, files, diagnostics }: OpenedDeployment,
): readonly Diagnostic[] {
  const told = new Set(diagnostics.map((d) => d.path));
  const found = new Map(files.map(({ path, content }) => [path, contentSha256(content)]));
  const options = backend.options.safeParse(document.options);
  if (!options.success) {
    const reason = `its options are not those of back end ${backend.name}: ${z.prettifyError(options.error)}`;
    throw new NirkitError([cliDiagnostic("E_DEPLOYMENT", "deployment.json", { reason })]);
  }
  return backend.emit(backend.compile(network, options.data)).flatMap(({ path, content }) => {
    const sha256 = found.get(path);
    return told.has(path) || sha256 === undefined || sha256 === contentSha256(content)
      ? []
      : [cliDiagnostic("E_NOT_AS_EMITTED", path, { backend: backend.name })];
  });
}

async function samplesOf(
  invocation: Invocation,
  graph: NirGraph,
  network: Network,
  flags: VerifyFlags,
): Promise<readonly Sample[]> {
  if (flags.data !== undefined) {
    const use = { graph, cwd: invocation.terminal.cwd, flag: "--data", form: "input" } as const;
    const source = await openSamples(flags.data, use, {
      ...(flags.dataOptions === undefined ? {} : { dataOptions: flags.dataOptions }),
      ...neededSamples(flags.limit),
    });
    await invocation.note(source.diagnostics);
    return allSamples(source);
  }
  const { samples, steps } = flags;
  const { seed } = invocation.flags;
  await invocation.note([cliDiagnostic("H_RANDOM_VECTORS", "--data", { samples, steps, seed })]);
  return randomSamples(network, samples, steps, seed);
}

/** Samples that no engine gets need not be read. */
function neededSamples(limit: ReadonlyMap<string, number> | undefined): { readonly limit?: number } {
  const all = limit?.get("");
  return all === undefined ? {} : { limit: Math.max(1, all, ...(limit?.values() ?? [])) };
}

async function prove(
  invocation: Invocation,
  backend: AnyBackend,
  opened: OpenedDeployment,
  network: Network,
  samples: readonly Sample[],
  flags: VerifyFlags,
): Promise<VerifyReport> {
  const wanted = flags.tools?.filter((tool) => tool !== "none");
  const deployment = backend.load(opened.files);
  const progress = invocation.progress("verified");
  const request = {
    network,
    samples,
    limits: sampleLimits(flags.limit, wanted, ["verilator", "icarus"]),
    seed: invocation.flags.seed,
    progress: (done: number, total: number, what: string) => progress.update(done, total, what),
  };
  try {
    return await verifyDeployment(backend, deployment, request, processTools());
  } finally {
    progress.end();
  }
}

/** One line per engine. */
export function runTable(report: VerifyReport): string {
  const rows = report.runs.map((run): readonly Cell[] => [
    run.engine,
    run.skipped === undefined ? (run.ok ? "equal" : "DIFFERS") : "skipped",
    run.samples,
    run.beats === undefined ? "-" : grouped(run.beats),
    run.cycles === undefined ? "-" : grouped(run.cycles),
    run.cycles === undefined || run.samples === 0 ? "-" : grouped(Math.trunc(run.cycles / run.samples)),
    `${run.seconds.toFixed(1)} s`,
    run.skipped ?? run.version ?? "",
  ]);
  return table(["engine", "result", "samples", "beats", "cycles", "per sample", "time", "note"], rows);
}
