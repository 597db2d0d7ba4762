/** Named graph transformations (style.md 2.4). */
import type * as z from "zod";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { NirGraph } from "../graph.ts";
import type { RecordSpec, Sample, SpikeInput, Trace } from "../signal.ts";

/** What lies above a pass and is handed in as a value. */
export interface PassContext {
  readonly calibration?: Iterable<Sample> | AsyncIterable<Sample>;
  readonly simulate?: (graph: NirGraph, input: SpikeInput, record: RecordSpec) => Trace;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  progress?(done: number, total: number): void;
}

/** A new graph, what is to be said about it, and the numbers of the pass if it has any. */
export interface PassResult {
  readonly graph: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly report?: unknown;
}

/** A named graph transformation. Input and output are valid graphs; the input is never changed. */
export interface Pass<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  run(graph: NirGraph, options: O, context?: PassContext): PassResult | Promise<PassResult>;
}

/** Declares a pass; only there to infer its option type. */
export function definePass<O>(pass: Pass<O>): Pass<O> {
  return pass;
}
