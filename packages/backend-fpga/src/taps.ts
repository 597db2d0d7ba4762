/** Which kernel positions of a convolution an input reaches, in the order in which the core visits them. */
import type { ConvPlan } from "./plan-types.ts";

/** The kernel positions of one axis for every input coordinate. */
export interface AxisTaps {
  /** How many. */
  readonly count: Uint32Array;
  /** The first of them and its output coordinate. */
  readonly first: Uint32Array;
  readonly output: Uint32Array;
  /** From one to the next: so much further in the kernel, so much back in the output. */
  readonly kernelStep: number;
  readonly outputStep: number;
}

/** Sizes of one axis. */
interface AxisWindow {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly output: number;
}

/**
 * Solutions k of i + padding − k · dilation = o · stride with 0 ≤ o < output, for every i.
 *
 * @example input 5, kernel 3, stride 2, padding 1, output 3: i = 2 has k = 1 alone, with o = 1
 */
function axisTaps({ input, kernel, stride, padding, dilation, output }: AxisWindow): AxisTaps {
  const count = new Uint32Array(input);
  const first = new Uint32Array(input);
  const out = new Uint32Array(input);
  for (let i = 0; i < input; i++)
    for (let k = 0; k < kernel; k++) {
      const position = i + padding - k * dilation;
      if (position < 0 || position % stride !== 0 || position / stride >= output) continue;
      if (count[i] === 0) {
        first[i] = k;
        out[i] = position / stride;
      }
      count[i] = (count[i] as number) + 1;
    }
  const common = gcd(stride, dilation);
  return { count, first, output: out, kernelStep: stride / common, outputStep: dilation / common };
}

/** @example gcd(4, 6) // 2 */
function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The taps of both axes. */
export function convTaps(conv: ConvPlan): readonly [y: AxisTaps, x: AxisTaps] {
  const axis = (a: 0 | 1): AxisTaps =>
    axisTaps({
      input: conv.inShape[1 + a] as number,
      kernel: conv.kernel[a],
      stride: conv.stride[a],
      padding: conv.padding[a],
      dilation: conv.dilation[a],
      output: conv.outShape[1 + a] as number,
    });
  return [axis(0), axis(1)];
}

/** Kernel positions that an event meets, on the average over all addresses; 1 where there is no convolution. */
export function meanTaps(conv: ConvPlan | null): number {
  if (conv === null) return 1;
  const mean = (counts: Uint32Array): number => counts.reduce((a, b) => a + b, 0) / counts.length;
  const [y, x] = convTaps(conv);
  return mean(y.count) * mean(x.count);
}
