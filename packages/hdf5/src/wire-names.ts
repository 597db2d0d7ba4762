/** The parameters of every NIR node type: name in a file, name in TypeScript, and how it is stored. */
import type { NodeType } from "@nirkit/graph";

/**
 * How a parameter is stored.
 *
 * `tensor` any real dtype and shape; `shape` integers of rank 1; `integer` a scalar or `[1]`; `pair` two integers or
 * one for both; `padding`, `paddings` as `integer`, `pair`, or the words `same` and `valid`; `length` a scalar, `size`
 * exactly two integers.
 */
export type WireKind = "tensor" | "shape" | "integer" | "pair" | "padding" | "paddings" | "length" | "size";

/** What stands for a missing dataset: nothing (`required`), inference (`inferred`), or a value. */
type WireDefault = "required" | "inferred" | "zero bias" | "zero reset" | "unit weight";

/** One parameter of one node type. */
export interface WireParam {
  readonly wire: string;
  readonly key: string;
  readonly kind: WireKind;
  readonly absent: WireDefault;
}

/** Node types that are stored as parameters alone. */
export type LeafType = Exclude<NodeType, "NIRGraph">;

const param = (wire: string, kind: WireKind, absent: WireDefault = "required"): WireParam => ({
  wire,
  key: wire.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  kind,
  absent,
});

const weight = param("weight", "tensor");
const bias = param("bias", "tensor", "zero bias");
const r = param("r", "tensor");
const tau = param("tau", "tensor");
const vLeak = param("v_leak", "tensor");
const spike = [param("v_threshold", "tensor"), param("v_reset", "tensor", "zero reset")];
const current = [param("tau_syn", "tensor"), param("tau_mem", "tensor"), r, vLeak];
const wIn = param("w_in", "tensor", "unit weight");
const pool = [param("kernel_size", "pair"), param("stride", "pair"), param("padding", "pair")];

/** Parameters by node type, in the order of the reference's constructors. */
export const wireParams: Readonly<Record<LeafType, readonly WireParam[]>> = {
  Input: [param("shape", "shape")],
  Output: [param("shape", "shape", "inferred")],
  Affine: [weight, bias],
  Linear: [weight],
  Scale: [param("scale", "tensor")],
  Conv1d: [
    param("input_shape", "length", "inferred"),
    weight,
    param("stride", "integer"),
    param("padding", "padding"),
    param("dilation", "integer"),
    param("groups", "integer"),
    bias,
  ],
  Conv2d: [
    param("input_shape", "size", "inferred"),
    weight,
    param("stride", "pair"),
    param("padding", "paddings"),
    param("dilation", "pair"),
    param("groups", "integer"),
    bias,
  ],
  AvgPool2d: pool,
  SumPool2d: pool,
  Flatten: [
    param("start_dim", "integer"),
    param("end_dim", "integer"),
    param("input_type", "shape", "inferred"),
  ],
  Delay: [param("delay", "tensor")],
  Threshold: [param("threshold", "tensor")],
  I: [r],
  LI: [tau, r, vLeak],
  IF: [r, ...spike],
  LIF: [tau, r, vLeak, ...spike],
  CubaLI: [...current, wIn],
  CubaLIF: [...current, ...spike, wIn],
};
