/**
 * Second-order post-training quantisation with a spike-train objective (arXiv 2506.03996).
 *
 * The error of a row of weights is (w − ŵ) H (w − ŵ)ᵀ with H = 2·X·Xᵀ, X the input spikes as the membrane filters them
 * (Van Rossum). After each weight the rest makes good for it (optimal brain surgeon):
 * delta = −(w_q − Q(w_q)) / [H⁻¹]_qq · H⁻¹[:, q].
 */
import type { Shape } from "@nirkit/graph";

/** Sums of products of filtered inputs: X·Xᵀ of one row's inputs. */
export interface Curvature {
  /** Inputs of one row: I for dense weights, I/groups · KH · KW for convolutions. */
  readonly inputs: number;
  /** Symmetric, `[groups, inputs, inputs]`. */
  readonly sums: Float64Array;
  readonly groups: number;
}

/** Rows are quantised weight by weight up to this many inputs, and in one common order beyond: the cost is cubic. */
const mostGreedyInputs = 256;

/** A level of the scheme nearest to w, as a real number. */
export type NearestWeight = (w: number, row: number) => number;

/**
 * Weights on levels that keep w·X as well as the rounding of each weight alone, or better.
 *
 * Up to 256 inputs each row takes its weights in its own order, the one with the smallest (w − Q(w))²/[H⁻¹]_qq first;
 * beyond, all rows share the order of falling curvature. H is dampened by 1 % of its mean diagonal.
 *
 * @param kept masked weights (false) stay 0 and compensate nothing
 * @returns dequantised weights, row-major
 */
export function compensate(
  w: Float32Array,
  shape: Shape,
  curvature: Curvature,
  nearest: NearestWeight,
  kept?: (index: number) => boolean,
): Float32Array {
  const rows = shape[0] ?? 1;
  const { inputs, groups } = curvature;
  const result = new Float32Array(w.length);
  const perGroup = rows / groups;
  for (let group = 0; group < groups; group++) {
    const sums = curvature.sums.subarray(group * inputs * inputs, (group + 1) * inputs * inputs);
    const inverse = invert(dampened(sums, inputs), inputs);
    const order = inputs > mostGreedyInputs ? fallingDiagonal(sums, inputs) : undefined;
    const shared = order === undefined ? undefined : eliminations(inverse, order, inputs);
    for (let row = group * perGroup; row < (group + 1) * perGroup; row++) {
      const from = row * inputs;
      const source = Float64Array.from(w.subarray(from, from + inputs));
      const free = Array.from({ length: inputs }, (_, i) => kept === undefined || kept(from + i));
      const chosen =
        shared === undefined
          ? greedyRow(source, inverse, free, (x) => nearest(x, row))
          : orderedRow(source, shared, free, (x) => nearest(x, row));
      const plain = source.map((x, i) => (free[i] === true ? nearest(x, row) : 0));
      const better = rowError(source, chosen, sums) <= rowError(source, plain, sums) ? chosen : plain;
      result.set(better, from);
    }
  }
  return result;
}

/** (w − ŵ) X Xᵀ (w − ŵ)ᵀ, undampened. */
function rowError(w: Float64Array, quantized: Float64Array, sums: Float64Array): number {
  const n = w.length;
  let error = 0;
  for (let i = 0; i < n; i++) {
    const di = (w[i] ?? 0) - (quantized[i] ?? 0);
    if (di === 0) continue;
    for (let k = 0; k < n; k++) error += di * ((w[k] ?? 0) - (quantized[k] ?? 0)) * (sums[i * n + k] ?? 0);
  }
  return error;
}

function greedyRow(
  source: Float64Array,
  inverse: Float64Array,
  free: readonly boolean[],
  nearest: (x: number) => number,
): Float64Array {
  const n = source.length;
  const w = source.slice();
  const h = inverse.slice();
  const left = new Set<number>();
  for (let i = 0; i < n; i++)
    if (free[i] === true) left.add(i);
    else eliminate(w, h, n, i, 0, left);
  while (left.size > 0) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const i of left) {
      const cost = (w[i] as number) - nearest(w[i] as number);
      const score = (cost * cost) / (h[i * n + i] as number);
      if (score < least || best < 0) {
        least = score;
        best = i;
      }
    }
    left.delete(best);
    eliminate(w, h, n, best, nearest(w[best] as number), left);
  }
  return w;
}

/** Sets weight q, moves the weights that are left, and takes q out of the inverse. */
function eliminate(
  w: Float64Array,
  h: Float64Array,
  n: number,
  q: number,
  value: number,
  left: ReadonlySet<number>,
): void {
  const diagonal = h[q * n + q] as number;
  const shift = ((w[q] as number) - value) / diagonal;
  w[q] = value;
  for (const i of left) w[i] = (w[i] as number) - shift * (h[i * n + q] as number);
  for (const i of left) {
    const factor = (h[i * n + q] as number) / diagonal;
    if (factor === 0) continue;
    for (const k of left) h[i * n + k] = (h[i * n + k] as number) - factor * (h[q * n + k] as number);
  }
}

interface Elimination {
  readonly q: number;
  /** H⁻¹[:, q]/[H⁻¹]_qq at the time of the step, for the weights that were left. */
  readonly others: Uint32Array;
  readonly factors: Float64Array;
}

/** The steps that all rows share when they take their weights in one order. */
function eliminations(inverse: Float64Array, order: Uint32Array, n: number): readonly Elimination[] {
  const h = inverse.slice();
  const steps: Elimination[] = [];
  for (let at = 0; at < n; at++) {
    const q = order[at] as number;
    const others = order.slice(at + 1);
    const diagonal = h[q * n + q] as number;
    const factors = Float64Array.from(others, (i) => (h[i * n + q] as number) / diagonal);
    steps.push({ q, others, factors });
    others.forEach((i, a) => {
      const factor = factors[a] as number;
      if (factor === 0) return;
      for (const k of others) h[i * n + k] = (h[i * n + k] as number) - factor * (h[q * n + k] as number);
    });
  }
  return steps;
}

function orderedRow(
  source: Float64Array,
  steps: readonly Elimination[],
  free: readonly boolean[],
  nearest: (x: number) => number,
): Float64Array {
  const w = source.slice();
  for (const { q, others, factors } of steps) {
    const value = free[q] === true ? nearest(w[q] as number) : 0;
    const error = (w[q] as number) - value;
    w[q] = value;
    if (error === 0) continue;
    for (let a = 0; a < others.length; a++) {
      const i = others[a] as number;
      w[i] = (w[i] as number) - error * (factors[a] as number);
    }
  }
  return w;
}

function fallingDiagonal(sums: Float64Array, n: number): Uint32Array {
  const at = (i: number): number => sums[i * n + i] ?? 0;
  return Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => at(b) - at(a) || a - b);
}

/** 2·X·Xᵀ plus 1 % of its mean diagonal; the identity where no input ever came. */
function dampened(sums: Float64Array, n: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += sums[i * n + i] ?? 0;
  const dampening = trace === 0 ? 1 : (0.01 * 2 * trace) / n;
  return sums.map((x, at) => 2 * x + (at % (n + 1) === 0 ? dampening : 0));
}

/** Inverse of a symmetric positive definite matrix through its Cholesky factor. */
function invert(matrix: Float64Array, n: number): Float64Array {
  const l = matrix.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      const ljk = l[j * n + k] as number;
      if (ljk === 0) continue;
      for (let i = j; i < n; i++) l[i * n + j] = (l[i * n + j] as number) - (l[i * n + k] as number) * ljk;
    }
    const diagonal = Math.sqrt(l[j * n + j] as number);
    for (let i = j; i < n; i++) l[i * n + j] = (l[i * n + j] as number) / diagonal;
  }
  // Rows of the inverse of L, then (L Lᵀ)⁻¹ = L⁻ᵀ L⁻¹.
  const inv = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    inv[column * n + column] = 1 / (l[column * n + column] as number);
    for (let i = column + 1; i < n; i++) {
      let sum = 0;
      for (let k = column; k < i; k++) sum += (l[i * n + k] as number) * (inv[k * n + column] as number);
      inv[i * n + column] = -sum / (l[i * n + i] as number);
    }
  }
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i <= k; i++) {
      const a = inv[k * n + i] as number;
      if (a === 0) continue;
      for (let j = 0; j <= k; j++)
        result[i * n + j] = (result[i * n + j] as number) + a * (inv[k * n + j] as number);
    }
  return result;
}
