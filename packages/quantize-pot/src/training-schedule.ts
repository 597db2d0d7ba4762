/** When quantization-aware training changes what it quantises to. */

/**
 * Widths of progressive training: every model starts from the trained one of a bit more (APoT).
 *
 * @example progressiveBits(6, 3) // [6, 5, 4, 3]
 */
export function progressiveBits(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, first - last + 1) }, (_, i) => first - i);
}

/**
 * Whether alpha is fitted again before a step: every `every` steps in the first tenth of the training, never after. An
 * alpha that moves on makes integers flip in bulk.
 *
 * @param step from 0
 * @param steps of the whole training
 */
export function refitsAlpha(step: number, steps: number, every: number): boolean {
  return step * 10 < steps && step % every === 0;
}
