/** `nirkit inspect`: what is in a network. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  bytesPerElement,
  type Diagnostic,
  inferTypes,
  type NirGraph,
  NirkitError,
  schedule,
  sizeOf,
} from "@nirkit/graph";
import { sidecar } from "@nirkit/hdf5";
import { chooseDialect } from "@nirkit/simulate";
import { nodesDeep, parameterItems, shapeText, tensorsOf } from "../describe-node.ts";
import { type Precision, precisionOf, precisionText } from "../describe-quantization.ts";
import { extensions } from "../extension-types.ts";
import type { Invocation } from "../invocation.ts";
import { type InspectedModel, inspectModel } from "../model-file.ts";
import { type ReadFlags, readOptions } from "../read-flags.ts";
import { grouped, safeName, table } from "../table.ts";
import { wrapItems, wrapWords } from "../wrap.ts";

/** Shows a network, also one with errors as far as it could be read; 1 when it has any. */
export async function inspect(invocation: Invocation, file: string, flags: ReadFlags): Promise<number> {
  const path = invocation.path(file);
  const model = await inspectModel(path, readOptions(flags));
  const { graph, diagnostics } = model;
  if (graph === undefined) throw new NirkitError(diagnostics);
  const failed = diagnostics.some((d) => d.level === "error");
  const precision = precisionOf(graph);
  if (invocation.flags.json) {
    const version = model.version === undefined ? {} : { version: model.version };
    const body = {
      ...sidecar(graph, { extensions }),
      ...version,
      hash: graph.hash(),
      ...quantization(precision),
      diagnostics,
    };
    invocation.document(failed ? { ok: false, ...body } : body);
  } else {
    invocation.print(await describe(invocation, file, path, { ...model, graph }, precision));
    await invocation.note([...diagnostics, ...(precision?.diagnostics ?? [])]);
  }
  return failed ? 1 : 0;
}

function quantization(precision: Precision | undefined): { readonly quantization?: unknown } {
  return precision === undefined ? {} : { quantization: precision };
}

async function describe(
  invocation: Invocation,
  file: string,
  path: string,
  model: InspectedModel & { readonly graph: NirGraph },
  precision: Precision | undefined,
): Promise<string> {
  const { graph, version } = model;
  const { bytes, sha256 } = await fileHash(path);
  const { bold, dim } = invocation.out;
  const width = invocation.width();
  const sections = [
    `${bold(safeName(file, 200))}  ${version === undefined ? "no version" : `NIR ${safeName(version)}`}, ${grouped(bytes)} bytes`,
    dim(`file SHA-256 ${sha256}\ngraph hash   ${graph.hash()}`),
    `\n${nodeTable(model, precision, width)}`,
    `\n${edgeLines(graph)}`,
    `\n${totals(graph)}`,
    ...(precision?.dt === undefined ? likelyDialect(graph, width) : [`quantized, dt ${precision.dt}`]),
    ...provenance(graph, width),
  ];
  return sections.join("\n");
}

/** Piece by piece: the file may be larger than memory. */
async function fileHash(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(piece as Uint8Array);
    bytes += (piece as Uint8Array).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** One line per node; what does not fit into the width goes on below, and so do integers and unknown parameters. */
function nodeTable(
  { graph, diagnostics }: InspectedModel & { readonly graph: NirGraph },
  precision: Precision | undefined,
  width: number,
): string {
  const types = inferTypes(graph, { extensions });
  const unknown = unknownParameters(diagnostics);
  const nodes = nodesDeep(graph).map(([path, node]) => ({
    fixed: [path, node.type, shapeText(types.inputShape(path)), shapeText(types.outputShape(path))] as const,
    below: [
      parameterItems(node),
      precisionText(precision, path),
      (unknown.get(path) ?? []).map((param) => `${param} (unknown, left out)`),
    ],
  }));
  const head = ["node", "type", "in", "out"];
  const left = table(
    head,
    nodes.map(({ fixed }) => fixed),
  ).split("\n");
  const column = left.reduce((most, line) => Math.max(most, [...line].length), 0) + 2;
  // A long name must not squeeze the parameters into a gutter.
  const beside = width - column >= leastParameters;
  const indent = beside ? column : 4;
  const rest = nodes.map(({ below }) =>
    below.flatMap((items) =>
      wrapItems(
        items.map((item) => safeName(item, 200)),
        width - indent,
      ),
    ),
  );
  const lines = left.flatMap((line, k) => {
    const own = k < 2 ? [["parameters", "----------"][k] ?? ""] : (rest[k - 2] ?? []);
    if (beside)
      return own.length === 0
        ? [line]
        : own.map((text, n) => (n === 0 ? line.padEnd(column) : " ".repeat(column)) + text);
    return k < 2 ? [line] : [line, ...own.map((text) => " ".repeat(indent) + text)];
  });
  return lines.join("\n");
}

/** Narrowest column that parameters are put into. */
const leastParameters = 36;

/** Names that NIR does not know, by node: `/node/nodes/block/nodes/lif/extra` is `extra` of `block/lif`. */
function unknownParameters(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { code, path } of diagnostics) {
    if (code !== "W_UNKNOWN_PARAM" || !path.startsWith("/node/nodes/")) continue;
    const names = path.slice("/node/nodes/".length).split("/nodes/");
    const last = names.pop() ?? "";
    const cut = last.lastIndexOf("/");
    const node = [...names, last.slice(0, cut)].join("/");
    found.set(node, [...(found.get(node) ?? []), last.slice(cut + 1)]);
  }
  return found;
}

function edgeLines(graph: NirGraph): string {
  const edges = graph.edges().map(([from, to]) => `  ${safeName(from)} -> ${safeName(to)}`);
  const feedback = feedbackOf(graph).map(
    ([from, to]) => `  ${safeName(from)} -> ${safeName(to)} (one step later)`,
  );
  const back = feedback.length === 0 ? [] : [`feedback edges (${feedback.length})`, ...feedback];
  return [`edges (${edges.length})`, ...edges, ...back].join("\n");
}

function feedbackOf(graph: NirGraph): readonly (readonly [string, string])[] {
  try {
    return schedule(graph, { extensions }).feedback;
  } catch (error) {
    // A graph that cannot be executed is still shown; its diagnostics say why.
    if (error instanceof NirkitError) return [];
    throw error;
  }
}

function totals(graph: NirGraph): string {
  const nodes = nodesDeep(graph);
  const types = inferTypes(graph, { extensions });
  const tensors = nodes.flatMap(([path, node]) => tensorsOf(path, node));
  const values = tensors.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  const bytes = tensors.reduce(
    (sum, { tensor }) => sum + sizeOf(tensor.shape) * bytesPerElement(tensor.dtype),
    0,
  );
  const weights = tensors
    .filter(({ name }) => name === "weight" || name === "bias")
    .reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  const spiking = nodes.filter(([, node]) => ["IF", "LIF", "CubaLIF", "Threshold"].includes(node.type));
  const neurons = spiking.reduce((sum, [path]) => sum + sizeOf(types.outputShape(path) ?? [0]), 0);
  return [
    `${grouped(nodes.length)} nodes, ${grouped(graph.edges().length)} edges, ${grouped(neurons)} spiking neurons`,
    `${grouped(weights)} weights and biases, ${grouped(values)} parameter values in ${grouped(bytes)} bytes`,
  ].join("\n");
}

/** What `--dialect auto` would take, for a network that says nothing of it. */
function likelyDialect(graph: NirGraph, width: number): readonly string[] {
  try {
    const { dialect, dt, reasons } = chooseDialect(graph);
    const step = dt === undefined ? "" : `, --dt ${dt}`;
    return ["", ...wrapWords(`--dialect auto is ${dialect}${step}. ${reasons.join(". ")}`, width)];
  } catch (error) {
    // A graph that cannot be flattened is still shown; its diagnostics say why.
    if (error instanceof NirkitError) return [];
    throw error;
  }
}

/** What the file says of its origin, and what nirkit noted in it. */
function provenance(graph: NirGraph, width: number): readonly string[] {
  const own = [...graph.metadata].map(([key, value]) => {
    const text = typeof value === "object" ? "…" : String(value);
    return `  ${safeName(key)}: ${safeName(text, Math.max(20, width - key.length - 4))}`;
  });
  return own.length === 0 ? [] : ["\nmetadata", ...own];
}
