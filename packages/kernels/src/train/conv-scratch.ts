/** Room that the gradients of convolutions compute in. */
import type { ConvGeometry } from "../conv-shape.ts";

/** Bytes of scratch that `convInputGradient` needs: packed weights, and one image with its padding. */
export function convInputGradientScratchBytes(geometry: ConvGeometry): number {
  const { input, output, kernel, stride = [1, 1], dilation = [1, 1], groups = 1 } = geometry;
  const blocks = Math.ceil(input[0] / groups / 8);
  const weights = 8 * blocks * kernel[0] * kernel[1] * output[0];
  const reachH = (output[1] - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1;
  const reachW = (output[2] - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1;
  return 4 * (32 + (4 * output[0]) / groups + weights + reachH * reachW * input[0]);
}
