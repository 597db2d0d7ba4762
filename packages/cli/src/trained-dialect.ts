/** What training wrote into a graph: the step it was trained in, dt, and how a class is read. */
import type { NirGraph } from "@nirkit/graph";
import { NirkitError } from "@nirkit/graph";
import { type Dialect, parseDialect } from "@nirkit/simulate";

/** Key of the metadata. */
const trainingKey = "nirkit:training";

/** What a label may add, so that options that have a label are told by it. */
const modifiers = ["+subtract", "+old", "+subtract+old", "+zero_signal", "+subtract+zero_signal"];

/** How training read a class from the output of all steps. */
export type Readout = "sum" | "max" | "last";

/** The annotation, as far as it can be read. */
export interface TrainedStep {
  /** The label it started from; with the options that differ from it where there are some. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly dt: number | undefined;
  readonly readout: Readout;
  /** True where spikes are subtracted one step late, which the simulator does not do. */
  readonly late: boolean;
}

/** The step that a graph was trained in; undefined for graphs without the annotation, or with one that is damaged. */
export function trainedStep(graph: NirGraph): TrainedStep | undefined {
  const words = wordsOf(graph);
  const { name, resetDelay, ...options } = objectOf(words.dialect);
  if (typeof name !== "string") return undefined;
  const bases = ["", ...modifiers].flatMap((added) => baseOf(`${name}${added}`) ?? []);
  const [first] = bases;
  if (first === undefined) return undefined;
  const differingFrom = (base: Dialect): readonly (readonly [string, unknown])[] =>
    Object.entries(options).filter(
      ([option, value]) => option in base && base[option as keyof Dialect] !== value,
    );
  const base = bases.find((one) => differingFrom(one).length === 0) ?? first;
  const differing = differingFrom(base);
  const told = differing.map(([option, value]) => `${option} ${String(value)}`).join(", ");
  return {
    name: told === "" ? base.name : `${base.name} with ${told}`,
    dialect: { ...base, ...Object.fromEntries(differing) },
    dt: typeof words.dt === "number" ? words.dt : undefined,
    readout: words.readout === "max" || words.readout === "last" ? words.readout : "sum",
    late: resetDelay === 1,
  };
}

/** The graph with the way its class is read, where that is not the sum over the steps. */
export function withReadout(graph: NirGraph, readout: Readout): NirGraph {
  if (readout === "sum") return graph;
  const text = JSON.stringify({ ...wordsOf(graph), readout });
  return graph.with({ metadata: new Map([...graph.metadata, [trainingKey, text]]) });
}

function wordsOf(graph: NirGraph): Readonly<Record<string, unknown>> {
  const text = graph.metadata.get(trainingKey);
  try {
    return typeof text === "string" ? objectOf(JSON.parse(text)) : {};
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function baseOf(name: string): Dialect | undefined {
  try {
    return parseDialect(name);
  } catch (error) {
    if (error instanceof NirkitError) return undefined;
    throw error;
  }
}
