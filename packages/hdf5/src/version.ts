/** `/version`: the release of the Python package that wrote a file (PEP 440). */
import { type Diagnostic, graphDiagnostic } from "@nirkit/graph";
import { badLayout } from "./diagnostics.ts";
import type { Hdf5File } from "./hdf5-file.ts";

/** The release whose layout {@link writeNir} follows and writes. */
export const compatibleVersion = "1.0.8";

const newestMajor = 1;

/** PEP 440, appendix B, without the forms that no release of nir used (epochs). */
const pep440 =
  /^v?(\d+)(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?$/i;

/** Reads `/version`; a missing one is normal before 0.1.1, a strange one is a warning. */
export function readVersion(file: Hdf5File, diagnostics: Diagnostic[]): string | undefined {
  const path = "/version";
  const warn = (message: string): undefined => {
    diagnostics.push(
      graphDiagnostic("W_VERSION", path, { message, hint: "The file is read as a current one" }),
    );
    return undefined;
  };
  const kind = file.kind(path);
  if (kind === "nothing") return undefined;
  if (kind !== "dataset") {
    diagnostics.push(badLayout(path, `The version is a ${kind}, not a text`));
    return undefined;
  }
  const dataset = file.dataset(path);
  if (dataset.element !== "string" || dataset.shape === null || dataset.count !== 1)
    return warn("The version is not a text");
  const version = file.strings(dataset)[0] ?? "";
  const major = pep440.exec(version)?.[1];
  if (major === undefined)
    warn(`"${version.slice(0, 80)}" is not a version as the Python package writes it (PEP 440)`);
  else if (Number(major) > newestMajor)
    warn(`Version ${version} is newer than any that is known (${newestMajor}.x)`);
  return version;
}
