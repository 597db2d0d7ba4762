/** A folder that is written whole or not at all, and that replaces only what nirkit itself wrote there. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assertSafePaths, type VirtualFile } from "@nirkit/backend";
import { NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";
import { isFolder, release, stagePath } from "./staging.ts";
import { writeReason } from "./write-reason.ts";

/** How nirkit knows a folder as its own: a file in it that lists all others. */
export interface FolderManifest {
  /** Name of the listing file, `deployment.json`. */
  readonly name: string;
  /** Paths that its text lists; throws a NirkitError or SyntaxError when it is not such a file. */
  listed(text: string): readonly string[];
  /** Folders below it, as `build/`, in which its own Makefile builds. */
  readonly scratch: readonly string[];
  /** Text of the listing file, for folders that are filled file by file. */
  list?(files: readonly string[]): string;
}

/**
 * Refuses early what {@link writeFolder} would refuse at the end. An empty folder counts as absent.
 *
 * @throws NirkitError `E_EXISTS`, `E_FOREIGN_FILES` (also with `force`), `E_FILE_WRITE`
 */
export async function assertFolder(path: string, force: boolean, manifest: FolderManifest): Promise<void> {
  if (!(await isFolder(dirname(path)))) throw refused(path, `there is no folder ${dirname(path)}`);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) throw refused(path, "it is a file");
  const present = await filesBelow(path);
  if (present.length === 0) return;
  if (!force) throw new NirkitError([cliDiagnostic("E_EXISTS", path, {})]);
  const text = await readFile(join(path, manifest.name), "utf8").catch(() => undefined);
  const own = new Set([manifest.name, ...(text === undefined ? [] : listedIn(text, manifest))]);
  const built = (file: string): boolean =>
    text !== undefined && manifest.scratch.some((folder) => file.startsWith(folder));
  const files = present.filter((file) => !(own.has(file) || built(file)));
  if (files.length > 0) throw new NirkitError([cliDiagnostic("E_FOREIGN_FILES", path, { files })]);
}

/**
 * Writes all files beside the folder's place and moves the whole there.
 *
 * @throws NirkitError as {@link assertFolder}, and `E_UNSAFE_PATH` for a path that leads out of the folder
 */
export async function writeFolder(
  path: string,
  files: readonly VirtualFile[],
  force: boolean,
  manifest: FolderManifest,
): Promise<void> {
  assertSafePaths(files);
  await fillFolder(path, force, manifest, async (staged) => {
    try {
      for (const file of files) {
        const target = join(staged, file.path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, file.content, { flag: "wx" });
      }
    } catch (error) {
      throw refused(path, writeReason(error));
    }
  });
}

/**
 * Lets `fill` write into a folder beside its place, adds the listing where the manifest makes one, and moves the whole
 * there; where `fill` throws, nothing is left behind.
 *
 * @throws NirkitError as {@link assertFolder}, and what `fill` throws
 */
export async function fillFolder(
  path: string,
  force: boolean,
  manifest: FolderManifest,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  await assertFolder(path, force, manifest);
  const staged = stagePath(path);
  try {
    // Its parent is there, and a recursive mkdir tries for ever in folders that take no new entry (/proc).
    await mkdir(staged).catch((error: unknown) => {
      throw refused(path, writeReason(error));
    });
    await fill(staged);
    const text = manifest.list?.(await filesBelow(staged));
    if (text !== undefined) await writeFile(join(staged, manifest.name), text, { flag: "wx" });
    await replace(staged, path).catch((error: unknown) => {
      throw refused(path, writeReason(error));
    });
  } finally {
    await rm(staged, { recursive: true, force: true }).finally(() => release(staged));
  }
}

/** Every file below a folder, as sorted relative paths with `/`. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

function listedIn(text: string, manifest: FolderManifest): readonly string[] {
  try {
    return manifest.listed(text);
  } catch (error) {
    // A file that only bears the name makes nothing in the folder nirkit's own.
    if (error instanceof NirkitError || error instanceof SyntaxError) return [];
    throw error;
  }
}

async function replace(staged: string, path: string): Promise<void> {
  if (!existsSync(path)) return rename(staged, path);
  const old = stagePath(path);
  await rename(path, old);
  try {
    await rename(staged, path);
  } catch (error) {
    await rename(old, path);
    release(old);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
  release(old);
}

function refused(path: string, reason: string): NirkitError {
  return new NirkitError([cliDiagnostic("E_FILE_WRITE", path, { reason })]);
}
