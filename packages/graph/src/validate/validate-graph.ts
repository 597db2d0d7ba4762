/** Everything that can be said about the content of a graph. */
import type { Diagnostic } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extension.ts";
import type { NirGraph } from "../graph.ts";
import { inferTypes } from "../infer/infer-types.ts";
import { type PathStyle, placeOf } from "../place.ts";
import { checkStructure } from "./check-structure.ts";

/** Options of {@link validateGraph}. */
export interface ValidateOptions {
  readonly paths?: PathStyle;
  readonly extensions?: readonly ExtensionNodeType[];
}

/** Collects every diagnostic of a graph. */
export function validateGraph(graph: NirGraph, options: ValidateOptions = {}): Diagnostic[] {
  const place = placeOf(options.paths ?? "memory");
  return [
    ...checkStructure([...graph.nodes()], graph.edges(), [], place),
    ...inferTypes(graph, options).diagnostics,
  ];
}
