/** Bytes of a file that the user named. */
import { readFile, stat } from "node:fs/promises";
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
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw unreadable(path, "it is a folder, a file is needed");
    if (found.size > largest) throw unreadable(path, `it has ${found.size} bytes, more than ${largest}`);
    return await readFile(path);
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
