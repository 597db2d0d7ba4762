/** `nirkit diff`: what makes two networks different, in structure, numbers and metadata. */
import {
  type Diagnostic,
  diffGraphs,
  type GraphDiff,
  type NirGraph,
  NirkitError,
  type ParameterDifference,
  printDiff,
} from "@nirkit/graph";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { type ReadFlags, readOptions } from "../read-flags.ts";

/** Flags of the command. */
export interface DiffFlags extends ReadFlags {
  readonly tolerance: number;
}

/** Compares two files; 1 where they differ by more than the tolerance. */
export async function diff(
  invocation: Invocation,
  first: string,
  second: string,
  flags: DiffFlags,
): Promise<number> {
  const [a, b] = [await opened(invocation, first, flags), await opened(invocation, second, flags)];
  const { found, within } = tolerated(diffGraphs(a, b), flags.tolerance);
  const { equal } = found;
  invocation.document({
    ok: equal,
    ...found,
    tolerance: flags.tolerance,
    within,
    diagnostics: invocation.noted(),
  });
  const close =
    within.length === 0 ? "" : `, ${counted(within.length, "parameter")} within ${flags.tolerance}`;
  if (!equal) invocation.print(printDiff(found).trimEnd());
  const count = Object.values(found).reduce((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
  invocation.print(equal ? `equal${close}` : `\n${counted(count, "difference")}${close}`);
  return equal ? 0 : 1;
}

async function opened(invocation: Invocation, file: string, flags: DiffFlags): Promise<NirGraph> {
  // Places inside a file say nothing of which of the two it is.
  const placed = (found: readonly Diagnostic[]): readonly Diagnostic[] =>
    found.map((d) => (d.code === "E_FILE_READ" ? d : { ...d, path: `${file}:${d.path}` }));
  try {
    const { graph, diagnostics } = await openModel(invocation.path(file), readOptions(flags));
    await invocation.note(placed(diagnostics));
    return graph;
  } catch (error) {
    throw error instanceof NirkitError ? new NirkitError(placed(error.diagnostics)) : error;
  }
}

/** The difference without parameters of one dtype and shape whose numbers are no further apart than allowed. */
export function tolerated(
  found: GraphDiff,
  tolerance: number,
): { readonly found: GraphDiff; readonly within: readonly ParameterDifference[] } {
  const isClose = ({ from, to, distance }: ParameterDifference): boolean =>
    typeof from === "object" &&
    typeof to === "object" &&
    from.dtype === to.dtype &&
    distance !== undefined &&
    distance.nonFinite === 0 &&
    distance.maxAbs <= tolerance;
  // Without a tolerance 0 and -0 are two values.
  const within = tolerance === 0 ? [] : found.parameters.filter(isClose);
  const parameters = found.parameters.filter((p) => !within.includes(p));
  const { equal: _, ...lists } = { ...found, parameters };
  return { found: { equal: Object.values(lists).every((list) => list.length === 0), ...lists }, within };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
