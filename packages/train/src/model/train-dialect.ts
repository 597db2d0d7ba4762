/** Which step a network is trained with: the part of the dialects that has a gradient. */
import type { NirGraph } from "@nirkit/graph";
import { type Dialect, parseDialect } from "@nirkit/simulate";
import { trainError } from "../diagnostics.ts";

/** Options of a dialect that training knows, with `resetDelay`: 1 resets in the step after the spike. */
export interface TrainDialect
  extends Pick<
    Dialect,
    | "leak"
    | "gain"
    | "cubaGain"
    | "ifGain"
    | "ifDecay"
    | "cubaOrder"
    | "compare"
    | "reset"
    | "vInit"
    | "useR"
    | "useVReset"
    | "useVLeak"
    | "leakPath"
    | "feedbackT0"
    | "recurrentBias"
  > {
  /** Label it started from. */
  readonly name: string;
  readonly resetDelay: 0 | 1;
}

/** Names of the options, in the order in which they are written. */
export const dialectKeys: readonly (keyof TrainDialect)[] = [
  "name",
  "leak",
  "gain",
  "cubaGain",
  "ifGain",
  "ifDecay",
  "cubaOrder",
  "compare",
  "reset",
  "resetDelay",
  "vInit",
  "useR",
  "useVReset",
  "useVLeak",
  "leakPath",
  "feedbackT0",
  "recurrentBias",
];

/** A label (`nir-euler+subtract`), or options that differ from `nir-euler`. */
export type DialectRequest = string | Partial<TrainDialect>;

/** The one value that training takes of what it does not model. */
const fixed = {
  decayPlace: "first",
  multiSpike: false,
  vFloor: "none",
  fire: "after",
  doubleResetGuard: false,
  synLeak: false,
  links: "same-step",
  biasPath: "synapse",
  weightQuant: "none",
  arithmetic: "float",
} as const satisfies Partial<Dialect>;

/**
 * The dialect to train in: as asked for, else as the annotations of a quantized graph say, else `nir-euler`.
 *
 * @throws E_TRAIN_DIALECT where it computes what has no gradient here; E_UNKNOWN_DIALECT, E_UNKNOWN_MODIFIER
 */
export function trainDialect(graph: NirGraph, asked: DialectRequest | undefined): TrainDialect {
  const label = typeof asked === "string" ? asked : (asked?.name ?? "nir-euler");
  const base = parseDialect(label);
  for (const option of Object.keys(fixed) as (keyof typeof fixed)[])
    if (base[option] !== fixed[option])
      throw trainError("E_TRAIN_DIALECT", "dialect", {
        option,
        value: `${base[option]}`,
        allowed: [`${fixed[option]}`],
      });
  const given = typeof asked === "object" ? asked : {};
  return {
    ...base,
    resetDelay: 0,
    ...(asked === undefined ? annotated(graph) : {}),
    ...given,
    name: base.name,
  };
}

/** What the first annotated neuron says; every neuron of a quantized graph has one convention. */
function annotated(graph: NirGraph): Partial<TrainDialect> {
  for (const node of graph.flatten().nodes().values()) {
    const text = node.metadata?.get("nirkit:neuron");
    if (typeof text !== "string") continue;
    const words = jsonObject(text);
    return {
      ...(words.compare === "gt" || words.compare === "ge" ? { compare: words.compare } : {}),
      ...(words.reset === "value" || words.reset === "subtract" || words.reset === "none"
        ? { reset: words.reset }
        : {}),
      ...(words.resetDelay === 0 || words.resetDelay === 1 ? { resetDelay: words.resetDelay } : {}),
      ...(words.cubaOrder === "new" || words.cubaOrder === "old" ? { cubaOrder: words.cubaOrder } : {}),
    };
  }
  const words = jsonObject(graph.metadata.get("nirkit:training"));
  return typeof words.dialect === "object" && words.dialect !== null
    ? (words.dialect as Partial<TrainDialect>)
    : {};
}

/** A JSON object, empty where the text is none: damaged annotations are the reader's to report. */
export function jsonObject(text: unknown): Readonly<Record<string, unknown>> {
  if (typeof text !== "string") return {};
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null ? (content as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
