/** A file that is written whole or not at all, and never over another one unless that is asked for. */
import { link, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";
import { isFolder, release, stagePath } from "./staging.ts";
import { writeReason } from "./write-reason.ts";

/**
 * Refuses early, before any work, what {@link writeOutput} would refuse at the end.
 *
 * @throws NirkitError `E_EXISTS` when the file is there and `force` is false, `E_FILE_WRITE` when its folder is not
 */
export async function assertWritable(path: string, force: boolean): Promise<void> {
  if (!(await isFolder(dirname(path)))) throw unwritable(path, `there is no folder ${dirname(path)}`);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw unwritable(path, "it is a folder");
  if (found !== undefined && !force) throw new NirkitError([cliDiagnostic("E_EXISTS", path, {})]);
}

/**
 * Writes a file beside its place and moves it there in one step.
 *
 * @throws NirkitError `E_EXISTS`, `E_FILE_WRITE`; nothing is left behind then
 */
export async function writeOutput(path: string, content: string | Uint8Array, force: boolean): Promise<void> {
  await assertWritable(path, force);
  const temporary = stagePath(path);
  try {
    await writeFile(temporary, content, { flag: "wx" });
    if (force) await rename(temporary, path);
    else await moveUnlessThere(temporary, path);
  } catch (error) {
    if (error instanceof NirkitError) throw error;
    throw unwritable(path, writeReason(error));
  } finally {
    await rm(temporary, { force: true }).finally(() => release(temporary));
  }
}

/** `rename` would replace a file that came into being meanwhile; a hard link refuses. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") throw new NirkitError([cliDiagnostic("E_EXISTS", to, {})]);
    // Some file systems have no hard links.
    await rename(from, to);
  }
}

function unwritable(path: string, reason: string): NirkitError {
  return new NirkitError([cliDiagnostic("E_FILE_WRITE", path, { reason })]);
}
