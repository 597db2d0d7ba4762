/** Named graph transformations. */
import type * as z from "zod";
import type * as mini from "zod/mini";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { NirGraph } from "../graph.ts";
import type { RecordSpec, Sample, SpikeInput, Trace } from "../signal.ts";

/** What lies above a pass and is handed in as a value. */
export interface PassContext {
  readonly calibration?: Iterable<Sample> | AsyncIterable<Sample>;
  /** A float simulator, for passes that look at activity. */
  readonly simulate?: (graph: NirGraph, input: SpikeInput, record: RecordSpec) => Trace;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called as work is done. */
  progress?(done: number, total: number): void;
  /** Called after every step of a pipeline with the graph it gave, to look at or dump. */
  step?(name: string, graph: NirGraph): void;
}

/** A new graph, what is to be said about it, and the numbers of the pass if it has any. */
export interface PassResult {
  readonly graph: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly report?: unknown;
}

/** Schema of the options of a pass, of zod or zod/mini; defaults stand in it. */
export type OptionsSchema<O> = z.ZodType<O> | mini.ZodMiniType<O>;

/** A named graph transformation. Input and output are valid graphs; the input is never changed. */
export interface Pass<O> {
  /** Kebab-case, the word of the text form. */
  readonly name: string;
  /** One line for lists of passes. */
  readonly summary: string;
  readonly options: OptionsSchema<O>;
  /** What it does to a small graph, for documentation: a chain in text, before and after. */
  readonly example?: { readonly before: string; readonly after: string };
  /** Applies the pass; options as `options` parses them. */
  run(graph: NirGraph, options: O, context?: PassContext): PassResult | Promise<PassResult>;
}

/** A pass whatever its options are. */
// biome-ignore lint/suspicious/noExplicitAny: an option type is both taken and given, so only any stands for all of them
export type AnyPass = Pass<any>;

/** Declares a pass; only there to infer its option type. */
export function definePass<O>(pass: Pass<O>): Pass<O> {
  return pass;
}
