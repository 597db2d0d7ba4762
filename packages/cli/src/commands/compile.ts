/** `nirkit compile`: from a quantized network to the files of a target. */
import {
  type Backend,
  type Deployment,
  type DeploymentDocument,
  deploymentFile,
  deploymentJson,
  readDeployment,
  type VirtualFile,
  zipFiles,
} from "@nirkit/backend";
import type { FpgaOptions } from "@nirkit/backend-fpga";
import { type Activity, assertNoErrors, type Diagnostic, type NirGraph } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { lower, type Network } from "@nirkit/network";
import { renderReport } from "@nirkit/report";
import { compileReport } from "../compile-report.ts";
import { type DataFlags, openSamples } from "../data-argument.ts";
import { deploymentFolder } from "../deployment-folder.ts";
import { buildAtSpeed } from "../design-speed.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { assertQuantized } from "../engine.ts";
import { extensions } from "../extension-types.ts";
import type { Invocation } from "../invocation.ts";
import { type MeasuredActivity, measureActivity } from "../measured-activity.ts";
import { openModel } from "../model-file.ts";
import { assertWritable, writeOutput } from "../output-file.ts";
import { assertFolder, writeFolder } from "../output-folder.ts";
import type { AnyBackend } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { readBytes } from "../read-bytes.ts";
import { parseOptions } from "../schema-flags.ts";
import { grouped, table } from "../table.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface CompileFlags extends DataFlags {
  readonly target: string;
  readonly data?: string;
  /** A study of several designs of a float network in place of one deployment. */
  readonly compare?: "pot-vs-uniform";
  /** Of {@link compareSchemes} alone. */
  readonly dt?: number;
  readonly dialect?: string;
  readonly bits?: number;
  readonly inputBits?: number;
  readonly perChannel?: boolean;
  readonly fmax?: boolean;
  readonly designs?: readonly string[];
  readonly toggleCycles?: number;
  readonly tools?: readonly string[];
  readonly out: string;
  /** The same files as one archive. */
  readonly zip?: string;
  readonly force?: boolean;
  readonly plugin: PluginChoice;
}

/** A compiled network with everything that goes into its folder. */
export interface Compiled {
  readonly network: Network;
  readonly deployment: Deployment<unknown>;
  readonly files: readonly VirtualFile[];
  readonly document: DeploymentDocument;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks, maps and emits; the folder appears only when all of it went well. */
export async function compile(invocation: Invocation, file: string, flags: CompileFlags): Promise<number> {
  const backend = flags.plugin.plugin as AnyBackend;
  const unmeasured = parseOptions(backend.options, flags.plugin.values, flags.plugin.flags);
  if (flags.compare !== undefined) {
    if (backend.name !== "fpga")
      throw usageError("--compare", `Is not known for ${backend.name}`, "Use --target fpga");
    if (flags.zip !== undefined)
      throw usageError("--zip", "Is of a deployment, not of a study", "Leave it or --compare out");
    const { compareSchemes } = await import("./compare-schemes.ts");
    return compareSchemes(invocation, file, unmeasured as FpgaOptions, flags);
  }
  for (const [flag, value] of Object.entries(onlyCompared(flags)))
    if (value !== undefined)
      throw usageError(flag, "Belongs to --compare", "Give --compare pot-vs-uniform too");
  const out = invocation.path(flags.out);
  const force = flags.force === true;
  await assertFolder(out, force, deploymentFolder);
  const zip = flags.zip === undefined ? undefined : invocation.path(flags.zip);
  if (zip !== undefined) await assertWritable(zip, force);
  const path = invocation.path(file);
  const model = await openModel(path);
  await invocation.note(model.diagnostics);
  assertQuantized(model.graph, file);
  const measured = await measuredOn(invocation, backend, model.graph, flags);
  const options = measured === undefined ? unmeasured : withActivity(backend, flags.plugin, measured);
  const bytes = model.format === "hdf5" ? await readBytes(path) : undefined;
  const { compiled, speed } = await buildAtSpeed(backend, options, measured?.busiest, (chosen) =>
    compileGraph(backend, chosen, model.graph, bytes, measured?.activity),
  );
  await invocation.note(compiled.diagnostics);
  if (speed !== undefined && speed.reached < speed.asked)
    await invocation.note([cliDiagnostic("W_TARGET_FPS", "--target-fps", speed)]);
  await writeFolder(out, compiled.files, force, deploymentFolder);
  if (zip !== undefined) await writeOutput(zip, zipFiles(compiled.files), force);
  report(invocation, backend, flags.out, compiled);
  if (speed !== undefined) {
    const { cycles, reached, clockMhz } = speed;
    invocation.print(
      `busiest sample: ${grouped(cycles)} cycles, ${grouped(reached)} per second at ${clockMhz} MHz`,
    );
  }
  return 0;
}

/** Flags that mean something in a study alone. */
function onlyCompared(flags: CompileFlags): Readonly<Record<string, unknown>> {
  const { dt, dialect, bits, inputBits, perChannel, fmax, designs, toggleCycles, tools } = flags;
  return {
    "--dt": dt,
    "--dialect": dialect,
    "--bits": bits,
    "--input-bits": inputBits,
    "--per-channel": perChannel,
    "--fmax": fmax,
    "--designs": designs,
    "--toggle-cycles": toggleCycles,
    "--tools": tools,
  };
}

/** Events of `--data` in the golden network of this target; undefined without data. */
async function measuredOn(
  invocation: Invocation,
  backend: AnyBackend,
  graph: NirGraph,
  flags: CompileFlags,
): Promise<MeasuredActivity | undefined> {
  if (flags.data === undefined) {
    const useless =
      flags.dataOptions !== undefined ? "--data-options" : flags.limit !== undefined ? "--limit" : "";
    if (useless !== "") throw usageError(useless, "Belongs to --data", "Give --data too");
    return undefined;
  }
  const use = { graph, cwd: invocation.terminal.cwd, flag: "--data", form: "input" } as const;
  const source = await openSamples(flags.data, use, flags);
  await invocation.note(source.diagnostics);
  const network = lower(graph, { extensions, ...backend.lowering });
  const progress = invocation.progress("measured");
  try {
    return await measureActivity(network, backend.lowering.links, source, (done) =>
      progress.update(done, source.length, "sample"),
    );
  } finally {
    progress.end();
  }
}

/** Options with what was measured, for a back end that has an option `activity` and was not given it. */
function withActivity(
  backend: AnyBackend,
  { values, flags }: PluginChoice,
  { busy }: MeasuredActivity,
): unknown {
  const flag = flags.find(({ key }) => key === "activity");
  if (flag === undefined || values.activity !== undefined)
    return parseOptions(backend.options, values, flags);
  const activity = { steps: busy.steps, events: Object.fromEntries(busy.events) };
  const value = flag.read === String ? JSON.stringify(activity) : activity;
  return parseOptions(backend.options, { ...values, activity: value }, flags);
}

/**
 * Everything of a deployment folder, as values.
 *
 * @param activity what the report's costs are counted for
 * @param bytes the `.nir` file that `graph` was read from; written anew where it came from elsewhere
 * @throws NirkitError with every refusal of lowering or target
 */
export async function compileGraph<O, M>(
  backend: Backend<O, M>,
  options: O,
  graph: NirGraph,
  bytes?: Uint8Array,
  activity: Activity = new Map(),
): Promise<Compiled> {
  const model = bytes ?? (await writeNir(graph));
  // What verify will read again is compiled, so that both see the same graph to the last bit.
  const stored = bytes === undefined ? (await readNir(model)).graph : graph;
  const network = lower(stored, { extensions, ...backend.lowering });
  const diagnostics = [...network.meta.diagnostics, ...assertNoErrors(backend.check(network, options))];
  const deployment = backend.compile(network, options);
  const emitted = backend.emit(deployment);
  const report = renderReport(
    compileReport(backend, stored, network, deployment, { emitted, diagnostics, activity }),
  );
  const content: VirtualFile[] = [
    ...emitted,
    { path: "model.nir", content: model },
    { path: "report.html", content: report },
  ];
  const listing = deploymentJson(deployment, content);
  return {
    network,
    deployment,
    files: [...content, listing],
    document: readDeployment([listing]),
    diagnostics,
  };
}

function report(invocation: Invocation, backend: AnyBackend, out: string, compiled: Compiled): void {
  const { files, graphHash } = compiled.document;
  invocation.document({
    ok: true,
    target: backend.name,
    version: backend.version,
    out,
    graphHash,
    files,
    diagnostics: invocation.noted(),
  });
  const sizes = new Map(compiled.files.map((part) => [part.path, Buffer.byteLength(part.content)]));
  const rows = [...files, { path: deploymentFile }].map(({ path }) => [path, grouped(sizes.get(path) ?? 0)]);
  invocation.print(table(["file", "bytes"], rows));
  invocation.print(
    `\n${rows.length} files for ${backend.name} in ${out}; prove them with: nirkit verify ${out}`,
  );
}
