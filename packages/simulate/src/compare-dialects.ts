/** Where two dialects part on a graph and an input, and which option of theirs is the cause. */
import { type Events, type NirGraph, type SpikeInput, type Tensor, toFloat64 } from "@nirkit/graph";
import { type Dialect, type DialectOption, describeDialect, dialectOptions } from "./dialect.ts";
import { isCoherent } from "./dialect-conflicts.ts";
import { parseDialect } from "./dialects.ts";
import type { Precision } from "./float-array.ts";
import { createSimulator, type Simulator } from "./simulator.ts";
import { isFiring } from "./tally.ts";

/** How dialects are compared. */
export interface CompareOptions {
  /** Time step of those whose label names none. */
  readonly dt?: number;
  readonly precision?: Precision;
}

/** First place where two runs differ. */
export interface DialectDifference {
  readonly node: string;
  readonly step: number;
  /** Row-major position in the node, and the same by axis. */
  readonly neuron: number;
  readonly index: readonly number[];
  /** What both put out there. */
  readonly values: readonly [number, number];
  /** Membranes before the spike test, for neurons. */
  readonly vpre?: readonly [number, number];
}

/** An option in which two dialects differ, with the meaning of both values. */
export interface OptionDifference {
  readonly option: DialectOption | "dt";
  readonly summary: string;
  readonly values: readonly [string, string];
  readonly meanings: readonly [string, string];
}

/** Two dialects on one input. */
export interface DialectComparison {
  readonly labels: readonly [string, string];
  /** Undefined where every spike is equal, and every other output within 2e-5 + 2e-5·|value|. */
  readonly difference: DialectDifference | undefined;
  /** All options in which the records differ. */
  readonly options: readonly OptionDifference[];
  /**
   * Smallest sets of options that, taken over from the second dialect into the first, give the same first difference.
   * Several sets of one option each are alternatives: each alone is enough.
   */
  readonly causes: readonly (readonly OptionDifference[])[];
}

/**
 * Runs a graph in several dialects and compares each with the first.
 *
 * The first difference is the earliest step in which a spike differs, there the first node in the order of execution,
 * there the lowest neuron. The cause is found by switching: single options first; where none alone does it, all
 * differing options, of which those are dropped again that are not needed.
 *
 * @param labels two dialects or more
 * @throws what createSimulator and its `run` throw
 * @example compareDialects(lif, ["nir-euler", "nir-exp"], input, { dt: 1 })[0]?.causes[0]?.[0]?.option // "leak"
 */
export function compareDialects(
  graph: NirGraph,
  labels: readonly (string | Dialect)[],
  input: SpikeInput,
  options: CompareOptions = {},
): readonly DialectComparison[] {
  const [first, ...others] = labels.map((label) => (typeof label === "string" ? parseDialect(label) : label));
  if (first === undefined) return [];
  return others.map((other) => comparePair(graph, first, other, input, options));
}

function comparePair(
  graph: NirGraph,
  a: Dialect,
  b: Dialect,
  input: SpikeInput,
  options: CompareOptions,
): DialectComparison {
  const run = runner(graph, options);
  const differing = optionDifferences(a, b, options);
  const difference = firstDifference(run(a, input), run(b, input));
  const base = { labels: [a.name, b.name], options: differing } as const;
  if (difference === undefined) return { ...base, difference, causes: [] };
  // What happens later has no part in it.
  const start = head(input, difference.step + 1);
  const reference = run(a, start);
  const same = (set: readonly OptionDifference[]): boolean => {
    const mixed = mix(a, b, set);
    if (!isCoherent(mixed)) return false;
    const found = runs(() => firstDifference(reference, run(mixed, start)));
    return found !== undefined && equalPlace(found, difference);
  };
  const singles = differing.map((option) => [option]).filter(same);
  return { ...base, difference, causes: singles.length > 0 ? singles : [reduced(differing, same)] };
}

/** A set from which nothing can be left out. */
function reduced(
  all: readonly OptionDifference[],
  same: (set: readonly OptionDifference[]) => boolean,
): readonly OptionDifference[] {
  let kept = all;
  for (const option of all) {
    const fewer = kept.filter((other) => other !== option);
    if (same(fewer)) kept = fewer;
  }
  return kept;
}

/** Undefined where a mixture of two dialects is refused for this graph. */
function runs<R>(act: () => R): R | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function equalPlace(found: DialectDifference, wanted: DialectDifference): boolean {
  return (
    found.node === wanted.node &&
    found.step === wanted.step &&
    found.neuron === wanted.neuron &&
    found.values[1] === wanted.values[1]
  );
}

function mix(a: Dialect, b: Dialect, set: readonly OptionDifference[]): Dialect {
  const taken = set.map(({ option, values }) => [option, option === "dt" ? Number(values[1]) : b[option]]);
  return {
    ...a,
    ...Object.fromEntries(taken),
    name: `${a.name} with ${set.map(({ option }) => option).join(", ")}`,
  };
}

function optionDifferences(a: Dialect, b: Dialect, { dt }: CompareOptions): readonly OptionDifference[] {
  const [left, right] = [describeDialect(a), describeDialect(b)];
  const found = dialectOptions.flatMap((option, i): OptionDifference[] => {
    const [x, y] = [left[i], right[i]];
    if (x === undefined || y === undefined || x.value === y.value) return [];
    return [{ option, summary: x.summary, values: [x.value, y.value], meanings: [x.meaning, y.meaning] }];
  });
  const steps = [a.dt ?? dt, b.dt ?? dt].map(String) as [string, string];
  if (steps[0] === steps[1]) return found;
  const meanings = steps.map((step) => `${step} in the unit of tau`) as [string, string];
  return [{ option: "dt", summary: "the time step", values: steps, meanings }, ...found];
}

interface Run {
  readonly simulator: Simulator;
  readonly records: ReadonlyMap<string, Tensor>;
}

function runner(
  graph: NirGraph,
  { dt, precision }: CompareOptions,
): (dialect: Dialect, input: SpikeInput) => Run {
  return (dialect, input) => {
    const step = dialect.dt === undefined && dt !== undefined ? { dt } : {};
    const simulator = createSimulator(graph, {
      dialect,
      ...step,
      ...(precision === undefined ? {} : { precision }),
    });
    const { records } = simulator.run(input, { nodes: "all", signals: ["out", "vpre"] });
    return { simulator, records };
  };
}

/** Spikes first; where all are equal, what else is put out. */
function firstDifference(a: Run, b: Run): DialectDifference | undefined {
  const { graph } = a.simulator;
  const names = [...graph.nodes()].map(([name, node]) => [name, isFiring(node.type)] as const);
  // Records come in the order of execution.
  const order = [...a.records.keys()].filter((key) => key.endsWith("/out")).map((key) => key.slice(0, -4));
  const firing = new Set(names.filter(([, fires]) => fires).map(([name]) => name));
  const spikes = earliest(
    a,
    b,
    order.filter((name) => firing.has(name)),
    (x, y) => x !== y,
  );
  if (spikes !== undefined) return spikes;
  const apart = (x: number, y: number): boolean => Math.abs(x - y) > 2e-5 + 2e-5 * Math.abs(y);
  return earliest(
    a,
    b,
    order.filter((name) => graph.node(name).type === "Output" || holds(graph, name)),
    apart,
  );
}

function holds(graph: NirGraph, name: string): boolean {
  return ["I", "LI", "CubaLI"].includes(graph.node(name).type);
}

function earliest(
  a: Run,
  b: Run,
  names: readonly string[],
  apart: (x: number, y: number) => boolean,
): DialectDifference | undefined {
  let found: DialectDifference | undefined;
  for (const node of names) {
    const [left, right] = [a.records.get(`${node}/out`), b.records.get(`${node}/out`)];
    if (left === undefined || right === undefined) continue;
    const [x, y] = [toFloat64(left), toFloat64(right)];
    const size = x.length / (left.shape[0] ?? 1);
    const until = found === undefined ? x.length : found.step * size;
    for (let at = 0; at < until; at++) {
      if (!apart(x[at] ?? 0, y[at] ?? 0)) continue;
      found = difference(a, b, node, at, size, [x[at] ?? 0, y[at] ?? 0]);
      break;
    }
  }
  return found;
}

function difference(
  a: Run,
  b: Run,
  node: string,
  at: number,
  size: number,
  values: readonly [number, number],
): DialectDifference {
  const shape = a.records.get(`${node}/out`)?.shape.slice(1) ?? [];
  const [x, y] = [a, b].map(({ records }) => records.get(`${node}/vpre`)?.data[at]);
  const vpre = x === undefined || y === undefined ? {} : { vpre: [Number(x), Number(y)] as const };
  const neuron = at % size;
  return { node, step: Math.floor(at / size), neuron, index: unravel(neuron, shape), values, ...vpre };
}

function unravel(flat: number, shape: readonly number[]): readonly number[] {
  let rest = flat;
  return [...shape]
    .reverse()
    .map((n) => {
      const index = rest % n;
      rest = Math.floor(rest / n);
      return index;
    })
    .reverse();
}

/** The first steps of a sample. */
function head(input: SpikeInput, steps: number): SpikeInput {
  return new Map(
    [...input].map(([name, source]) => [
      name,
      "start" in source ? headEvents(source, steps) : headRows(source, steps),
    ]),
  );
}

function headRows(source: Tensor, steps: number): Tensor {
  const [total = 0, ...shape] = source.shape;
  const size = total === 0 ? 0 : source.data.length / total;
  const kept = Math.min(steps, total);
  return { ...source, shape: [kept, ...shape], data: source.data.subarray(0, kept * size) } as Tensor;
}

function headEvents(source: Events, steps: number): Events {
  const kept = Math.min(steps, source.steps);
  const end = source.start[kept] ?? 0;
  const value = source.value === undefined ? {} : { value: source.value.subarray(0, end) };
  return {
    ...source,
    steps: kept,
    start: source.start.subarray(0, kept + 1),
    index: source.index.subarray(0, end),
    ...value,
  };
}
