/** `nirkit convert`: a network in another form, all of it or nothing. */
import { completeGraph, type Diagnostic, NirGraph } from "@nirkit/graph";
import { lowerExtensions } from "@nirkit/graph/extensions";
import type { Compression, WriteOptions } from "@nirkit/hdf5";
import { cliDiagnostic } from "../diagnostics.ts";
import { assertQuantized } from "../engine.ts";
import { extensions } from "../extension-types.ts";
import type { Invocation } from "../invocation.ts";
import { assertModelName, openModel, type SavedModel, saveModel } from "../model-file.ts";
import { assertWritable, writeOutput } from "../output-file.ts";
import { type ReadFlags, readOptions } from "../read-flags.ts";
import { grouped } from "../table.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface ConvertFlags extends ReadFlags {
  readonly flatten?: boolean;
  readonly lowerExtensions?: boolean;
  readonly complete?: boolean;
  readonly compress?: Compression | "auto";
  readonly targetVersion?: "1.0.5" | "1.0.8";
  readonly force?: boolean;
}

/** Reads one file and writes another; the ending of `to` chooses the form. */
export async function convert(
  invocation: Invocation,
  from: string,
  to: string,
  flags: ConvertFlags,
): Promise<number> {
  const out = invocation.path(to);
  const force = flags.force === true;
  checkForm(from, to, flags);
  await assertWritable(out, force);
  const { graph, diagnostics } = await openModel(invocation.path(from), readOptions(flags));
  await invocation.note(diagnostics);
  const plain = flags.lowerExtensions === true ? lowerExtensions(graph, extensions).graph : graph;
  const changed = flags.flatten === true ? flattened(plain) : plain;
  const whole = flags.complete === true ? completeGraph(changed, { extensions }) : changed;
  const saved = isQonnx(to)
    ? await saveQonnx(out, whole, from, force)
    : await saveModel(out, whole, force, writeOptions(flags));
  await invocation.note(unsaid(saved.diagnostics, diagnostics));
  const nodes = whole.nodes().size;
  const hash = whole.hash();
  invocation.document({
    ok: true,
    in: from,
    out: to,
    bytes: saved.bytes,
    nodes,
    hash,
    diagnostics: invocation.noted(),
  });
  invocation.print(
    `${to}: ${grouped(nodes)} nodes, ${grouped(whole.edges().length)} edges, ${grouped(saved.bytes)} bytes`,
  );
  return 0;
}

function checkForm(from: string, to: string, flags: ConvertFlags): void {
  if (/\.onnx$/.test(from))
    throw usageError(from, "ONNX is written, not read", "Convert a .nir or .nir.json file");
  if (!isQonnx(to)) assertModelName(to);
  if (/\.(nir|h5|hdf5)$/.test(to)) return;
  const given = [
    ["--compress", flags.compress],
    ["--target-version", flags.targetVersion],
  ].find(([, value]) => value !== undefined);
  if (given !== undefined)
    throw usageError(
      String(given[0]),
      `Is for .nir files, and ${to} is ${isQonnx(to) ? "ONNX" : "JSON"}`,
      "Leave it out, or name a .nir file",
    );
}

function isQonnx(name: string): boolean {
  return /\.onnx$/.test(name);
}

/** Weights and what joins them, with the operators of QONNX; neurons are where the model is cut. */
async function saveQonnx(path: string, graph: NirGraph, from: string, force: boolean): Promise<SavedModel> {
  assertQuantized(graph, from);
  const { toQonnx } = await import("@nirkit/quantize/qonnx");
  const bytes = toQonnx(graph);
  await writeOutput(path, bytes, force);
  return { bytes: bytes.length, diagnostics: [cliDiagnostic("H_QONNX_CUT", path, {})] };
}

function writeOptions({ compress, targetVersion, types, nonFinite }: ConvertFlags): WriteOptions {
  return {
    ...(compress === undefined || compress === "auto" ? {} : { compression: compress }),
    ...(targetVersion === undefined ? {} : { target: targetVersion }),
    ...(types === undefined ? {} : { types }),
    ...(nonFinite === undefined ? {} : { nonFinite }),
  };
}

/**
 * The graph without nested graphs, as a file can hold it: `block/lif` becomes `block.lif`, or `block.lif_1` where that
 * name is taken.
 */
export function flattened(graph: NirGraph): NirGraph {
  const flat = graph.flatten();
  if (flat === graph) return graph;
  const taken = new Set([...flat.nodes().keys()].filter((name) => !name.includes("/")));
  const names = new Map<string, string>();
  for (const name of flat.nodes().keys()) {
    if (!name.includes("/")) continue;
    const joined = name.replaceAll("/", ".");
    let free = joined;
    for (let k = 1; taken.has(free); k++) free = `${joined}_${k}`;
    taken.add(free);
    names.set(name, free);
  }
  const renamed = (name: string): string => names.get(name) ?? name;
  const { metadata, version } = flat;
  return NirGraph.from({
    nodes: [...flat.nodes()].map(([name, node]) => [renamed(name), node]),
    edges: flat.edges().map(([source, target]) => [renamed(source), renamed(target)]),
    metadata,
    ...(version === undefined ? {} : { version }),
  });
}

/** What the writer says that the reader did not say before. */
function unsaid(written: readonly Diagnostic[], read: readonly Diagnostic[]): readonly Diagnostic[] {
  const said = new Set(read.map((d) => `${d.code} ${d.path}`));
  return written.filter((d) => !said.has(`${d.code} ${d.path}`));
}
