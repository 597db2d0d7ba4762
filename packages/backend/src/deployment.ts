/** `deployment.json`: what was compiled, how, and the hash of every file beside it. */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { backendDiagnostic } from "./diagnostics.ts";
import { assertSafePaths, type VirtualFile } from "./virtual-file.ts";

/** Name of the document in a deployment folder. */
export const deploymentFile = "deployment.json";

/** The document; `mapping` and `options` are plain JSON of the back end. */
export interface DeploymentDocument {
  readonly schema: "nirkit-deployment/1";
  readonly backend: string;
  readonly version: string;
  readonly graphHash: string;
  readonly options: unknown;
  readonly mapping: unknown;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

/** What a document is made from. */
export interface DeploymentParts {
  readonly backend: string;
  readonly version: string;
  readonly graphHash: string;
  readonly options: unknown;
  readonly mapping: unknown;
}

/** Validates a parsed document. */
export const deploymentSchema: z.ZodType<DeploymentDocument> = z.object({
  schema: z.literal("nirkit-deployment/1"),
  backend: z.string().min(1),
  version: z.string().min(1),
  graphHash: z.string(),
  options: z.unknown(),
  mapping: z.unknown(),
  files: z.array(z.object({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/**
 * The `deployment.json` of a set of emitted files: same parts and files, same bytes; files sorted by path.
 *
 * @param parts `options` and `mapping` must be plain JSON (no typed arrays, maps, undefined, NaN)
 * @param files everything else that was emitted
 * @throws E_NOT_PLAIN with the place of the first value JSON would lose, E_UNSAFE_PATH, E_PATH_COLLISION
 */
export function deploymentJson(parts: DeploymentParts, files: readonly VirtualFile[]): VirtualFile {
  const hashed = files.map(({ path, content }) => ({ path, sha256: contentSha256(content) }));
  const document: DeploymentDocument = {
    schema: "nirkit-deployment/1",
    backend: parts.backend,
    version: parts.version,
    graphHash: parts.graphHash,
    options: plain(parts.options, "options"),
    mapping: plain(parts.mapping, "mapping"),
    files: hashed.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const file = { path: deploymentFile, content: `${JSON.stringify(document, null, 2)}\n` };
  assertSafePaths([...files, file]);
  return file;
}

/**
 * Reads the document of a deployment.
 *
 * @throws E_BAD_DEPLOYMENT where it is absent, no JSON, or not of the schema; E_UNSAFE_PATH
 */
export function readDeployment(files: readonly VirtualFile[]): DeploymentDocument {
  const file = files.find(({ path }) => path === deploymentFile);
  if (file === undefined) throw badDeployment(`there is no ${deploymentFile}`);
  const result = deploymentSchema.safeParse(parseJson(file.content));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw badDeployment(
      `${issue?.path.join(".") || "the document"}: ${issue?.message ?? "does not match the schema"}`,
    );
  }
  assertSafePaths(result.data.files.map(({ path }) => ({ path, content: "" })));
  return result.data;
}

/** Compares files with the hashes of their document: E_FILE_MISSING and E_FILE_CHANGED, in the document's order. */
export function checkDeploymentFiles(
  document: DeploymentDocument,
  files: readonly VirtualFile[],
): readonly Diagnostic[] {
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  return document.files.flatMap(({ path, sha256: expected }) => {
    const content = contents.get(path);
    if (content === undefined) return [backendDiagnostic("E_FILE_MISSING", path, { path })];
    const found = contentSha256(content);
    return found === expected ? [] : [backendDiagnostic("E_FILE_CHANGED", path, { path, expected, found })];
  });
}

/** SHA-256 of a file's bytes (text as UTF-8), in hexadecimal. */
export function contentSha256(content: string | Uint8Array): string {
  return bytesToHex(sha256(typeof content === "string" ? utf8ToBytes(content) : content));
}

function parseJson(content: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof content === "string" ? content : utf8Text(content));
  } catch (error) {
    throw badDeployment(error instanceof Error ? error.message : "it is no JSON");
  }
}

/** UTF-8 to text without TextDecoder, which the language alone does not have. */
function utf8Text(bytes: Uint8Array): string {
  const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return decodeURIComponent(escaped);
}

function badDeployment(why: string): NirkitError {
  return new NirkitError([backendDiagnostic("E_BAD_DEPLOYMENT", deploymentFile, { why })]);
}

/** The value, once it is known that JSON keeps all of it. */
function plain(value: unknown, path: string): unknown {
  const found = notPlain(value);
  if (found !== undefined) throw new NirkitError([backendDiagnostic("E_NOT_PLAIN", path, { found })]);
  if (Array.isArray(value)) for (const [k, entry] of value.entries()) plain(entry, `${path}[${k}]`);
  else if (typeof value === "object" && value !== null)
    for (const [key, entry] of Object.entries(value)) plain(entry, `${path}.${key}`);
  return value;
}

function notPlain(value: unknown): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Array.isArray(value))
    return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== "object") return `of type ${typeof value}`;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? undefined
    : `a ${value.constructor?.name ?? "class instance"}`;
}
