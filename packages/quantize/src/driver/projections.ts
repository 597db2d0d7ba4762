/**
 * Which weights feed which populations, in what unit, and how large their integer inputs get.
 *
 * Weights and populations that are connected share one scale: a population adds integers, so all its inputs must
 * count in the same unit. A group is one connected set of them.
 */
import {
  type Affine,
  type Conv1d,
  type Conv2d,
  type Diagnostic,
  hasWeight,
  InternalError,
  isNeuron,
  type Linear,
  type NirGraph,
  type NirNode,
  sizeOf,
} from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { FoldableNode } from "../fold/recurrence.ts";
import type { QuantizedInput } from "../quantized-view.ts";

/** One weight node and the integers it receives. */
export interface WeightUse {
  readonly path: string;
  readonly node: Affine | Linear | Conv1d | Conv2d;
  /** Real value of one unit of its integer input: the input's scale, 1/(KH·KW) behind average pooling. */
  readonly inputUnit: number;
  readonly inputMin: number;
  readonly inputMax: number;
  readonly targets: readonly string[];
}

/** A population of integer neurons, or an Output that weights run straight into. */
export interface PopulationUse {
  readonly path: string;
  /** Absent for an Output. */
  readonly node?: FoldableNode;
  readonly size: number;
  /** What arrives without weights: sums of spikes or of input integers. Its unit is that of the population. */
  readonly bare?: SourceRange;
}

/** Weights and populations that share one scale. */
export interface ScaleGroup {
  readonly weights: readonly WeightUse[];
  readonly populations: readonly PopulationUse[];
  /** True where a population feeds weights. */
  readonly hidden: boolean;
}

/** Integers that a source gives. */
interface SourceRange {
  /** Real value of one. */
  readonly unit: number;
  readonly min: number;
  readonly max: number;
}

/** What the walk needs to know of a flattened graph. */
export interface WalkInput {
  readonly flat: NirGraph;
  readonly sizeAt: (path: string) => number | undefined;
  readonly inputs: ReadonlyMap<string, QuantizedInput>;
}

/** Finds all groups, by the path of their first weight, and everything that has no integer form. */
export function scaleGroups(walk: WalkInput): {
  readonly groups: readonly ScaleGroup[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const weights: WeightUse[] = [];
  const bare: (readonly [path: string, node: FoldableNode, range: SourceRange])[] = [];
  const sources = new Set<string>();
  for (const [path, node] of [...walk.flat.nodes()].sort(byPath)) {
    if (hasWeight(node)) {
      for (const origin of originsOf(walk.flat, path)) sources.add(origin);
      const targets = targetsOf(walk.flat, path, diagnostics);
      const range = rangeInto(walk, path, diagnostics, new Set());
      if (range !== undefined)
        weights.push({
          path,
          node,
          inputUnit: range.unit,
          inputMin: range.min,
          inputMax: range.max,
          targets,
        });
    } else diagnostics.push(...refusals(walk.flat, path, node));
    if (!isBare(walk.flat, path, node)) continue;
    for (const origin of originsOf(walk.flat, path)) sources.add(origin);
    const range = rangeInto(walk, path, diagnostics, new Set());
    if (range !== undefined) bare.push([path, node as FoldableNode, range]);
  }
  const sizeFor = (path: string): number => {
    const size = walk.sizeAt(path);
    if (size === undefined) throw new InternalError(`${path} has no shape in a graph without type errors`);
    return size;
  };
  const alone = bare.map(([path, node, range]) => ({
    weights: [],
    populations: [{ path, node, size: sizeFor(path), bare: range }],
    hidden: sources.has(path),
  }));
  const groups = [...connected(weights, walk.flat, sizeFor, sources), ...alone];
  return { groups, diagnostics: unique(diagnostics) };
}

/** True for a neuron that weights do not reach at all: it counts spikes, or the integers of an input. */
function isBare(flat: NirGraph, path: string, node: NirNode): boolean {
  if (!isNeuron(node) && node.type !== "Threshold") return false;
  const origins = originsOf(flat, path);
  return origins.length > 0 && origins.every((name) => !hasWeight(flat.node(name)));
}

function byPath([a]: readonly [string, NirNode], [b]: readonly [string, NirNode]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A node that is neither weight nor population and has no part in integers; neurons without weights. */
function refusals(flat: NirGraph, path: string, node: NirNode): readonly Diagnostic[] {
  if (isNeuron(node) || node.type === "Threshold") {
    const bare = originsOf(flat, path).find((name) => !hasWeight(flat.node(name)));
    return bare === undefined || isBare(flat, path, node)
      ? []
      : [quantizeDiagnostic("E_NO_WEIGHT", `nodes.${path}`, { type: node.type, source: bare })];
  }
  if (node.type === "Output") {
    const origins = originsOf(flat, path);
    const mixed =
      origins.some((name) => hasWeight(flat.node(name))) &&
      origins.some((name) => !hasWeight(flat.node(name)));
    return mixed
      ? [
          unsupported(
            path,
            "Output",
            "it adds weighted sums and spikes, which count in different units",
            "Give the weights a neuron, or an Output of their own",
          ),
        ]
      : [];
  }
  const passive = ["Input", "Flatten", "Delay", "SumPool2d", "AvgPool2d"];
  if (passive.includes(node.type)) return [];
  return [unsupported(path, node.type, "it has no integer form", "Rewrite it with plain NIR nodes first")];
}

/** Nodes whose output arrives at a node, looking through Flatten, Delay and pooling. */
function originsOf(flat: NirGraph, path: string, seen: Set<string> = new Set()): readonly string[] {
  return flat.predecessors(path).flatMap((name) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const type = flat.node(name).type;
    const through = type === "Flatten" || type === "Delay" || type === "SumPool2d" || type === "AvgPool2d";
    return through ? originsOf(flat, name, seen) : [name];
  });
}

/** Populations and Outputs that a weight's sums arrive at, looking through Flatten and Delay. */
function targetsOf(flat: NirGraph, path: string, diagnostics: Diagnostic[]): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>([path]);
  const stack = [...flat.successors(path)];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = flat.node(name);
    if (isNeuron(node) || node.type === "Threshold" || node.type === "Output") found.add(name);
    else if (node.type === "Flatten" || node.type === "Delay") stack.push(...flat.successors(name));
    else
      diagnostics.push(
        unsupported(
          name,
          node.type,
          `it receives the weighted sums of ${path}, not spikes`,
          hasWeight(node) ? "Merge the two weight matrices" : "Put the neurons before it",
        ),
      );
  }
  return [...found].sort();
}

/** Range of the integers that arrive at a node, all predecessors added. */
function rangeInto(
  walk: WalkInput,
  path: string,
  diagnostics: Diagnostic[],
  seen: ReadonlySet<string>,
): SourceRange | undefined {
  let sum: SourceRange | undefined;
  for (const name of walk.flat.predecessors(path)) {
    const one = rangeOf(walk, name, diagnostics, seen);
    if (one === undefined) return undefined;
    if (sum !== undefined && sum.unit !== one.unit) {
      diagnostics.push(
        unsupported(
          path,
          walk.flat.node(path).type,
          "its sources count in different units",
          "Give each source a weight node of its own",
        ),
      );
      return undefined;
    }
    sum = { unit: one.unit, min: (sum?.min ?? 0) + one.min, max: (sum?.max ?? 0) + one.max };
  }
  return sum ?? { unit: 1, min: 0, max: 1 };
}

function rangeOf(
  walk: WalkInput,
  path: string,
  diagnostics: Diagnostic[],
  seen: ReadonlySet<string>,
): SourceRange | undefined {
  const node = walk.flat.node(path);
  switch (node.type) {
    case "Input":
      return inputRange(walk.inputs.get(path));
    case "IF":
    case "LIF":
    case "CubaLIF":
    case "Threshold":
      return { unit: 1, min: 0, max: 1 };
    case "Flatten":
    case "Delay":
    case "SumPool2d":
    case "AvgPool2d": {
      if (seen.has(path)) return { unit: 1, min: 0, max: 0 };
      const inner = rangeInto(walk, path, diagnostics, new Set([...seen, path]));
      if (inner === undefined || node.type === "Flatten" || node.type === "Delay") return inner;
      const window = sizeOf(node.kernelSize);
      const unit = node.type === "AvgPool2d" ? inner.unit / window : inner.unit;
      return { unit, min: inner.min * window, max: inner.max * window };
    }
    case "I":
    case "LI":
    case "CubaLI":
      diagnostics.push(
        unsupported(
          path,
          node.type,
          "its graded output feeds weights, which take spikes or integers",
          "Use a spiking neuron there, or end the network at it",
        ),
      );
      return undefined;
    default:
      // A weight in front of a weight is reported where the first one looks for its targets.
      return undefined;
  }
}

/** Integers of an input; spikes without an annotation. */
function inputRange(input: QuantizedInput | undefined): SourceRange {
  if (input === undefined) return { unit: 1, min: 0, max: 1 };
  return input.signed
    ? { unit: input.scale, min: -(2 ** (input.bits - 1)), max: 2 ** (input.bits - 1) - 1 }
    : { unit: input.scale, min: 0, max: 2 ** input.bits - 1 };
}

/** Weights come by path, so that a joint fit adds in one order whatever the order of the file. */
function connected(
  weights: readonly WeightUse[],
  flat: NirGraph,
  sizeOfNode: (path: string) => number,
  sources: ReadonlySet<string>,
): readonly ScaleGroup[] {
  const groupOf = new Map<string, WeightUse[]>();
  for (const use of weights) {
    const merged = [use];
    for (const target of use.targets)
      for (const other of groupOf.get(target) ?? []) if (!merged.includes(other)) merged.push(other);
    const order = merged.sort((a, b) => weights.indexOf(a) - weights.indexOf(b));
    for (const member of order) for (const target of member.targets) groupOf.set(target, order);
    if (use.targets.length === 0) groupOf.set(use.path, order);
  }
  return [...new Set(groupOf.values())].map((members) => {
    const paths = [...new Set(members.flatMap((use) => use.targets))].sort();
    return {
      weights: members,
      hidden: paths.some((path) => sources.has(path)),
      populations: paths.map((path) => {
        const node = flat.node(path);
        const size = sizeOfNode(path);
        return node.type === "Output" ? { path, size } : { path, size, node: node as FoldableNode };
      }),
    };
  });
}

function unsupported(path: string, type: string, why: string, hint: string): Diagnostic {
  return quantizeDiagnostic("E_UNSUPPORTED_NODE", `nodes.${path}`, { type, why, hint });
}

function unique(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((d) => [`${d.code} ${d.path} ${d.message}`, d])).values()];
}
