/** The back end of a deployment folder, and whether its network is still the one that was compiled. */
import { join } from "node:path";
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import type { OpenedDeployment } from "./deployment-folder.ts";
import { cliDiagnostic } from "./diagnostics.ts";
import { type AnyBackend, loadPlugin, ownPlugins } from "./plugin.ts";

/**
 * A name inside a file must not load code: only nirkit's own back ends, or the one that the user names.
 *
 * @param target `--target`
 * @param folder where names are looked up
 * @throws NirkitError `E_DEPLOYMENT`, `E_DEPLOYMENT_VERSION`; UsageError as `loadPlugin`
 */
export async function deployedTarget(
  { document }: OpenedDeployment,
  target: string | undefined,
  folder: string,
): Promise<AnyBackend> {
  const name = target ?? document.backend;
  if (target === undefined && !ownPlugins("backend").includes(name)) {
    const reason = `it is for back end ${JSON.stringify(name)}, which is not nirkit's own; name it with --target`;
    throw new NirkitError([cliDiagnostic("E_DEPLOYMENT", "deployment.json", { reason })]);
  }
  const backend = await loadPlugin("backend", name, folder);
  const { backend: written, version } = document;
  if (backend.name !== written || backend.version !== version) {
    const detail = { backend: written, written: version, installed: `${backend.name} ${backend.version}` };
    throw new NirkitError([cliDiagnostic("E_DEPLOYMENT_VERSION", "deployment.json", detail)]);
  }
  return backend;
}

/** `E_MODEL_CHANGED` where `model.nir` is not what was compiled. */
export function graphChange(
  folder: string,
  { document }: OpenedDeployment,
  graph: NirGraph,
): readonly Diagnostic[] {
  const expected = document.graphHash;
  const found = graph.hash();
  return found === expected
    ? []
    : [cliDiagnostic("E_MODEL_CHANGED", join(folder, "model.nir"), { expected, found })];
}
