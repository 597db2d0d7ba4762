/** What an exporter probably did when two shapes do not meet. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import { type Shape, sameShape } from "../tensor.ts";
import type { Leaf } from "./elaborate.ts";
import { flattenShape } from "./flatten-shape.ts";

/** Two leaves whose shapes do not meet. */
export interface Mismatch {
  readonly from: Leaf;
  readonly to: Leaf;
  readonly gives: Shape;
  /** Undefined where the target fixes only a pattern, given in words. */
  readonly takes: Shape | undefined;
  readonly words: string;
  /** True for shapes the target takes. */
  accepts(shape: Shape): boolean;
  /** Shape the source takes. */
  readonly givesInput: Shape | undefined;
}

/** The hints that fit, most likely first. */
export function mismatchHints(m: Mismatch, path: string): Diagnostic[] {
  return [flattenWithBatch, transposed, squeezed, leadingAxis].flatMap((guess) => guess(m, path) ?? []);
}

const text = (shape: Shape): string => `[${shape.join(", ")}]`;
const withoutOnes = (shape: Shape): Shape => shape.filter((n) => n !== 1);

/** Flatten dimensions counted with a batch axis: starting one axis earlier, the shapes meet. */
function flattenWithBatch({ from, givesInput, takes }: Mismatch, path: string): Diagnostic | undefined {
  const { node } = from;
  if (node.type !== "Flatten" || !("startDim" in node) || givesInput === undefined || takes === undefined)
    return undefined;
  if (node.startDim < 1) return undefined;
  const endDim = node.endDim > 0 ? node.endDim - 1 : node.endDim;
  const shifted = flattenShape(givesInput, node.startDim - 1, endDim);
  if (!("shape" in shifted) || !sameShape(shifted.shape, takes)) return undefined;
  return graphDiagnostic("H_BATCH_AXIS", path, {
    node: from.path,
    why: `counts start_dim ${node.startDim} with a batch axis`,
    mend: `NIR counts without batch: make start_dim ${node.startDim - 1} and end_dim ${endDim}`,
  });
}

function transposed({ to, gives }: Mismatch, path: string): Diagnostic | undefined {
  const { node } = to;
  if ((node.type !== "Affine" && node.type !== "Linear") || !("weight" in node)) return undefined;
  const { shape } = node.weight;
  const input = [...shape.slice(0, -2), shape.at(-2) ?? 0];
  return sameShape(input, gives)
    ? graphDiagnostic("H_TRANSPOSED_WEIGHT", path, { node: to.path, shape })
    : undefined;
}

function squeezed({ gives, takes }: Mismatch, path: string): Diagnostic | undefined {
  if (takes === undefined || !sameShape(withoutOnes(gives), withoutOnes(takes))) return undefined;
  return graphDiagnostic("H_SQUEEZE_ONES", path, { gives, takes });
}

/** One axis too many in front: time where it is long, batch where it is 1. */
function leadingAxis(
  { from, to, gives, takes, words, accepts }: Mismatch,
  path: string,
): Diagnostic | undefined {
  const fits = gives.length > 1 && accepts(gives.slice(1));
  const longer = fits ? from : takes !== undefined && sameShape(takes.slice(1), gives) ? to : undefined;
  if (longer === undefined) return undefined;
  const shape = longer === from ? gives : (takes ?? []);
  if (shape[0] === 1)
    return graphDiagnostic("H_BATCH_AXIS", path, {
      node: longer.path,
      why: `has shape ${text(shape)} with a leading axis of 1 that looks like a batch`,
      mend: `NIR shapes have no batch axis: make it ${text(shape.slice(1))}`,
    });
  return graphDiagnostic("H_TIME_AXIS", path, {
    node: longer.path,
    shape,
    takes: longer === from ? words : text(gives),
  });
}
