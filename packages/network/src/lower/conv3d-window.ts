/** The window of a `nirkit:Conv3d` node. */
import { type ExtensionNode, InternalError, type Shape, type Tensor } from "@nirkit/graph";
import type { Conv3dOp } from "../network.ts";

type Triple = readonly [number, number, number];

/** Depth, height, width; parameters as in a file, where a number stands for all three axes. */
export function conv3dWindow(node: ExtensionNode, input: Shape): Conv3dOp {
  const { weight } = conv3dTensors(node);
  const stride = triple(node.params.get("stride") ?? 1);
  const dilation = triple(node.params.get("dilation") ?? 1);
  const given = node.params.get("padding") ?? 0;
  const kernel = weight.shape.slice(2);
  const before = (axis: 0 | 1 | 2): number =>
    given === "same"
      ? Math.floor((dilation[axis] * ((kernel[axis] ?? 1) - 1)) / 2)
      : given === "valid"
        ? 0
        : triple(given)[axis];
  const size = (axis: 0 | 1 | 2): number => {
    const n = input[1 + axis] ?? 1;
    if (given === "same") return n;
    const span = dilation[axis] * ((kernel[axis] ?? 1) - 1) + 1;
    return Math.floor((n + 2 * before(axis) - span) / stride[axis]) + 1;
  };
  const [channels = 1, depth = 1, height = 1, width = 1] = input;
  return {
    kind: "conv3d",
    inShape: [channels, depth, height, width],
    outShape: [weight.shape[0] ?? 1, size(0), size(1), size(2)],
    stride,
    padding: [before(0), before(1), before(2)],
    dilation,
    groups: Number(node.params.get("groups") ?? 1),
  };
}

/** Weight `[C_out, C_in/groups, KD, KH, KW]` and, where there is one, bias of a Conv3d node. */
export function conv3dTensors(node: ExtensionNode): { readonly weight: Tensor; readonly bias?: Tensor } {
  const [weight, bias] = [node.params.get("weight"), node.params.get("bias")];
  if (typeof weight !== "object" || !("dtype" in weight))
    throw new InternalError("a Conv3d without weights passed type inference");
  return typeof bias === "object" && "dtype" in bias ? { weight, bias } : { weight };
}

function triple(value: unknown): Triple {
  return (typeof value === "number" ? [value, value, value] : value) as Triple;
}
