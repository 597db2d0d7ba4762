/**
 * `nirkit:Conv3d`: cross-correlation over `[C, D, H, W]` (spectral or temporal depth, height, width), which NIR lacks.
 *
 * y[o,z,y,x] = b[o] + Σ W[o,c,u,v,w] · x[g(o)·C/groups + c, z·s + u·d − p, …], zeros outside, as torch.nn.Conv3d.
 * The node lives in nirkit's graphs; `lowerExtensions` writes it with Conv1d or Conv2d, exactly.
 */
import * as z from "zod/mini";
import { inverseWindowSize, windowSize } from "../infer/axis-size.ts";
import type { ExtensionNode, Metadata } from "../node.ts";
import { complain, tensorSchema } from "../schema/tensor-schema.ts";
import { type Shape, type Tensor, toFloat64, zeros } from "../tensor.ts";
import { conv3dLowerings } from "./conv3d-lowerings.ts";
import { type Conv3dParams, conv3dAxes, conv3dParams, type Triple } from "./conv3d-params.ts";
import { defineExtension, type ExtensionNodeType } from "./extension.ts";

/** Parameters of {@link conv3dNode}; stride 1, padding 0, dilation 1, groups 1, zero bias where left out; a number stands for all axes. */
export interface Conv3dOptions {
  /** `[C_out, C_in/groups, KD, KH, KW]`. */
  readonly weight: Tensor;
  /** `[C_out]`. */
  readonly bias?: Tensor;
  readonly stride?: number | Triple;
  readonly padding?: number | Triple | "same" | "valid";
  readonly dilation?: number | Triple;
  readonly groups?: number;
  /** (D, H, W) of the input. */
  readonly inputShape?: Triple;
  readonly metadata?: Metadata;
}

/** A Conv3d node, its `nirkit:extension` metadata included; for `graph({ extensions: [conv3d] }).node("c", conv3dNode({ weight }))`. */
export function conv3dNode(options: Conv3dOptions): ExtensionNode {
  const { weight, bias, stride = 1, padding = 0, dilation = 1, groups = 1, inputShape, metadata } = options;
  const triple = (value: number | Triple): Triple =>
    typeof value === "number" ? [value, value, value] : value;
  return {
    type: "nirkit:Conv3d",
    params: new Map<string, Tensor | number | string | readonly number[]>([
      ["weight", weight],
      ["bias", bias ?? zeros(weight.dtype, [weight.shape[0] ?? 0])],
      ["stride", triple(stride)],
      ["padding", typeof padding === "string" ? padding : triple(padding)],
      ["dilation", triple(dilation)],
      ["groups", groups],
      ...(inputShape === undefined ? [] : [["input_shape", inputShape] as const]),
    ]),
    metadata: new Map(metadata).set("nirkit:extension", "conv3d@1"),
  };
}

const weightSchema = tensorSchema([5]);

const schema = z.custom<ExtensionNode>().check((ctx) => {
  const { params } = ctx.value as Partial<ExtensionNode>;
  if (!(params instanceof Map))
    return complain(ctx, [], {
      code: "E_BAD_DTYPE",
      found: "a node without params",
      expected: "a map of parameters",
    });
  const weight = z.safeParse(weightSchema, params.get("weight"));
  if (!weight.success) {
    for (const issue of weight.error.issues)
      ctx.issues.push({ ...issue, path: ["weight"], input: ctx.value } as never);
    return;
  }
  const read = conv3dParams(params);
  if ("param" in read) complain(ctx, [read.param], read.issue);
});

/** The extension type, to be passed as `extensions: [conv3d]`. */
export const conv3d: ExtensionNodeType = defineExtension("nirkit:Conv3d", schema, {
  infer(node, input) {
    const params = soundParams(node);
    if (params === undefined || input.length !== 4 || input[0] !== inputChannels(params)) return undefined;
    const sizes = conv3dAxes(params).map((axis, i) => windowSize(input[i + 1] ?? 0, axis));
    return sizes.every((n) => n >= 1) ? [params.weight.shape[0] ?? 0, ...sizes] : undefined;
  },
  inferInput(node, output) {
    const params = soundParams(node);
    if (params === undefined || output.length !== 4) return undefined;
    const sizes = conv3dAxes(params).map((axis, i) => inverseWindowSize(output[i + 1] ?? 0, axis));
    return sizes.every((n) => n !== undefined) ? [inputChannels(params), ...sizes] : undefined;
  },
  inputShape(node) {
    const params = soundParams(node);
    return params?.inputShape && [inputChannels(params), ...params.inputShape];
  },
  step(node, input, output, _state, _dt, shape) {
    const params = soundParams(node);
    if (params !== undefined) correlate(params, input, output, shape);
  },
  lowerings(node, input) {
    const params = soundParams(node);
    return params === undefined ? [] : conv3dLowerings(params, input, node.metadata);
  },
  channelAxes: () => ({ input: 1, output: 0 }),
});

function soundParams(node: ExtensionNode): Conv3dParams | undefined {
  const read = conv3dParams(node.params);
  return "param" in read ? undefined : read;
}

function inputChannels({ weight, groups }: Conv3dParams): number {
  return (weight.shape[1] ?? 0) * groups;
}

/** The definition, summed in float64 in the order c, u, v, w. */
function correlate(
  params: Conv3dParams,
  input: ArrayLike<number>,
  output: { [i: number]: number },
  [, D = 0, H = 0, W = 0]: Shape,
): void {
  const [weight, bias] = [toFloat64(params.weight), toFloat64(params.bias)];
  const [Co = 0, Cg = 0, kd = 0, kh = 0, kw = 0] = params.weight.shape;
  const [az, ay, ax] = conv3dAxes(params) as [Axis, Axis, Axis];
  const [Do, Ho, Wo] = [windowSize(D, az), windowSize(H, ay), windowSize(W, ax)];
  let to = 0;
  for (let o = 0; o < Co; o++) {
    const first = Math.floor(o / (Co / params.groups)) * Cg;
    for (let zo = 0; zo < Do; zo++)
      for (let yo = 0; yo < Ho; yo++)
        for (let xo = 0; xo < Wo; xo++) {
          let sum = bias[o] ?? 0;
          for (let c = 0; c < Cg; c++)
            for (let u = 0; u < kd; u++) {
              const zi = zo * az.stride + u * az.dilation - az.before;
              if (zi < 0 || zi >= D) continue;
              for (let v = 0; v < kh; v++) {
                const yi = yo * ay.stride + v * ay.dilation - ay.before;
                if (yi < 0 || yi >= H) continue;
                for (let w = 0; w < kw; w++) {
                  const xi = xo * ax.stride + w * ax.dilation - ax.before;
                  if (xi < 0 || xi >= W) continue;
                  const tap = weight[(((o * Cg + c) * kd + u) * kh + v) * kw + w] ?? 0;
                  sum += tap * (input[(((first + c) * D + zi) * H + yi) * W + xi] ?? 0);
                }
              }
            }
          output[to++] = sum;
        }
  }
}

type Axis = ReturnType<typeof conv3dAxes>[number];
