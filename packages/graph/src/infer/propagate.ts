/**
 * Shapes of all leaves as a fixpoint: from parameters, forward along edges, then backward, then from scalar
 * parameters. Worklists are first in, first out over sorted leaves, so the result does not depend on file order.
 */
import type { ExtensionNodeType } from "../extension.ts";
import { type Shape, sameShape } from "../tensor.ts";
import type { Elaborated, OpenEdge } from "./elaborate.ts";
import { type ShapeProblem, type ShapeRule, shapeRule } from "./shape-rule.ts";

/** An edge between two leaves, and where it is written. */
export interface LeafEdge {
  readonly from: number;
  readonly to: number;
  readonly open: OpenEdge;
}

/** The fixpoint, by leaf index. */
export interface Propagated {
  readonly rules: readonly (ShapeRule | undefined)[];
  readonly input: readonly (Shape | undefined)[];
  readonly output: readonly (Shape | undefined)[];
  /** Impossible sizes by leaf. */
  readonly problems: ReadonlyMap<number, ShapeProblem>;
  readonly edges: readonly LeafEdge[];
  /** Edges at nested graphs whose port could not be told. */
  readonly ambiguous: readonly OpenEdge[];
}

/** Runs the fixpoint. Every leaf gets each of its two shapes at most once, so it is linear in nodes and edges. */
export function propagateShapes(
  { leaves, edges }: Elaborated,
  extensions: readonly ExtensionNodeType[],
): Propagated {
  const count = leaves.length;
  const rules = leaves.map((leaf) => shapeRule(leaf.node, extensions));
  const input: (Shape | undefined)[] = new Array(count).fill(undefined);
  const output: (Shape | undefined)[] = new Array(count).fill(undefined);
  const problems = new Map<number, ShapeProblem>();
  const outgoing: number[][] = leaves.map(() => []);
  const incoming: number[][] = leaves.map(() => []);
  const resolved: LeafEdge[] = [];
  let pending: OpenEdge[] = [];
  // A leaf stands in `ahead` when its output became known, in `behind` when its input did.
  const ahead: number[] = [];
  const behind: number[] = [];

  const setOutput = (leaf: number, shape: Shape): void => {
    output[leaf] = shape;
    ahead.push(leaf);
    if (input[leaf] !== undefined) return;
    const back = rules[leaf]?.backward(shape);
    if (back !== undefined) waiting.push([leaf, back]);
  };
  const setInput = (leaf: number, shape: Shape): void => {
    input[leaf] = shape;
    behind.push(leaf);
    const result = rules[leaf]?.forward(shape);
    if (result === undefined) return;
    if ("found" in result) problems.set(leaf, result);
    else if (output[leaf] === undefined) setOutput(leaf, result);
    else if (!sameShape(output[leaf], result)) output[leaf] = result; // what flows forward wins; the edge after it is at fault
  };
  // Inputs that follow from outputs wait until nothing flows forward any more.
  const waiting: [leaf: number, shape: Shape][] = [];
  const offerInput = (leaf: number, shape: Shape): void => {
    if (input[leaf] === undefined && rules[leaf]?.accepts(shape)) setInput(leaf, shape);
  };
  const connect = (from: number, to: number, open: OpenEdge): void => {
    resolved.push({ from, to, open });
    outgoing[from]?.push(to);
    incoming[to]?.push(from);
    const shape = output[from];
    if (shape !== undefined) offerInput(to, shape);
  };

  for (const open of edges) {
    const [from, to] = [open.from[0], open.to[0]];
    if (open.from.length === 1 && open.to.length === 1 && from !== undefined && to !== undefined)
      connect(from, to, open);
    else pending.push(open);
  }
  for (const [leaf, rule] of rules.entries()) {
    if (rule?.output !== undefined && output[leaf] === undefined) setOutput(leaf, rule.output);
    if (rule?.input !== undefined && input[leaf] === undefined) setInput(leaf, rule.input);
  }

  let forwardAt = 0;
  let backwardAt = 0;
  let waitingAt = 0;
  let fallbackAt = 0;
  for (;;) {
    if (forwardAt < ahead.length) {
      const leaf = ahead[forwardAt++] as number;
      for (const next of outgoing[leaf] ?? []) offerInput(next, output[leaf] as Shape);
    } else if (pending.length > 0 && resolvePorts(false)) {
    } else if (waitingAt < waiting.length) {
      const [leaf, shape] = waiting[waitingAt++] as [number, Shape];
      offerInput(leaf, shape);
    } else if (backwardAt < behind.length) {
      const leaf = behind[backwardAt++] as number;
      for (const before of incoming[leaf] ?? [])
        if (output[before] === undefined && !problems.has(before) && input[before] === undefined)
          setOutput(before, input[leaf] as Shape);
    } else if (fallbackAt < count) {
      const leaf = fallbackAt++;
      const shape = rules[leaf]?.fallback;
      if (shape !== undefined && input[leaf] === undefined) setInput(leaf, shape);
    } else if (!(pending.length > 0 && resolvePorts(true))) break;
  }
  return { rules, input, output, problems, edges: resolved, ambiguous: pending };

  /** Connects pending edges whose ports the shapes tell; `final` no longer waits for unknown sources. */
  function resolvePorts(final: boolean): boolean {
    const choices = pending.map((open) => matchPorts(open, input, output));
    // A port that several edges claim tells none of them.
    const claims = new Map<number, number>();
    for (const choice of choices)
      if (choice !== undefined && choice !== "open") claims.set(choice.to, (claims.get(choice.to) ?? 0) + 1);
    const openTargets = new Set(pending.filter((_, i) => choices[i] === "open").flatMap((open) => open.to));
    const left: OpenEdge[] = [];
    for (const [i, open] of pending.entries()) {
      const choice = choices[i];
      const contested =
        open.to.length > 1 && choice !== undefined && choice !== "open" && claims.get(choice.to) !== 1;
      const early = !final && open.to.length > 1 && open.to.some((port) => openTargets.has(port));
      if (choice === undefined || choice === "open" || contested || early) left.push(open);
      else connect(choice.from, choice.to, open);
    }
    const progress = left.length < pending.length;
    pending = left;
    return progress;
  }
}

/** The only pair of ports with the same known shape; "open" while a shape is unknown, undefined when none or several match. */
function matchPorts(
  open: OpenEdge,
  input: readonly (Shape | undefined)[],
  output: readonly (Shape | undefined)[],
): { from: number; to: number } | "open" | undefined {
  const pairs: { from: number; to: number }[] = [];
  for (const from of open.from)
    for (const to of open.to) {
      const [gives, takes] = [output[from], input[to]];
      if (gives === undefined || takes === undefined) return "open";
      if (sameShape(gives, takes)) pairs.push({ from, to });
    }
  return pairs.length === 1 ? pairs[0] : undefined;
}
