/** `nirkit inspect`: what is in a network. */
import { createHash } from "node:crypto";
import { type NirGraph, NirkitError, schedule, sizeOf } from "@nirkit/graph";
import { sidecar } from "@nirkit/hdf5";
import { nodesDeep, parametersText, shapeText, tensorsOf } from "../describe-node.ts";
import type { Invocation } from "../invocation.ts";
import { type InspectedModel, inspectModel } from "../model-file.ts";
import { readBytes } from "../read-bytes.ts";
import { grouped, safeName, table } from "../table.ts";

/** Shows a network, also one with errors as far as it could be read; 1 when it has any. */
export async function inspect(invocation: Invocation, file: string): Promise<number> {
  const path = invocation.path(file);
  const model = await inspectModel(path);
  const failed = model.graph === undefined || model.diagnostics.some((d) => d.level === "error");
  if (model.graph === undefined) throw new NirkitError(model.diagnostics);
  const version = model.version === undefined ? {} : { version: model.version };
  const body = {
    ...sidecar(model.graph),
    ...version,
    hash: model.graph.hash(),
    diagnostics: model.diagnostics,
  };
  invocation.document(failed ? { ok: false, ...body } : body);
  if (!invocation.flags.json) {
    invocation.print(await describe(invocation, file, path, { ...model, graph: model.graph }));
    await invocation.note(model.diagnostics);
  }
  return failed ? 1 : 0;
}

async function describe(
  invocation: Invocation,
  file: string,
  path: string,
  model: InspectedModel & { readonly graph: NirGraph },
): Promise<string> {
  const { graph, version } = model;
  const bytes = await readBytes(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { bold, dim } = invocation.out;
  const sections = [
    `${bold(safeName(file, 200))}  ${version === undefined ? "no version" : `NIR ${safeName(version)}`}, ${grouped(bytes.length)} bytes`,
    dim(`file SHA-256 ${sha256}\ngraph hash   ${graph.hash()}`),
    `\n${nodeTable(graph)}`,
    `\n${edgeLines(graph)}`,
    `\n${totals(graph)}`,
    ...provenance(graph),
  ];
  return sections.join("\n");
}

function nodeTable(graph: NirGraph): string {
  const types = graph.types();
  const rows = nodesDeep(graph).map(([path, node]) => [
    path,
    node.type,
    shapeText(types.inputShape(path)),
    shapeText(types.outputShape(path)),
    parametersText(node),
  ]);
  return table(["node", "type", "in", "out", "parameters"], rows);
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
    return schedule(graph).feedback;
  } catch (error) {
    // A graph that cannot be executed is still shown; its diagnostics say why.
    if (error instanceof NirkitError) return [];
    throw error;
  }
}

function totals(graph: NirGraph): string {
  const nodes = nodesDeep(graph);
  const types = graph.types();
  const tensors = nodes.flatMap(([path, node]) => tensorsOf(path, node));
  const values = tensors.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  const bytes = tensors.reduce((sum, { tensor }) => sum + tensor.data.byteLength, 0);
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

/** What the file says of its origin, and what nirkit noted in it. */
function provenance(graph: NirGraph): readonly string[] {
  const own = [...graph.metadata].map(([key, value]) => {
    const text = typeof value === "object" ? "…" : String(value);
    return `  ${safeName(key)}: ${safeName(text, 160)}`;
  });
  return own.length === 0 ? [] : ["\nmetadata", ...own];
}
