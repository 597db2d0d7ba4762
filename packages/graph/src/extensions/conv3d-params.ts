/** The parameters of a `nirkit:Conv3d` node, read from their map. */
import type { AxisWindow } from "../infer/axis-size.ts";
import type { ExtensionNode, Padding } from "../node.ts";
import type { NodeIssue } from "../schema/tensor-schema.ts";
import { isTensor, type Tensor } from "../tensor.ts";

/** Depth, height, width. */
export type Triple = readonly [number, number, number];

/** Sound parameters; names as in `ExtensionNode.params`, which are those of a file. */
export interface Conv3dParams {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly stride: Triple;
  readonly padding: Padding<Triple>;
  readonly dilation: Triple;
  readonly groups: number;
  readonly inputShape: Triple | undefined;
}

/** What is wrong, and with which parameter. */
export interface Conv3dProblem {
  readonly param: string;
  readonly issue: NodeIssue;
}

/** Reads the parameters; a number stands for all three axes, missing ones have the values of `conv3dNode`. */
export function conv3dParams(params: ExtensionNode["params"]): Conv3dParams | Conv3dProblem {
  const [weight, bias] = [params.get("weight"), params.get("bias")];
  if (!isTensor(weight) || weight.shape.length !== 5)
    return problem("weight", "E_BAD_SHAPE", describe(weight), "[C_out, C_in/groups, KD, KH, KW]");
  const outputs = weight.shape[0] ?? 0;
  if (!isTensor(bias) || bias.shape.length !== 1 || bias.shape[0] !== outputs || bias.dtype === "bool")
    return problem("bias", "E_BAD_SHAPE", describe(bias), `[${outputs}]`);
  const groups = params.get("groups") ?? 1;
  if (!isWhole(groups, 1) || outputs % groups !== 0)
    return problem("groups", "E_BAD_VALUE", describe(groups), `a divisor of ${outputs} output channels`);
  const stride = triple(params.get("stride") ?? 1, 1);
  const dilation = triple(params.get("dilation") ?? 1, 1);
  const given = params.get("padding") ?? 0;
  const padding = given === "same" || given === "valid" ? given : triple(given, 0);
  const shape = params.get("input_shape");
  const inputShape = shape === undefined ? undefined : triple(shape, 1);
  if (stride === undefined) return problem("stride", "E_BAD_VALUE", describe(params.get("stride")), sizes(1));
  if (dilation === undefined)
    return problem("dilation", "E_BAD_VALUE", describe(params.get("dilation")), sizes(1));
  if (padding === undefined)
    return problem("padding", "E_BAD_VALUE", describe(given), `"same", "valid" or ${sizes(0)}`);
  if (shape !== undefined && inputShape === undefined)
    return problem("input_shape", "E_BAD_VALUE", describe(shape), sizes(1));
  if (padding === "same" && stride.some((s) => s !== 1))
    return problem("stride", "E_BAD_VALUE", describe(stride), 'stride 1 with padding "same"');
  return { weight, bias, stride, padding, dilation, groups, inputShape };
}

/** The window along depth, height and width; `before` is the zeros in front. */
export function conv3dAxes({
  weight,
  stride,
  padding,
  dilation,
}: Conv3dParams): (AxisWindow & { readonly before: number })[] {
  return ([0, 1, 2] as const).map((i) => {
    const [kernel, d] = [weight.shape[2 + i] ?? 1, dilation[i]];
    const pad = typeof padding === "string" ? padding : padding[i];
    const before = pad === "same" ? Math.floor((d * (kernel - 1)) / 2) : pad === "valid" ? 0 : pad;
    return { kernel, stride: stride[i], padding: pad, dilation: d, before };
  });
}

function triple(value: unknown, min: number): Triple | undefined {
  const list: unknown = typeof value === "number" ? [value, value, value] : value;
  if (!Array.isArray(list) || list.length !== 3) return undefined;
  const [depth, height, width]: unknown[] = list;
  return isWhole(depth, min) && isWhole(height, min) && isWhole(width, min)
    ? [depth, height, width]
    : undefined;
}

function isWhole(value: unknown, min: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= min;
}

const sizes = (min: number): string => `three whole numbers (depth, height, width), at least ${min}`;

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  return isTensor(value) ? `${value.dtype} of shape [${value.shape.join(", ")}]` : JSON.stringify(value);
}

function problem(param: string, code: NodeIssue["code"], found: string, expected: string): Conv3dProblem {
  return { param, issue: { code, found, expected } };
}
