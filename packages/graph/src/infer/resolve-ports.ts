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

/** What feeds and what reads each leaf, as far as edges are settled. */
export interface Neighbors {
  readonly successors: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
}

/**
 * Settles edges whose fitting ports are twins: Inputs that feed the same nodes, or Outputs that read the same ones. The
 * sum that arrives is the same whichever is taken, so each edge takes the port with the fewest edges, in name order.
 */
export function resolveTwins(
  pending: readonly OpenEdge[],
  input: Shapes,
  output: Shapes,
  neighbors: Neighbors,
): { resolved: Resolved[]; left: OpenEdge[] } {
  const resolved: Resolved[] = [];
  const left: OpenEdge[] = [];
  const taken = new Map<number, number>();
  const sourceKey = keys(output, neighbors.predecessors);
  const targetKey = keys(input, neighbors.successors);
  const leaving = new Set(pending.flatMap((open) => open.from));
  const entering = new Set(pending.flatMap((open) => open.to));
  for (const open of pending) {
    const from = open.from.filter((i) => open.to.some((j) => fits(output[i], input[j])));
    const to = open.to.filter((j) => from.some((i) => fits(output[i], input[j])));
    // An undecided edge on the far side of a port could still tell the ports apart.
    const decided = !(to.some((port) => leaving.has(port)) || from.some((port) => entering.has(port)));
    const twins = decided && alike(from, sourceKey) && alike(to, targetKey);
    const [source, target] = [leastTaken(from, new Map()), leastTaken(to, taken)];
    if (!twins || source === undefined || target === undefined) {
      left.push(open);
      continue;
    }
    taken.set(target, (taken.get(target) ?? 0) + 1);
    resolved.push({ from: source, to: target, open });
  }
  return { resolved, left };
}

/** True unless both shapes are known and differ. */
function fits(gives: Shape | undefined, takes: Shape | undefined): boolean {
  return gives === undefined || takes === undefined || sameShape(gives, takes);
}

/** True for a single port, and for several of one known shape with the same neighbors on their far side. */
function alike(ports: readonly number[], keyOf: (port: number) => string | undefined): boolean {
  const [first = -1, ...others] = ports;
  if (others.length === 0) return true;
  const key = keyOf(first);
  return key !== undefined && others.every((port) => keyOf(port) === key);
}

/** A port's shape and the neighbors on its far side as text, computed once; undefined without a shape. */
function keys(shapes: Shapes, beyond: readonly (readonly number[])[]): (port: number) => string | undefined {
  const known = new Map<number, string | undefined>();
  return (port) => {
    if (known.has(port)) return known.get(port);
    const shape = shapes[port];
    const key = shape && `${shape.join()};${[...(beyond[port] ?? [])].sort((a, b) => a - b).join()}`;
    known.set(port, key);
    return key;
  };
}

function leastTaken(ports: readonly number[], taken: ReadonlyMap<number, number>): number | undefined {
  let [best, least] = [undefined as number | undefined, Number.POSITIVE_INFINITY];
  for (const port of ports) {
    const count = taken.get(port) ?? 0;
    if (count < least) [best, least] = [port, count];
  }
  return best;
}
