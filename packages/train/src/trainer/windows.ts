/** Windows of truncated backpropagation through time. */
import { trainError } from "../diagnostics.ts";

/** Truncated backpropagation: an optimizer step per window, the state carried on without gradient. */
export interface TruncatedBptt {
  /** Steps that gradients flow back. */
  readonly window: number;
  /** Steps between two windows, at most `window` (default): the overlap is run again. */
  readonly stride?: number;
}

/** One window of a sequence. */
export interface Window {
  readonly from: number;
  readonly to: number;
  /** First step, counted from `from`, that the loss has not seen yet. */
  readonly lossFrom: number;
  /** Steps after which the next window starts; 0 for the last. */
  readonly next: number;
}

/**
 * The windows of `steps` steps. Every step is in the loss of exactly one of them.
 *
 * @throws E_TRAIN_OPTION for sizes that are none
 * @example windowsOf(5, { window: 3, stride: 2 }) // 0–3, and 2–5 with the loss of its last two steps
 */
export function windowsOf(steps: number, options: TruncatedBptt | undefined): readonly Window[] {
  if (options === undefined) return [{ from: 0, to: steps, lossFrom: 0, next: 0 }];
  const { window, stride = window } = options;
  if (!Number.isInteger(window) || window < 1 || !Number.isInteger(stride) || stride < 1 || stride > window)
    throw trainError("E_TRAIN_OPTION", "tbptt", {
      why: `The window has ${window} steps, the stride ${stride}`,
      hint: "Both are positive integers, the stride is not larger than the window",
    });
  const windows: Window[] = [];
  for (let from = 0, seen = 0; seen < steps; from += stride) {
    const to = Math.min(from + window, steps);
    windows.push({ from, to, lossFrom: seen - from, next: to < steps ? stride : 0 });
    seen = to;
  }
  return windows;
}
