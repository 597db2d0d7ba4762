/** `nirkit compile`: from a quantized network to the files of a target. */
import {
  type Backend,
  type Deployment,
  type DeploymentDocument,
  deploymentFile,
  deploymentJson,
  readDeployment,
  type VirtualFile,
} from "@nirkit/backend";
import { assertNoErrors, type Diagnostic, type NirGraph } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { lower, type Network } from "@nirkit/network";
import { renderReport } from "@nirkit/report";
import { compileReport } from "../compile-report.ts";
import { deploymentFolder } from "../deployment-folder.ts";
import { assertQuantized } from "../engine.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { assertFolder, writeFolder } from "../output-folder.ts";
import type { AnyBackend } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { readBytes } from "../read-bytes.ts";
import { parseOptions } from "../schema-flags.ts";
import { grouped, table } from "../table.ts";

/** Flags of the command. */
export interface CompileFlags {
  readonly target: string;
  readonly out: string;
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
  const options = parseOptions(backend.options, flags.plugin.values, flags.plugin.flags);
  const out = invocation.path(flags.out);
  const force = flags.force === true;
  await assertFolder(out, force, deploymentFolder);
  const path = invocation.path(file);
  const model = await openModel(path);
  await invocation.note(model.diagnostics);
  assertQuantized(model.graph, file);
  const compiled = await compileGraph(
    backend,
    options,
    model.graph,
    model.format === "hdf5" ? await readBytes(path) : undefined,
  );
  await invocation.note(compiled.diagnostics);
  await writeFolder(out, compiled.files, force, deploymentFolder);
  report(invocation, backend, flags.out, compiled);
  return 0;
}

/**
 * Everything of a deployment folder, as values.
 *
 * @param bytes the `.nir` file that `graph` was read from; written anew where it came from elsewhere
 * @throws NirkitError with every refusal of lowering or target
 */
export async function compileGraph<O, M>(
  backend: Backend<O, M>,
  options: O,
  graph: NirGraph,
  bytes?: Uint8Array,
): Promise<Compiled> {
  const model = bytes ?? (await writeNir(graph));
  // What verify will read again is compiled, so that both see the same graph to the last bit.
  const stored = bytes === undefined ? (await readNir(model)).graph : graph;
  const network = lower(stored, backend.lowering);
  const diagnostics = [...network.meta.diagnostics, ...assertNoErrors(backend.check(network, options))];
  const deployment = backend.compile(network, options);
  const emitted = backend.emit(deployment);
  const report = renderReport(compileReport(backend, stored, network, deployment, emitted, diagnostics));
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
