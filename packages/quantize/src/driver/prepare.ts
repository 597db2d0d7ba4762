/** Everything that is known before the first weight is fitted: folded graph, time step, inputs, scale groups, settings. */
import {
  assertNoErrors,
  type Diagnostic,
  type NirGraph,
  type Sample,
  type Schedule,
  type Shape,
  schedule,
  sizeOf,
} from "@nirkit/graph";
import { readGraphWords } from "../annotation/decode.ts";
import { type Convention, checkConvention, defaultConvention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedInput } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import { checkFinite, checkOverrides } from "./check-graph.ts";
import { foldDiagonal } from "./fold-diagonal.ts";
import { foldScale } from "./fold-scale.ts";
import type { GroupSettings } from "./group-settings.ts";
import { networkExtent } from "./network-extent.ts";
import type { QuantizeOptions } from "./options.ts";
import { type ScaleGroup, scaleGroups } from "./projections.ts";
import { alignInputs, resolveInputs } from "./resolve-inputs.ts";
import { resolveSettings } from "./resolve-settings.ts";

/** A graph made ready to be quantised. */
export interface Prepared {
  readonly dt: number;
  readonly convention: Convention;
  /** Scales and batch normalisation folded; nested as it was. */
  readonly folded: NirGraph;
  readonly flat: NirGraph;
  readonly plan: Schedule;
  readonly groups: readonly ScaleGroup[];
  readonly settings: GroupSettings;
  readonly inputs: ReadonlyMap<string, QuantizedInput>;
  readonly shapeInto: (path: string) => Shape;
  readonly shapeOf: (path: string) => Shape;
}

/** Checks and prepares; throws every error found at once. */
export function prepareGraph<P>(
  graph: NirGraph,
  quantizer: AnyQuantizer,
  options: QuantizeOptions<P>,
  samples: readonly Sample[],
): Prepared {
  const convention: Convention = { ...defaultConvention, ...options.convention };
  const found: Diagnostic[] = [
    ...checkConvention(convention),
    ...checkOverrides(graph, options),
    ...checkFinite(graph),
  ];
  const dt = resolveDt(graph, options.dt, found);
  assertNoErrors(found);
  const folded = foldScale(foldDiagonal(graph));
  const resolved = resolveInputs(folded, options, samples);
  const flat = folded.flatten();
  const types = flat.types();
  assertNoErrors(types.diagnostics);
  const shapeOf = (path: string): Shape | undefined => types.outputShape(path) ?? types.inputShape(path);
  const walkWith = (forms: ReadonlyMap<string, QuantizedInput>): ReturnType<typeof scaleGroups> =>
    scaleGroups({ flat, inputs: forms, sizeAt: (path) => sizeFrom(shapeOf(path)) });
  const first = walkWith(resolved.forms);
  assertNoErrors(first.diagnostics);
  const aligned = alignInputs(resolved, first.groups);
  const inputs = aligned ?? resolved.forms;
  const walk = aligned === undefined ? first : walkWith(aligned);
  const plan = schedule(flat, { dt });
  const settings = resolveSettings(quantizer, options, {
    dt,
    convention,
    shapeAt: (path) => shapeOf(path) ?? [],
    // Measured for the rules that ask for it alone.
    extent:
      options.scaleRule === undefined
        ? { hiddenWeight: 0, hiddenTheta: 0 }
        : networkExtent(walk.groups, dt, convention),
  });
  return {
    dt,
    convention,
    folded,
    flat,
    plan,
    groups: inOrder(walk.groups, plan),
    settings,
    inputs,
    shapeInto: (path) => types.inputShape(path) ?? [],
    shapeOf: (path) => shapeOf(path) ?? [],
  };
}

/** Sources before targets, whatever the order of the nodes in the file. */
function inOrder(groups: readonly ScaleGroup[], { order }: Schedule): readonly ScaleGroup[] {
  const position = new Map(order.map((path, at) => [path, at]));
  const first = ({ populations, weights }: ScaleGroup): number =>
    Math.min(...(populations.length > 0 ? populations : weights).map(({ path }) => position.get(path) ?? 0));
  return [...groups].sort((a, b) => first(a) - first(b));
}

function resolveDt(graph: NirGraph, given: number | undefined, found: Diagnostic[]): number {
  const carried = readGraphWords(graph)?.dt;
  const dt = given ?? carried;
  if (dt === undefined) found.push(quantizeDiagnostic("E_DT_MISSING", "options.dt", {}));
  else if (!(dt > 0 && Number.isFinite(dt)))
    found.push(
      quantizeDiagnostic("E_BAD_OPTION", "options.dt", {
        option: "dt",
        found: String(dt),
        expected: "a positive number",
      }),
    );
  else if (carried !== undefined && given !== undefined && carried !== given)
    found.push(quantizeDiagnostic("E_DT_CONFLICT", "options.dt", { given, carried }));
  return dt ?? 1;
}

function sizeFrom(shape: Shape | undefined): number | undefined {
  return shape === undefined ? undefined : sizeOf(shape);
}
