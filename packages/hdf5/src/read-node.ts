/** Nodes: from the datasets of a group to one typed node, with the defaults of old writers filled in and said. */
import {
  type DType,
  full,
  graphDiagnostic,
  type MetadataValue,
  type NirNode,
  type Tensor,
  zeros,
} from "@nirkit/graph";
import { corrupt, externalLink, unknownType } from "./diagnostics.ts";
import type { Dataset } from "./hdf5-file.ts";
import { readGraph } from "./read-graph.ts";
import { metadataValue, readMetadata } from "./read-metadata.ts";
import { openDataset, readPlain, readTensor, readText } from "./read-value.ts";
import type { Reading } from "./reading.ts";
import { type LeafType, type WireParam, wireParams } from "./wire-names.ts";

/** Reads the node whose group is `path`; undefined after saying why it cannot be read. */
export function readNode(reading: Reading, path: string, depth: number): NirNode | undefined {
  if (!reading.enter(path, depth)) return undefined;
  const members = reading.file.members(path);
  const type = readType(reading, path, members);
  if (type === undefined) return undefined;
  if (type === "NIRGraph") {
    const graph = readGraph(reading, path, members, depth, readNode);
    return graph === undefined ? undefined : { type, graph };
  }
  if (Object.hasOwn(wireParams, type)) return readLeaf(reading, path, type as LeafType, members);
  if (type.includes(":") && reading.extensions.has(type))
    return readExtension(reading, path, type as `${string}:${string}`, members);
  return reading.report(unknownType(`${path}/type`, type));
}

function readType(reading: Reading, path: string, members: readonly string[]): string | undefined {
  const { file, report } = reading;
  const at = `${path}/type`;
  if (members.length === 0) {
    const hint = "A writer that crashed leaves this; write the file again";
    return report(graphDiagnostic("E_MISSING_TYPE", path, { hint }));
  }
  if (members.includes("type")) {
    const dataset = openDataset(file, at, report);
    return dataset === undefined ? undefined : readText(file, dataset, report);
  }
  const slashed = members.find((name) => {
    const child = `${path}/${name}`;
    return file.kind(child) === "group" && file.members(child).includes("type");
  });
  if (slashed === undefined) return report(graphDiagnostic("E_MISSING_TYPE", at, {}));
  const whole = `${path.slice(path.lastIndexOf("/") + 1)}/${slashed}`;
  const hint = `A node was probably named "${whole}", and the slash split it: rename it before writing`;
  return report(graphDiagnostic("E_MISSING_TYPE", path, { hint }));
}

/** Values of one node by their TypeScript name; keys come from the table of wire names. */
type Values = Map<string, unknown>;

function readLeaf(
  reading: Reading,
  path: string,
  type: LeafType,
  members: readonly string[],
): NirNode | undefined {
  const problems = errorCount(reading);
  const values: Values = new Map();
  const missing: WireParam[] = [];
  for (const param of wireParams[type]) {
    const at = `${path}/${param.wire}`;
    if (!members.includes(param.wire)) missing.push(param);
    else if (param.absent === "zero bias" && isFalse(reading, at)) missing.push(param);
    else readParam(reading, at, param, values);
  }
  if (isUnset(values.get("inputType"))) {
    const value = "what the graph implies, since all of it is 0";
    reading.report(
      graphDiagnostic("W_DEFAULTED_PARAM", `${path}/input_type`, { param: "input_type", value }),
    );
    values.delete("inputType");
  }
  for (const param of missing) fillIn(reading, path, type, param, values);
  const metadata = readExtras(reading, path, type, members);
  if (errorCount(reading) > problems) return undefined;
  const node: unknown = { type, ...Object.fromEntries(values), ...metadata };
  return node as NirNode;
}

/** The type of a Flatten that its exporter never inferred. */
function isUnset(inputType: unknown): boolean {
  return Array.isArray(inputType) && inputType.length > 0 && inputType.every((n) => n === 0);
}

function errorCount({ diagnostics }: Reading): number {
  return diagnostics.filter((d) => d.level === "error").length;
}

function readParam(reading: Reading, at: string, param: WireParam, values: Values): void {
  const { file, report } = reading;
  const dataset = openDataset(file, at, report);
  if (dataset === undefined) return;
  const { kind, key } = param;
  const value =
    kind === "tensor" ? readTensor(file, dataset, report) : readPlain(file, dataset, kind, report);
  if (value !== undefined) values.set(key, value);
}

/** `bias=False` handed to the Python constructor becomes one stored boolean. */
function isFalse({ file }: Reading, at: string): boolean {
  if (file.kind(at) !== "dataset") return false;
  const dataset = file.dataset(at);
  return dataset.element === "bool" && dataset.shape?.length === 0 && file.tensor(dataset).data[0] === 0;
}

function fillIn(reading: Reading, path: string, type: LeafType, param: WireParam, values: Values): void {
  const at = `${path}/${param.wire}`;
  const { wire, key, absent } = param;
  const defaulted = (value: string, tensor?: Tensor): void => {
    reading.report(graphDiagnostic("W_DEFAULTED_PARAM", at, { param: wire, value }));
    if (tensor !== undefined) values.set(key, tensor);
  };
  const like = (values.get("weight") ?? values.get("vThreshold") ?? values.get("vLeak")) as
    | Tensor
    | undefined;
  switch (absent) {
    case "required":
      reading.report(graphDiagnostic("E_MISSING_PARAM", at, { param: wire, type }));
      return;
    case "inferred":
      // The reference infers a Flatten's input type too, so a file without it is an ordinary one.
      if (type !== "Flatten") defaulted("what the graph implies");
      return;
    case "zero bias":
      if (like !== undefined) defaulted("0", zeros(like.dtype, [outputs(like, type)]));
      return;
    case "zero reset":
      if (like === undefined) return;
      values.set(key, zeros(like.dtype, like.shape));
      reading.report(graphDiagnostic("W_RESET_AMBIGUOUS", at, { version: reading.version ?? "none" }));
      return;
    case "unit weight":
      if (like !== undefined) defaulted("1", full(promoted(like), like.shape, 1));
      return;
    default:
      absent satisfies never;
  }
}

/** Output features of `[..., out, in]`, or output channels of `[C_out, C_in/groups, ...K]`. */
function outputs({ shape }: Tensor, type: LeafType): number {
  return (type === "Affine" ? shape.at(-2) : shape[0]) ?? 1;
}

/** NumPy's type of `ones_like(x) * 1.0`; a 0-d array counts as a scalar there (up to NumPy 1) and gives float64. */
function promoted({ dtype, shape }: Tensor): DType {
  return (dtype === "float16" || dtype === "float32") && shape.length > 0 ? dtype : "float64";
}

/** Metadata, and what stands beside the known parameters: kept under `nirkit:unknown:NAME`, so that nothing is lost. */
function readExtras(
  reading: Reading,
  path: string,
  type: LeafType,
  members: readonly string[],
): { metadata?: NonNullable<NirNode["metadata"]> } {
  const known = new Set(["type", "metadata", ...wireParams[type].map((p) => p.wire)]);
  const entries = new Map(
    members.includes("metadata") ? readMetadata(reading, `${path}/metadata`) : undefined,
  );
  for (const param of members) {
    if (known.has(param)) continue;
    const at = `${path}/${param}`;
    if (!isReadable(reading, at)) continue;
    reading.report(graphDiagnostic("W_UNKNOWN_PARAM", at, { param, type }));
    const dataset = reading.file.dataset(at);
    const value = unknownValue(reading, dataset);
    if (value !== undefined) entries.set(`nirkit:unknown:${param}`, value);
  }
  return entries.size === 0 ? {} : { metadata: entries };
}

function isReadable({ file, report }: Reading, at: string): boolean {
  const kind = file.kind(at);
  if (kind === "external link") report(externalLink(at));
  else if (kind !== "dataset" && kind !== "group") report(corrupt(at, `a ${kind}`));
  else if (kind === "group")
    report(
      graphDiagnostic("W_UNKNOWN_PARAM", at, { param: at.slice(at.lastIndexOf("/") + 1), type: "The node" }),
    );
  return kind === "dataset";
}

function unknownValue({ file }: Reading, dataset: Dataset): MetadataValue | undefined {
  if (dataset.shape === null || typeof dataset.element !== "string") return undefined;
  if (dataset.element !== "string") return metadataValue(file.tensor(dataset));
  return dataset.shape.length === 0 ? file.strings(dataset)[0] : undefined;
}

function readExtension(
  reading: Reading,
  path: string,
  type: `${string}:${string}`,
  members: readonly string[],
): NirNode | undefined {
  const { file, report } = reading;
  const problems = errorCount(reading);
  const params = new Map<string, Tensor | number | string | readonly number[]>();
  for (const name of members) {
    if (name === "type" || name === "metadata") continue;
    const dataset = openDataset(file, `${path}/${name}`, report);
    if (dataset === undefined) continue;
    const value =
      dataset.element === "string" ? readText(file, dataset, report) : readTensor(file, dataset, report);
    if (value !== undefined) params.set(name, typeof value === "string" ? value : plain(value));
  }
  const metadata = members.includes("metadata") ? readMetadata(reading, `${path}/metadata`) : undefined;
  if (errorCount(reading) > problems) return undefined;
  return { type, params, ...(metadata === undefined ? {} : { metadata }) };
}

/** int64 of rank 0 and 1 are sizes; they become plain numbers, as in every other node. */
function plain(value: Tensor): Tensor | number | readonly number[] {
  if (value.dtype !== "int64" || value.shape.length > 1) return value;
  const numbers = Array.from(value.data, Number);
  if (!numbers.every(Number.isSafeInteger)) return value;
  return value.shape.length === 0 ? (numbers[0] ?? 0) : numbers;
}
