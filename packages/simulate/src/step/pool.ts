/** SumPool2d and AvgPool2d: window sums over `[C, H, W]` with zeros around it. */
import { type AvgPool2d, type SumPool2d, sizeOf } from "@nirkit/graph";
import { type FloatArray, floats, rounding } from "../float-array.ts";
import { noSignals, type PoolPlan, type Step, type StepContext } from "./step.ts";

/**
 * Sum over each window, rows then columns ascending; AvgPool2d divides by KH·KW, zeros of the padding counted.
 *
 * A window that would reach beyond the padding is not taken (floor sizes).
 */
export function poolStep(node: SumPool2d | AvgPool2d, context: StepContext): Step {
  const { inputShape, outputShape, precision } = context;
  const [channels = 0, height = 0, width = 0] = inputShape;
  const [, outHeight = 0, outWidth = 0] = outputShape;
  const [kernelHeight, kernelWidth] = node.kernelSize;
  const r = rounding(precision);
  const area = node.type === "AvgPool2d" ? kernelHeight * kernelWidth : 1;
  const out = floats(precision, sizeOf(outputShape));

  const windowSum = (x: FloatArray, c: number, top: number, left: number): number => {
    let sum = 0;
    for (let i = Math.max(top, 0); i < Math.min(top + kernelHeight, height); i++)
      for (let j = Math.max(left, 0); j < Math.min(left + kernelWidth, width); j++)
        sum = r(sum + (x[(c * height + i) * width + j] ?? 0));
    return sum;
  };
  const step = (x: FloatArray): void => {
    for (let c = 0, at = 0; c < channels; c++)
      for (let p = 0; p < outHeight; p++)
        for (let q = 0; q < outWidth; q++, at++) {
          const top = p * node.stride[0] - node.padding[0];
          const left = q * node.stride[1] - node.padding[1];
          out[at] = windowSum(x, c, top, left) / area;
        }
  };
  const exact = Number.isInteger(Math.log2(area));
  const plan: PoolPlan = {
    input: [channels, height, width],
    output: [channels, outHeight, outWidth],
    kernel: node.kernelSize,
    stride: node.stride,
    padding: node.padding,
    scale: 1 / area,
  };
  return {
    out,
    step,
    reset: () => {},
    signals: noSignals,
    dynamic: false,
    ...(exact ? { plan: { kind: "pool", ...plan } } : {}),
  };
}
