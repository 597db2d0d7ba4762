/** Values that make a sound node meaningless or suspicious. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { NirNode } from "../node.ts";
import type { Place } from "../place.ts";
import { isKnownFinite } from "../stored-tensor.ts";
import { type DType, isTensor, type Tensor, type TypedArrayOf, toFloat64 } from "../tensor.ts";
import { unravel } from "../unravel.ts";

/** What NaN and infinity are: an error, a warning, or fine. */
export type NonFinite = "error" | "warning" | "ignore";

/** Nodes whose values gave nothing to say, NaN and infinity included. Nodes are immutable, so edited graphs skip them. */
const clean = new WeakSet<NirNode>();

/** E_NON_FINITE or W_NON_FINITE, E_BAD_VALUE (tau 0, negative delay), W_TAU_NOT_POSITIVE, W_THRESHOLD_LE_RESET, W_SAME_STRIDE. */
export function checkValues(
  node: NirNode,
  names: readonly string[],
  place: Place,
  nonFinite: NonFinite,
): Diagnostic[] {
  if (clean.has(node)) return [];
  const list: Diagnostic[] = [];
  for (const [param, value] of tensorsOf(node)) {
    const odd = nonFinite === "ignore" ? undefined : firstNonFinite(value);
    if (odd !== undefined)
      list.push(
        graphDiagnostic(
          nonFinite === "error" ? "E_NON_FINITE" : "W_NON_FINITE",
          place.param(names, param, odd.index),
          odd,
        ),
      );
    if (/^tau/.test(param)) list.push(...checkTau(value, (index) => place.param(names, param, index)));
    if (node.type === "Delay") list.push(...checkDelay(value, (index) => place.param(names, param, index)));
  }
  if ("vThreshold" in node && "vReset" in node) {
    const swapped = thresholdBelowReset(node.vThreshold, node.vReset);
    if (swapped !== undefined)
      list.push(
        graphDiagnostic("W_THRESHOLD_LE_RESET", place.param(names, "vThreshold", swapped.index), swapped),
      );
  }
  if ((node.type === "Conv1d" || node.type === "Conv2d") && "padding" in node && node.padding === "same") {
    const stride = [node.stride].flat();
    if (stride.some((s) => s !== 1))
      list.push(graphDiagnostic("W_SAME_STRIDE", place.param(names, "padding"), { stride }));
  }
  if (list.length === 0 && nonFinite !== "ignore") clean.add(node);
  return list;
}

function tensorsOf(node: NirNode): [param: string, value: Tensor][] {
  const entries = "params" in node ? [...node.params] : Object.entries(node);
  return entries.filter((entry): entry is [string, Tensor] => {
    return isTensor(entry[1]);
  });
}

function firstNonFinite(value: Tensor): { value: string; index: number[]; count: number } | undefined {
  if (isKnownFinite(value)) return undefined;
  const data: TypedArrayOf<DType> = value.data;
  if (
    data instanceof Float32Array ? allFinite32(data) : data instanceof Float64Array ? allFinite64(data) : true
  )
    return undefined;
  let [first, count] = [-1, 0];
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    if (first < 0) first = i;
    count++;
  }
  return first < 0 ? undefined : { value: String(data[first]), index: unravel(first, value.shape), count };
}

// One loop per array type, so that each is compiled for it; four sums, so that an addition does not wait for the last.
// x − x is 0 for every finite x and NaN otherwise, and NaN stays.

function allFinite32(data: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = data.length - (data.length % 4);
  for (let i = 0; i < end; i += 4) {
    const [p, q, r, s] = [
      data[i] as number,
      data[i + 1] as number,
      data[i + 2] as number,
      data[i + 3] as number,
    ];
    a += p - p;
    b += q - q;
    c += r - r;
    d += s - s;
  }
  for (let i = end; i < data.length; i++) a += (data[i] as number) - (data[i] as number);
  return a + b + c + d === 0;
}

function allFinite64(data: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) - (data[i] as number);
  return sum === 0;
}

function checkTau(tau: Tensor, at: (index: readonly number[]) => string): Diagnostic[] {
  const values = toFloat64(tau);
  const zero = values.indexOf(0);
  if (zero >= 0) {
    const detail = {
      found: "0",
      expected: "a time constant other than 0, by which the dynamics divide",
      hint: "Give it at least one time step; a unit without memory is a Threshold",
    };
    return [graphDiagnostic("E_BAD_VALUE", at(unravel(zero, tau.shape)), detail)];
  }
  const negative = values.findIndex((v) => v < 0);
  if (negative < 0) return [];
  const index = unravel(negative, tau.shape);
  return [graphDiagnostic("W_TAU_NOT_POSITIVE", at(index), { value: values[negative] ?? 0, index })];
}

function checkDelay(delay: Tensor, at: (index: readonly number[]) => string): Diagnostic[] {
  const values = toFloat64(delay);
  const negative = values.findIndex((v) => v < 0);
  if (negative < 0) return [];
  const detail = { found: `${values[negative]}`, expected: "a delay of at least 0" };
  return [graphDiagnostic("E_BAD_VALUE", at(unravel(negative, delay.shape)), detail)];
}

function thresholdBelowReset(
  vThreshold: Tensor,
  vReset: Tensor,
): { threshold: number; reset: number; index: number[] } | undefined {
  const [thresholds, resets] = [toFloat64(vThreshold), toFloat64(vReset)];
  const wide = thresholds.length >= resets.length ? vThreshold : vReset;
  for (let i = 0; i < Math.max(thresholds.length, resets.length); i++) {
    const threshold = thresholds[thresholds.length === 1 ? 0 : i] ?? 0;
    const reset = resets[resets.length === 1 ? 0 : i] ?? 0;
    if (threshold <= reset) return { threshold, reset, index: unravel(i, wide.shape) };
  }
  return undefined;
}
