/** Several passes as one. */
import * as z from "zod/mini";
import { graphDiagnostic } from "../diagnostics.ts";
import { assertNoErrors, type Diagnostic, NirkitError } from "../diagnostics-core.ts";
import type { NirGraph } from "../graph.ts";
import type { AnyPass, Pass, PassContext, PassResult } from "./pass.ts";

/** An option value of the text form. */
export type OptionValue = string | number | boolean | null | readonly OptionValue[] | OptionRecord;
/** Options by key, in the order given. */
export interface OptionRecord {
  readonly [key: string]: OptionValue;
}

/** A pass with the options it will run with, as given; defaults are filled in when it runs. */
export interface Step {
  readonly pass: AnyPass;
  readonly options: OptionRecord;
}

/** Passes in a row; itself a pass without options. Its result's `report` is a map from `index:name` to each step's report. */
export interface Pipeline extends Pass<Record<string, never>> {
  readonly steps: readonly Step[];
}

/** A pass with options, for {@link pipeline}: `pipeline(dedupe, withOptions(quantize, { bits: 4 }))`. */
export function withOptions<O>(pass: Pass<O>, options: OptionRecord): Step {
  return { pass, options };
}

/**
 * Runs passes in a row, checking each step's options before anything runs and each step's graph after it.
 *
 * @throws E_BAD_OPTION before the first step; after a step, the errors among its diagnostics and of its graph's types
 */
export function pipeline(...passes: readonly (AnyPass | Step)[]): Pipeline {
  const steps = passes.map((p): Step => ("pass" in p ? p : { pass: p, options: {} }));
  return {
    name: "pipeline",
    summary: steps.map(({ pass }) => pass.name).join(", "),
    options: z.strictObject({}),
    steps,
    run: (graph, _options, context) => runSteps(graph, steps, context),
  };
}

async function runSteps(graph: NirGraph, steps: readonly Step[], context?: PassContext): Promise<PassResult> {
  const options = steps.map(checkOptions);
  const diagnostics: Diagnostic[] = [];
  const report = new Map<string, unknown>();
  let current = graph;
  for (const [i, { pass }] of steps.entries()) {
    context?.signal?.throwIfAborted();
    const result = await pass.run(current, options[i], context);
    diagnostics.push(...assertNoErrors(result.diagnostics));
    assertNoErrors(result.graph.types().diagnostics);
    current = result.graph;
    if (result.report !== undefined) report.set(`${i}:${pass.name}`, result.report);
    context?.step?.(pass.name, current);
  }
  return { graph: current, diagnostics, ...(report.size === 0 ? {} : { report }) };
}

function checkOptions({ pass, options }: Step): unknown {
  const result = z.safeParse(pass.options, options);
  if (result.success) return result.data;
  throw new NirkitError(
    result.error.issues.map((issue) => {
      const key = issue.path.join(".");
      const why = key === "" ? issue.message : `${key}: ${issue.message}`;
      return graphDiagnostic("E_BAD_OPTION", `passes.${pass.name}${key === "" ? "" : `.${key}`}`, {
        pass: pass.name,
        why,
      });
    }),
  );
}
