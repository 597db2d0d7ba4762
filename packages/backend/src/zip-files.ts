/** Emitted files as one archive, to be handed to somebody or downloaded from a page. */
import { NirkitError } from "@nirkit/graph";
import { strToU8, zipSync } from "fflate";
import { backendDiagnostic } from "./diagnostics.ts";
import { assertSafePaths, type VirtualFile } from "./virtual-file.ts";

/**
 * A deflated `.zip` of the files, sorted by path. The same files give the same bytes on every machine: the time stamp is
 * 1980-01-01, the earliest that the format has.
 *
 * @returns the archive; text is stored as UTF-8
 * @throws E_UNSAFE_PATH, E_PATH_COLLISION as {@link assertSafePaths}
 */
export function zipFiles(files: readonly VirtualFile[]): Uint8Array {
  assertSafePaths(files);
  if (files.some(({ path }) => path === "__proto__"))
    throw new NirkitError([
      backendDiagnostic("E_UNSAFE_PATH", "files", { path: "__proto__", why: "no archive is made with it" }),
    ]);
  const entries = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, content }) => [path, typeof content === "string" ? strToU8(content) : content] as const);
  // A time without zone is local, and zip stores local time: the bytes do not depend on the time zone.
  return zipSync(Object.fromEntries(entries), { level: 9, mtime: "1980-01-01T00:00:00" });
}
