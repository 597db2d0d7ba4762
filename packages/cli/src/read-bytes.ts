/** Bytes of a file that the user named. */
import { open, readFile, stat } from "node:fs/promises";
import { NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";

/** Largest file that is read; one more byte would not fit into a Uint8Array of every supported Node. */
const largest = 2 ** 32 - 1;

/**
 * Reads a file whole.
 *
 * @throws NirkitError `E_FILE_READ` with the reason in words: not there, a folder, no permission, too large
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  return explained(path, async () => {
    const found = await stat(path);
    if (found.isDirectory()) throw unreadable(path, "it is a folder, a file is needed");
    if (found.size > largest) throw unreadable(path, `it has ${found.size} bytes, more than ${largest}`);
    return await readFile(path);
  });
}

/** Enough to tell what a file is. */
const startBytes = 4096;

/**
 * The first bytes of a file; all of them, and `whole`, where it can be read but once, being a pipe.
 *
 * @throws NirkitError `E_FILE_READ` as {@link readBytes}
 */
export async function readStart(
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean }> {
  return explained(path, async () => {
    const found = await stat(path);
    if (found.isDirectory()) throw unreadable(path, "it is a folder, a file is needed");
    if (!found.isFile()) return { bytes: await readFile(path), whole: true };
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(startBytes), 0, startBytes, 0);
      return { bytes: buffer.subarray(0, bytesRead), whole: false };
    } finally {
      await file.close();
    }
  });
}

async function explained<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NirkitError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const words = new Map([
      ["ENOENT", "there is no such file"],
      ["ENOTDIR", "there is no such file"],
      ["EACCES", "permission is denied"],
    ]);
    throw unreadable(path, words.get(code ?? "") ?? message);
  }
}

function unreadable(path: string, reason: string): NirkitError {
  return new NirkitError([cliDiagnostic("E_FILE_READ", path, { reason })]);
}
