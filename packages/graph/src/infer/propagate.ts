/**
 * Shapes of all leaves as a fixpoint: from parameters, forward along edges, then backward, then from scalar
 * parameters. Worklists are first in, first out over sorted leaves, so the result does not depend on file order.
 */
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { type Shape, sameShape } from "../tensor.ts";
import type { Elaborated, OpenEdge } from "./elaborate.ts";
import { resolvePorts, resolveTwins } from "./resolve-ports.ts";
import { type ShapeProblem, type ShapeRule, shapeRule } from "./shape-rule.ts";

/** An edge between two leaves, and where it is written. */
export interface LeafEdge {
  readonly from: number;
  readonly to: number;
  readonly open: OpenEdge;
}

/** The fixpoint, by leaf index. */
export interface Propagated {
  /** Undefined for a leaf that has no rule, being unsound or unknown. */
  readonly rules: readonly (ShapeRule | undefined)[];
  readonly input: readonly (Shape | undefined)[];
  readonly output: readonly (Shape | undefined)[];
  /** Impossible sizes by leaf. */
  readonly problems: ReadonlyMap<number, ShapeProblem>;
  readonly edges: readonly LeafEdge[];
  /** Edges at nested graphs whose port could not be told. */
  readonly ambiguous: readonly OpenEdge[];
}

/**
 * Runs the fixpoint. Every leaf gets each of its two shapes once, so it is linear in nodes and edges.
 *
 * @param unsound leaves to leave out, by index
 */
export function propagateShapes(
  { leaves, edges }: Elaborated,
  extensions: readonly ExtensionNodeType[],
  unsound: ReadonlyMap<number, unknown>,
): Propagated {
  const rules = leaves.map((leaf, i) => (unsound.has(i) ? undefined : shapeRule(leaf.node, extensions)));
  const fixpoint = new Fixpoint(rules);
  for (const open of edges) fixpoint.add(open);
  fixpoint.run();
  return fixpoint;
}

/** Elementwise nodes that are looked through for what is known of a shape; keeps the work linear. */
const maxPatternSteps = 64;

class Fixpoint implements Propagated {
  readonly rules: readonly (ShapeRule | undefined)[];
  readonly input: (Shape | undefined)[];
  readonly output: (Shape | undefined)[];
  readonly problems: Map<number, ShapeProblem> = new Map();
  readonly edges: LeafEdge[] = [];
  ambiguous: OpenEdge[] = [];
  readonly #successors: number[][];
  readonly #predecessors: number[][];
  /** Leaves whose output became known, in order. */
  readonly #typedOutputs: number[] = [];
  /** Leaves whose input became known, in order. */
  readonly #typedInputs: number[] = [];
  /** Number of shapes that were known when ports were last looked for. */
  #knownAtLastLook = -1;
  /** Inputs that follow from outputs; they wait until nothing flows forward any more. */
  readonly #implied: (readonly [leaf: number, shape: Shape])[] = [];

  constructor(rules: readonly (ShapeRule | undefined)[]) {
    this.rules = rules;
    this.input = rules.map(() => undefined);
    this.output = rules.map(() => undefined);
    this.#successors = rules.map(() => []);
    this.#predecessors = rules.map(() => []);
  }

  add(open: OpenEdge): void {
    const [from, to] = [open.from[0], open.to[0]];
    if (open.from.length === 1 && open.to.length === 1 && from !== undefined && to !== undefined)
      this.#connect({ from, to, open });
    else this.ambiguous.push(open);
  }

  run(): void {
    for (const [leaf, rule] of this.rules.entries()) {
      if (rule?.output !== undefined) this.#setOutput(leaf, rule.output);
      if (rule?.input !== undefined) this.#setInput(leaf, rule.input);
    }
    const done = { forward: 0, implied: 0, backward: 0, fallback: 0, merged: 0 };
    for (;;) {
      // Each source of knowledge is asked only when the ones before it are exhausted.
      if (done.forward < this.#typedOutputs.length)
        this.#flowForward(this.#typedOutputs[done.forward++] as number);
      else if (this.#resolvePorts(false)) continue;
      else if (done.implied < this.#implied.length)
        this.#offer(...(this.#implied[done.implied++] as [number, Shape]));
      else if (done.backward < this.#typedInputs.length)
        this.#flowBackward(this.#typedInputs[done.backward++] as number);
      else if (done.merged < this.rules.length) this.#splitMerged(done.merged++);
      else if (done.fallback < this.rules.length) this.#fallBack(done.fallback++);
      else if (!(this.#resolvePorts(true) || this.#resolveTwins())) return;
    }
  }

  #connect(edge: LeafEdge): void {
    this.edges.push(edge);
    this.#successors[edge.from]?.push(edge.to);
    this.#predecessors[edge.to]?.push(edge.from);
    const shape = this.output[edge.from];
    if (shape !== undefined) this.#offer(edge.to, shape);
    if (this.input[edge.to] !== undefined && shape === undefined) this.#typedInputs.push(edge.to);
  }

  #flowForward(leaf: number): void {
    for (const next of this.#successors[leaf] ?? []) this.#offer(next, this.output[leaf] as Shape);
  }

  #flowBackward(leaf: number): void {
    for (const before of this.#predecessors[leaf] ?? [])
      if (this.rules[before] !== undefined && this.output[before] === undefined && !this.problems.has(before))
        this.#setOutput(before, this.input[leaf] as Shape);
  }

  #fallBack(leaf: number): void {
    const shape = this.rules[leaf]?.fallback;
    if (shape !== undefined && this.input[leaf] === undefined) this.#setInput(leaf, shape);
  }

  #offer(leaf: number, shape: Shape): void {
    if (this.input[leaf] === undefined && this.rules[leaf]?.accepts(shape)) this.#setInput(leaf, shape);
  }

  #setOutput(leaf: number, shape: Shape): void {
    if (this.output[leaf] !== undefined) return;
    this.output[leaf] = shape;
    this.#typedOutputs.push(leaf);
    const implied = this.input[leaf] === undefined ? this.rules[leaf]?.backward(shape) : undefined;
    if (implied !== undefined) this.#implied.push([leaf, implied]);
  }

  #setInput(leaf: number, shape: Shape): void {
    this.input[leaf] = shape;
    this.#typedInputs.push(leaf);
    const result = this.rules[leaf]?.forward(shape);
    if (result === undefined) return;
    if ("found" in result) this.problems.set(leaf, result);
    else if (this.output[leaf] === undefined) this.#setOutput(leaf, result);
    // What flows forward wins over what was implied from behind, and the edge after the node is at fault.
    else if (!sameShape(this.output[leaf], result)) this.output[leaf] = result;
  }

  /** The input of a Flatten whose output is known, where what feeds it leaves one size open. */
  #splitMerged(leaf: number): void {
    const output = this.output[leaf];
    const split = this.rules[leaf]?.split;
    if (output === undefined || split === undefined || this.input[leaf] !== undefined) return;
    for (const before of this.#predecessors[leaf] ?? []) {
      const pattern = this.#pattern(before, new Set());
      const shape = pattern === undefined ? undefined : split(output, pattern);
      if (shape === undefined) continue;
      this.#setInput(leaf, shape);
      return;
    }
  }

  /** What is known of an output: its axes, open sizes undefined. Elementwise nodes give what they take. */
  #pattern(leaf: number, seen: Set<number>): readonly (number | undefined)[] | undefined {
    const rule = this.rules[leaf];
    if (this.output[leaf] !== undefined || rule?.pattern !== undefined)
      return this.output[leaf] ?? rule?.pattern;
    if (rule?.elementwise !== true || seen.has(leaf) || seen.size >= maxPatternSteps) return undefined;
    seen.add(leaf);
    for (const before of this.#predecessors[leaf] ?? []) {
      const pattern = this.#pattern(before, seen);
      if (pattern !== undefined) return pattern;
    }
    return undefined;
  }

  #resolveTwins(): boolean {
    const neighbors = { successors: this.#successors, predecessors: this.#predecessors };
    const { resolved, left } = resolveTwins(this.ambiguous, this.input, this.output, neighbors);
    this.ambiguous = left;
    for (const edge of resolved) this.#connect(edge);
    return resolved.length > 0;
  }

  #resolvePorts(final: boolean): boolean {
    // Ports are told by shapes: without a new one, asking again is in vain.
    const known = this.#typedInputs.length + this.#typedOutputs.length;
    if (this.ambiguous.length === 0 || (!final && known === this.#knownAtLastLook)) return false;
    this.#knownAtLastLook = known;
    const { resolved, left } = resolvePorts(this.ambiguous, this.input, this.output, final);
    this.ambiguous = left;
    for (const edge of resolved) this.#connect(edge);
    return resolved.length > 0;
  }
}
