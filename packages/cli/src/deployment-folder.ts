/** The folder of `compile` as it stands on the disk. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  checkDeploymentFiles,
  type DeploymentDocument,
  deploymentFile,
  readDeployment,
  type VirtualFile,
} from "@nirkit/backend";
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";
import type { FolderManifest } from "./output-folder.ts";
import { readBytes } from "./read-bytes.ts";

/** What `compile` adds to the files of the back end. */
export const addedFiles: readonly string[] = ["model.nir", "report.html"];

/** A deployment that was read back. */
export interface OpenedDeployment {
  readonly document: DeploymentDocument;
  /** The back end's files that are there. */
  readonly files: readonly VirtualFile[];
  /** Changed and missing files. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How a deployment folder is known as nirkit's own. */
export const deploymentFolder: FolderManifest = {
  name: deploymentFile,
  scratch: ["build/"],
  listed: (text) => readDeployment([{ path: deploymentFile, content: text }]).files.map((file) => file.path),
};

/**
 * Reads a deployment and compares every file with its hash; a changed file is told and read all the same, so that a
 * verification can say what the change does.
 *
 * @throws NirkitError `E_DEPLOYMENT` for a file and a folder without a document, `E_FILE_READ`, `E_BAD_DEPLOYMENT`, `E_UNSAFE_PATH`
 */
export async function openDeployment(folder: string): Promise<OpenedDeployment> {
  const reason = await noDeployment(folder);
  if (reason !== undefined) throw new NirkitError([cliDiagnostic("E_DEPLOYMENT", folder, { reason })]);
  const content = await readBytes(join(folder, deploymentFile));
  const document = readDeployment([{ path: deploymentFile, content }]);
  const present: VirtualFile[] = [];
  for (const { path } of document.files) {
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    if (bytes !== undefined) present.push({ path, content: new Uint8Array(bytes) });
  }
  return {
    document,
    files: present.filter(({ path }) => !addedFiles.includes(path)),
    diagnostics: checkDeploymentFiles(document, present),
  };
}

/** Why a path cannot be a deployment, or undefined where its document is there to be read. */
async function noDeployment(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return "there is no such folder";
  if (found.isFile()) return "it is a file, and compile writes a folder";
  const document = await stat(join(folder, deploymentFile)).catch(() => undefined);
  return document === undefined ? `it has no ${deploymentFile}` : undefined;
}
