/** A difference of graphs as text. */
import { escapeControls } from "../diagnostics-core.ts";
import type { GraphDiff, ParameterDifference, TensorKind } from "./diff-graphs.ts";
import type { TensorDistance } from "./tensor-distance.ts";

/**
 * One line per difference, `-` for what only the first graph has, `+` for the second, `~` for what changed; empty for
 * equal graphs. Stable, and safe to show: control characters of names are escaped.
 *
 * @example
 * + lif2  LIF
 * ~ fc.weight  float32[10,20]: 3 of 200 differ, first at [0,7]; max |d| 0.01, rms 8.7e-4, relative 0.12 %
 * + edge fc -> lif2
 */
export function printDiff(diff: GraphDiff): string {
  const lines = [
    ...diff.removed.map(({ path, type }) => `- ${name(path)}  ${type}`),
    ...diff.added.map(({ path, type }) => `+ ${name(path)}  ${type}`),
    ...diff.retyped.map(({ path, from, to }) => `~ ${name(path)}  ${from} -> ${to}`),
    ...diff.parameters.map(parameterLine),
    ...diff.edges.map(({ graph, source, target, from, to }) => {
      const copies = Math.max(from, to) > 1 ? ` (${from} -> ${to} copies)` : "";
      const at = graph === "" ? "" : ` in ${name(graph)}`;
      return `${from > to ? "-" : "+"} edge ${name(source)} -> ${name(target)}${at}${copies}`;
    }),
    ...diff.reordered.map(
      (graph) => `~ ${graph === "" ? "" : `${name(graph)} `}edges  same edges in another order`,
    ),
    ...diff.metadata.map(({ path, key, from, to }) => {
      const at = `${path === "" ? "graph" : name(path)} metadata ${key.map(name).join(".")}`;
      if (from === undefined) return `+ ${at}  ${clip(to ?? "")}`;
      return to === undefined ? `- ${at}  ${clip(from)}` : `~ ${at}  ${clip(from)} -> ${clip(to)}`;
    }),
  ];
  return lines.map((line) => `${escapeControls(line)}\n`).join("");
}

function parameterLine({ path, param, from, to, distance }: ParameterDifference): string {
  const at = `${name(path)}.${name(param)}`;
  if (from === undefined) return `+ ${at}  ${kindText(to)}`;
  if (to === undefined) return `- ${at}  ${kindText(from)}`;
  const [x, y] = [kindText(from), kindText(to)];
  const kinds = x === y ? x : `${x} -> ${y}`;
  return distance === undefined ? `~ ${at}  ${kinds}` : `~ ${at}  ${kinds}: ${distanceText(distance)}`;
}

function kindText(kind: TensorKind | string | undefined): string {
  if (kind === undefined || typeof kind === "string") return clip(kind ?? "");
  return `${kind.dtype}[${kind.shape.join(",")}]`;
}

function distanceText(d: TensorDistance): string {
  if (d.differing === 0) return "same values";
  const odd = d.nonFinite === 0 ? "" : `, ${d.nonFinite} not finite on one side`;
  return (
    `${d.differing} of ${d.count} differ, first at [${d.first.join(",")}]${odd}; ` +
    `max |d| ${short(d.maxAbs)}, rms ${short(d.rms)}, relative ${percent(d.relative)}`
  );
}

/** Three significant digits. */
function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}

function percent(x: number): string {
  return Number.isFinite(x) ? `${short(100 * x)} %` : "infinite";
}

function name(text: string): string {
  return /^[^\s"!,]+$/u.test(text) ? text : JSON.stringify(text);
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
