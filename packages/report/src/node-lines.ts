/** What a box of the graph drawing says about a node. */
import {
  type GraphTypes,
  hasWeight,
  isNeuron,
  isTensor,
  type NirNode,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { formatNumber } from "./axis.ts";
import { shorten } from "./escape.ts";

/** Kinds that the drawing tells apart. */
type NodeKind = "port" | "neuron" | "weight" | "other";

/** Words of one box. */
export interface NodeLines {
  readonly name: string;
  readonly kind: NodeKind;
  /** Type and shapes. */
  readonly subtitle: string;
  /** Parameters, at most three lines. */
  readonly details: readonly string[];
}

/** Which of the four looks a node gets. */
function nodeKind(node: NirNode): NodeKind {
  if (node.type === "Input" || node.type === "Output") return "port";
  if (isNeuron(node) || node.type === "Threshold") return "neuron";
  return hasWeight(node) ? "weight" : "other";
}

/** A shape as text: `[2, 34, 34]`; `[?]` where inference found none. */
function shapeText(shape: readonly number[] | undefined): string {
  return shape === undefined ? "[?]" : `[${shape.join(", ")}]`;
}

/** One value where all are equal, else the range; NaN is named because it is what a reader looks for. */
function tensorSummary(values: Tensor): string {
  const numbers = toFloat64(values);
  let [least, most] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (Number.isNaN(value)) return "contains NaN";
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (numbers.length === 0) return "empty";
  return least === most ? formatNumber(least) : `${formatNumber(least)} … ${formatNumber(most)}`;
}

/** Wire spelling of a parameter: `vThreshold` is `v_threshold` in a file. */
function wireName(parameter: string): string {
  return parameter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `uniform, 8 bit, per channel` from the `nirkit:quant` annotation; undefined where there is none to read. */
function quantizationText(node: NirNode): string | undefined {
  const annotation = node.metadata?.get("nirkit:quant");
  if (typeof annotation !== "string") return undefined;
  try {
    const { scheme, bits, axis }: { scheme?: unknown; bits?: unknown; axis?: unknown } =
      JSON.parse(annotation);
    if (typeof scheme !== "string" || typeof bits !== "number") return undefined;
    return `${shorten(scheme, 16)}, ${formatNumber(bits)} bit, per ${typeof axis === "number" ? "channel" : "tensor"}`;
  } catch {
    // A damaged annotation is reported by checkQuantized; the drawing shows the node as it is.
    return undefined;
  }
}

function parameterTexts(node: NirNode): readonly string[] {
  const texts: string[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === "type" || key === "metadata" || key === "shape" || key === "graph") continue;
    if (key === "weight" && isTensor(value)) texts.push(`weight ${value.shape.join("×")} ${value.dtype}`);
    else if (key === "bias") texts.push("bias");
    else if (isTensor(value)) texts.push(`${wireName(key)} ${tensorSummary(value)}`);
    else if (Array.isArray(value)) texts.push(`${wireName(key)} ${value.join("×")}`);
    else if (typeof value === "string" || typeof value === "number") texts.push(`${wireName(key)} ${value}`);
  }
  if (node.type === "NIRGraph") texts.push(`${node.graph.nodes().size} nodes`);
  return texts;
}

/** Fills lines of at most `limit` characters, at most `count` of them; what is left over becomes an ellipsis. */
function wrap(texts: readonly string[], limit: number, count: number): readonly string[] {
  const lines: string[] = [];
  for (const text of texts.map((t) => shorten(t, limit))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 3 <= limit)
      lines[lines.length - 1] = `${last} · ${text}`;
    else if (lines.length < count) lines.push(text);
    else {
      lines[count - 1] = `${last} …`;
      break;
    }
  }
  return lines;
}

/** The words of a node's box. */
export function nodeLines(path: string, node: NirNode, types: GraphTypes): NodeLines {
  const [from, to] = [types.inputShape(path), types.outputShape(path)];
  const both = shapeText(from) === shapeText(to) ? shapeText(to) : `${shapeText(from)} → ${shapeText(to)}`;
  const quantization = quantizationText(node);
  const texts = parameterTexts(node);
  return {
    name: shorten(path === "" ? "(unnamed)" : path, 30),
    kind: nodeKind(node),
    subtitle: `${shorten(node.type, 24)}  ${shorten(nodeKind(node) === "port" ? shapeText(to ?? from) : both, 34)}`,
    details: wrap(quantization === undefined ? texts : [...texts, quantization], 38, 3),
  };
}
