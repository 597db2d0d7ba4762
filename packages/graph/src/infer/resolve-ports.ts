/**
 * Which port of a nested graph an edge means, where the graph has several: the only one whose shape fits, if no other
 * edge claims it (nirkit's own rule; the Python reference has none).
 */
import { type Shape, sameShape } from "../tensor.ts";
import type { OpenEdge } from "./elaborate.ts";

type Shapes = readonly (Shape | undefined)[];

/** An edge with its ports. */
interface Resolved {
  readonly from: number;
  readonly to: number;
  readonly open: OpenEdge;
}

/**
 * Settles the edges whose ports the shapes tell.
 *
 * @param final no longer waits for other edges into the same graph whose sources have no shape yet
 */
export function resolvePorts(
  pending: readonly OpenEdge[],
  input: Shapes,
  output: Shapes,
  final: boolean,
): { resolved: Resolved[]; left: OpenEdge[] } {
  const matches = pending.map((open) => match(open, input, output));
  const claims = new Map<number, number>();
  const undecided = new Set<number>();
  for (const [i, open] of pending.entries()) {
    const found = matches[i];
    if (found === "waiting") for (const port of open.to) undecided.add(port);
    else if (found !== undefined) claims.set(found.to, (claims.get(found.to) ?? 0) + 1);
  }
  const resolved: Resolved[] = [];
  const left: OpenEdge[] = [];
  for (const [i, open] of pending.entries()) {
    const found = matches[i];
    const several = open.to.length > 1;
    const settled =
      found !== undefined &&
      found !== "waiting" &&
      !(several && claims.get(found.to) !== 1) &&
      (final || !several || !undecided.has(found.to));
    if (settled) resolved.push({ ...found, open });
    else left.push(open);
  }
  return { resolved, left };
}

/** The only pair of ports of one shape; "waiting" while a shape is unknown, undefined when none or several fit. */
function match(
  open: OpenEdge,
  input: Shapes,
  output: Shapes,
): { from: number; to: number } | "waiting" | undefined {
  const pairs: { from: number; to: number }[] = [];
  for (const from of open.from)
    for (const to of open.to) {
      const [gives, takes] = [output[from], input[to]];
      if (gives === undefined || takes === undefined) return "waiting";
      if (sameShape(gives, takes)) pairs.push({ from, to });
    }
  return pairs.length === 1 ? pairs[0] : undefined;
}
