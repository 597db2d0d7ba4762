/** Networks without the channels that masks left nothing of: smaller tensors, the same spikes. */
import {
  hasWeight,
  NirGraph,
  type NirNode,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { type ChannelSpace, channelSpaces } from "./channel-space.ts";

/** A smaller network. */
export interface Compacted {
  readonly graph: NirGraph;
  /** Channels that went, by node whose output had them. */
  readonly removed: ReadonlyMap<string, readonly number[]>;
}

/**
 * Takes out channels that carry nothing (every weight into them is 0, and what follows stays silent from rest), and
 * channels that nobody reads (every weight from them is 0). What is left computes what it did: only terms of 0 are
 * missing from its sums.
 *
 * Channels of Inputs and Outputs, of grouped convolutions and of stacked matrices stay. Annotations of integers go with
 * the weights that were cut: quantize the result.
 *
 * @example compactGraph(model.toNir()).removed.get("lif1") // [3, 7]
 */
export function compactGraph(graph: NirGraph): Compacted {
  let flat = graph.flatten();
  const all = new Map<string, number[]>();
  // A channel that goes may leave others without readers or writers.
  for (;;) {
    const { graph: next, removed } = compactOnce(flat);
    if (removed.size === 0) return { graph: flat, removed: all };
    for (const [name, channels] of removed) {
      const gone = all.get(name) ?? [];
      all.set(
        name,
        [...gone, ...originals(channels, gone)].sort((a, b) => a - b),
      );
    }
    flat = next;
  }
}

/** Channels as they were counted before `gone` went. */
function originals(channels: readonly number[], gone: readonly number[]): number[] {
  const left = new Set(gone);
  return channels.map((channel) => {
    let at = -1;
    for (let seen = -1; seen < channel; ) if (!left.has(++at)) seen++;
    return at;
  });
}

function compactOnce(graph: NirGraph): Compacted {
  const rows = new Map<string, Keep>();
  const columns = new Map<string, Keep>();
  const removed = new Map<string, readonly number[]>();
  for (const space of channelSpaces(graph)) {
    if (space.fixed || space.writers.length === 0) continue;
    const kept = keptChannels(graph, space);
    if (kept.length === space.channels) continue;
    const keep = { channels: space.channels, kept };
    const gone = Array.from({ length: space.channels }, (_, c) => c).filter((c) => !kept.includes(c));
    for (const name of [...space.writers, ...space.nodes]) {
      rows.set(name, keep);
      removed.set(name, gone);
    }
    for (const name of space.readers) columns.set(name, keep);
  }
  if (removed.size === 0) return { graph, removed };
  const nodes = [...graph.nodes()].map(([name, node]): readonly [string, NirNode] => [
    name,
    cut(graph, name, node, rows.get(name), columns.get(name)),
  ]);
  return { graph: NirGraph.from({ nodes, edges: graph.edges(), metadata: graph.metadata }), removed };
}

interface Keep {
  readonly channels: number;
  readonly kept: readonly number[];
}

/** At least one channel stays: a tensor without any would be no network. */
function keptChannels(graph: NirGraph, space: ChannelSpace): readonly number[] {
  const { channels, nodes, writers, readers } = space;
  const silent = nodes.every((name) => staysSilent(graph.node(name)));
  const kept: number[] = [];
  for (let c = 0; c < channels; c++) {
    const unread = readers.length > 0 && readers.every((name) => isZeroColumn(graph, name, c, channels));
    const unwritten = silent && writers.every((name) => isZeroRow(graph.node(name), c, channels));
    if (!unread && !unwritten) kept.push(c);
  }
  return kept.length === 0 ? [0] : kept;
}

/** True for nodes that give 0 for ever where nothing comes in. */
function staysSilent(node: NirNode): boolean {
  const zero = (source: Tensor | undefined): boolean =>
    source === undefined || toFloat64(source).every((value) => value === 0);
  const fields = node as unknown as Readonly<Record<string, Tensor | undefined>>;
  const threshold = fields.vThreshold ?? fields.threshold;
  return (
    zero(fields.vLeak) &&
    zero(fields.vReset) &&
    (threshold === undefined || toFloat64(threshold).every((value) => value > 0))
  );
}

function isZeroRow(node: NirNode, channel: number, channels: number): boolean {
  if (!hasWeight(node)) return false;
  const parts = "bias" in node ? [node.weight, node.bias] : [node.weight];
  return parts.every((part) => {
    const values = toFloat64(part);
    const per = values.length / channels;
    return values.subarray(channel * per, (channel + 1) * per).every((value) => value === 0);
  });
}

function isZeroColumn(graph: NirGraph, name: string, channel: number, channels: number): boolean {
  const node = graph.node(name);
  if (!hasWeight(node)) return false;
  const values = toFloat64(node.weight);
  const { outer, inner, per } = columnsOf(node.weight.shape, channels);
  for (let row = 0; row < outer; row++)
    for (let k = channel * per * inner; k < (channel + 1) * per * inner; k++)
      if (values[row * channels * per * inner + k] !== 0) return false;
  return true;
}

/** Inputs are axis 1: `per` of them for every channel, each `inner` values long. */
function columnsOf(shape: Shape, channels: number): { outer: number; inner: number; per: number } {
  const [outer = 1, inputs = 1, ...kernel] = shape;
  return { outer, inner: sizeOf(kernel), per: inputs / channels };
}

function cut(
  graph: NirGraph,
  name: string,
  node: NirNode,
  rows: Keep | undefined,
  columns: Keep | undefined,
): NirNode {
  if (rows === undefined && columns === undefined) return node;
  if (hasWeight(node)) {
    const { metadata, ...bare } = node;
    const plain = [...(metadata ?? [])].filter(
      ([key]) => !key.startsWith("nirkit:") && !key.startsWith("quant_"),
    );
    const narrow = columns === undefined ? node.weight : cutColumns(node.weight, columns);
    const weight = rows === undefined ? narrow : cutRows(narrow, rows, narrow.shape);
    const bias =
      "bias" in node && rows !== undefined ? { bias: cutRows(node.bias, rows, node.bias.shape) } : {};
    return {
      ...bare,
      weight,
      ...bias,
      ...(plain.length === 0 ? {} : { metadata: new Map(plain) }),
    } as NirNode;
  }
  if (rows === undefined) return node;
  const shape = graph.types().outputShape(name) ?? [];
  const entries = Object.entries(node).map(([key, value]: [string, unknown]) => {
    const part = value as Tensor;
    const full = typeof value === "object" && value !== null && "dtype" in value && part.data.length > 1;
    return [key, full && part.data.length === sizeOf(shape) ? cutRows(part, rows, part.shape) : value];
  });
  const next = Object.fromEntries(entries) as Record<string, unknown>;
  // A Flatten that knew its input is told by inference what it is now.
  delete next.inputType;
  return next as unknown as NirNode;
}

function cutRows(source: Tensor, { channels, kept }: Keep, shape: Shape): Tensor {
  const values = toFloat64(source);
  const per = values.length / channels;
  const data = kept.flatMap((c) => Array.from(values.subarray(c * per, (c + 1) * per)));
  const [first = 1, ...rest] = shape;
  return tensor(source.dtype, [(first / channels) * kept.length, ...rest], data as never);
}

function cutColumns(source: Tensor, { channels, kept }: Keep): Tensor {
  const values = toFloat64(source);
  const { outer, inner, per } = columnsOf(source.shape, channels);
  const run = per * inner;
  const data: number[] = [];
  for (let row = 0; row < outer; row++)
    for (const c of kept) {
      const from = (row * channels + c) * run;
      for (let k = from; k < from + run; k++) data.push(values[k] as number);
    }
  const [, , ...kernel] = source.shape;
  return tensor(source.dtype, [outer, kept.length * per, ...kernel], data as never);
}
