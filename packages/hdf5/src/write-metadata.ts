/** Metadata trees and names, from memory to what HDF5 can hold. */
import type { Diagnostic, Metadata, MetadataValue } from "@nirkit/graph";
import { tensor } from "@nirkit/graph";
import { hdf5Diagnostic } from "./diagnostics.ts";
import type { Content, Tree } from "./hdf5-writer.ts";

/** Metadata as a group: numbers within 2^53 as int64, other numbers as float64, booleans as h5py stores them. */
export function metadataTree(metadata: Metadata, path: string, diagnostics: Diagnostic[]): Tree {
  const tree = new Map<string, Tree | Content>();
  for (const [key, value] of metadata) {
    const at = `${path}/${key}`;
    checkName(key, at, diagnostics);
    const content =
      value instanceof Map ? metadataTree(value, at, diagnostics) : entry(value as Entry, at, diagnostics);
    if (content !== undefined) tree.set(key, content);
  }
  return tree;
}

type Entry = Exclude<MetadataValue, Metadata>;

function entry(value: Entry, at: string, diagnostics: Diagnostic[]): Content | undefined {
  if (typeof value === "number")
    return isIntegral(value)
      ? { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(value)) }
      : tensor("float64", [], [value]);
  if (typeof value === "boolean") return tensor("bool", [], [value ? 1 : 0]);
  if (typeof value === "bigint") return wide(value, at, diagnostics);
  const texts = typeof value === "string" ? [value] : isTexts(value) ? value : [];
  for (const text of texts) checkText(text, at, diagnostics);
  return value;
}

function isTexts(value: Entry): value is readonly string[] {
  return Array.isArray(value);
}

function wide(value: bigint, at: string, diagnostics: Diagnostic[]): Content | undefined {
  if (BigInt.asIntN(64, value) === value) return { dtype: "int64", shape: [], data: BigInt64Array.of(value) };
  const what = `${value} does not fit into 64 bits`;
  diagnostics.push(hdf5Diagnostic("E_NOT_WRITABLE", at, { what, hint: "Write it as text" }));
  return undefined;
}

/** True for numbers that metadata holds as int64: integers within 2^53, without −0. */
export function isIntegral(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** Refuses what cannot name a link. */
export function checkName(name: string, at: string, diagnostics: Diagnostic[]): void {
  checkText(name, at, diagnostics);
  if (name !== "" && name !== "." && !name.includes("/")) return;
  const what = `"${name}" cannot be a name in a file`;
  const hint = 'A name is any text without "/" and NUL, not empty and not "."';
  diagnostics.push(hdf5Diagnostic("E_NOT_WRITABLE", at, { what, hint }));
}

/** Refuses text that UTF-8 with a terminating NUL cannot hold. */
function checkText(text: string, at: string, diagnostics: Diagnostic[]): void {
  const problem = text.includes("\0")
    ? "The text contains NUL, which would end it"
    : /\p{Surrogate}/u.test(text)
      ? "The text contains half of a surrogate pair, which UTF-8 cannot hold"
      : undefined;
  if (problem === undefined) return;
  diagnostics.push(hdf5Diagnostic("E_NOT_WRITABLE", at, { what: problem, hint: "Replace the character" }));
}
