/** Files that are emitted but not yet written, and the check that their names stay inside the output folder. */
import { assertNoErrors, type Diagnostic } from "@nirkit/graph";
import { backendDiagnostic } from "./diagnostics.ts";

/** A file that is emitted but not yet written: relative POSIX path, text or bytes. */
export interface VirtualFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Device names that Windows opens instead of a file, with any extension. */
const deviceName = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
/** Longest path that common file systems and archives take. */
const longest = 200;

/**
 * Says which paths could leave the output folder, or mean different files on different systems.
 *
 * Refused are absolute paths, `..`, `.` and empty segments, backslashes, drive letters, control characters, characters
 * that Windows does not take, device names, trailing dots and blanks, more than 200 characters; two paths that differ
 * in letter case alone; a path that is a folder of another.
 *
 * @example checkPaths([{ path: "../x", content: "" }]) // one E_UNSAFE_PATH
 */
export function checkPaths(files: readonly VirtualFile[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const why = unsafe(path);
    if (why !== undefined) found.push(backendDiagnostic("E_UNSAFE_PATH", "files", { path, why }));
    const folded = path.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) found.push(backendDiagnostic("E_PATH_COLLISION", "files", { path, other }));
    seen.set(folded, path);
  }
  for (const [folded, path] of seen)
    for (const folder of foldersOf(folded)) {
      const other = seen.get(folder);
      if (other !== undefined) found.push(backendDiagnostic("E_PATH_COLLISION", "files", { path, other }));
    }
  return found;
}

/**
 * Throws unless every path stays inside the output folder and names one file on every system.
 *
 * @throws E_UNSAFE_PATH, E_PATH_COLLISION, all that {@link checkPaths} finds
 */
export function assertSafePaths(files: readonly VirtualFile[]): void {
  assertNoErrors(checkPaths(files));
}

function unsafe(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.length > longest) return `it is longer than ${longest} characters`;
  if (path.startsWith("/")) return "it is absolute";
  if (path.includes("\\")) return "it contains a backslash";
  if (/[\p{Cc}\p{Cf}]/u.test(path)) return "it contains a control character";
  if (/[<>:"|?*]/.test(path)) return "it contains a character that Windows does not take";
  for (const segment of path.split("/")) {
    if (segment === "") return "it contains an empty segment";
    if (segment === "." || segment === "..") return `it contains "${segment}"`;
    if (/[. ]$/.test(segment)) return "a segment ends with a dot or a blank";
    if (deviceName.test(segment)) return "a segment is a device name";
  }
  return undefined;
}

function foldersOf(path: string): string[] {
  const segments = path.split("/");
  return segments.slice(1).map((_, k) => segments.slice(0, k + 1).join("/"));
}
