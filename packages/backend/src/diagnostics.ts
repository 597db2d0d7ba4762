/** Codes of `@nirkit/backend`. */
import { type DiagnosticFactory, defineDiagnostics } from "@nirkit/graph";

const table = {
  E_UNSAFE_PATH: (d: { path: string; why: string }) => ({
    message: `The file path ${JSON.stringify(d.path)} is not safe: ${d.why}`,
    hint: "Emit relative POSIX paths made of generated names",
  }),
  E_PATH_COLLISION: (d: { path: string; other: string }) => ({
    message: `The file paths ${JSON.stringify(d.path)} and ${JSON.stringify(d.other)} cannot stand in one folder`,
    hint: "Paths must differ in more than letter case, and none may be a folder of another",
  }),
  E_NOT_PLAIN: (d: { found: string }) => ({
    message: `The value is ${d.found}, which JSON does not hold`,
    hint: "Turn maps and typed arrays of the mapping into objects, lists and strings first",
  }),
  E_BAD_DEPLOYMENT: (d: { why: string }) => ({
    message: `This is no deployment: ${d.why}`,
    hint: 'Expected a deployment.json with schema "nirkit-deployment/1", as compile writes it',
  }),
  E_FILE_MISSING: (d: { path: string }) => ({
    message: `${JSON.stringify(d.path)} is listed in deployment.json but not there`,
    hint: "Compile again",
  }),
  E_FILE_CHANGED: (d: { path: string; expected: string; found: string }) => ({
    message: `${JSON.stringify(d.path)} has SHA-256 ${d.found}, deployment.json lists ${d.expected}`,
    hint: "Compile again, or verify to see what the change does",
  }),
} as const;

/** Makes a diagnostic of this package. */
export const backendDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
