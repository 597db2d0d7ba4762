/** Sums of products of a weight's inputs as the receiving membrane filters them: what {@link Curvature} holds. */
import { type Shape, type Tensor, toFloat64 } from "@nirkit/graph";
import type { Curvature } from "./curvature.ts";
import type { WeightUse } from "./projections.ts";

/** Adds the samples of one weight. */
export class CurvatureObserver {
  readonly #use: WeightUse;
  readonly #inputShape: Shape;
  readonly #decay: number;
  readonly #inputs: number;
  readonly #groups: number;
  readonly #sums: Float64Array;

  /**
   * @param decay of the filter per step: the membrane's, 0 … 1
   * @param inputShape of one step
   */
  constructor(use: WeightUse, inputShape: Shape, decay: number) {
    this.#use = use;
    this.#inputShape = inputShape;
    this.#decay = decay;
    const [rows = 1] = use.node.weight.shape;
    this.#inputs = use.node.weight.data.length / rows;
    this.#groups = "groups" in use.node ? use.node.groups : 1;
    this.#sums = new Float64Array(this.#groups * this.#inputs * this.#inputs);
  }

  /** Takes in one sample, `[T, ...shape]`. */
  observe(signal: Tensor): void {
    const steps = signal.shape[0] ?? 0;
    const values = toFloat64(signal);
    const size = values.length / Math.max(1, steps);
    const filtered = new Float64Array(size);
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < size; i++)
        filtered[i] = (filtered[i] as number) * this.#decay + (values[t * size + i] as number);
      this.#addStep(filtered);
    }
  }

  /** What was seen. */
  get curvature(): Curvature {
    return { inputs: this.#inputs, groups: this.#groups, sums: this.#sums };
  }

  #addStep(x: Float64Array): void {
    const { node } = this.#use;
    if (node.type === "Affine" || node.type === "Linear") this.#addColumn(x, 0);
    else for (const { column, group } of patches(node, x, this.#inputShape)) this.#addColumn(column, group);
  }

  #addColumn(x: Float64Array, group: number): void {
    const n = this.#inputs;
    const from = group * n * n;
    const active: number[] = [];
    for (let i = 0; i < n; i++) if (x[i] !== 0) active.push(i);
    for (const i of active)
      for (const k of active) {
        const at = from + i * n + k;
        this.#sums[at] = (this.#sums[at] as number) + (x[i] as number) * (x[k] as number);
      }
  }
}

type ConvNode = Extract<WeightUse["node"], { readonly groups: number }>;

/** What the kernel sees at every output position, one column per group; columns without any input are left out. */
function* patches(
  node: ConvNode,
  x: Float64Array,
  shape: Shape,
): Generator<{ readonly column: Float64Array; readonly group: number }> {
  const flat = node.type === "Conv1d";
  const [, perGroup = 1, ...kernel] = node.weight.shape;
  const [kh, kw] = flat ? [1, kernel[0] ?? 1] : [kernel[0] ?? 1, kernel[1] ?? 1];
  const [h, w] = flat ? [1, shape[1] ?? 1] : [shape[1] ?? 1, shape[2] ?? 1];
  const pair = (value: number | readonly [number, number], still: number): readonly [number, number] =>
    typeof value === "number" ? [still, value] : value;
  const [sh, sw] = pair(node.stride, 1);
  const [dh, dw] = pair(node.dilation, 1);
  const spanH = dh * (kh - 1);
  const spanW = dw * (kw - 1);
  // "same" pads the odd zero at the end.
  const [ph, pw, endH, endW] = paddingOf(node, spanH, spanW, flat);
  for (let group = 0; group < node.groups; group++)
    for (let top = -ph; top + spanH < h + endH; top += sh)
      for (let left = -pw; left + spanW < w + endW; left += sw) {
        const column = new Float64Array(perGroup * kh * kw);
        let seen = false;
        for (let c = 0; c < perGroup; c++)
          for (let r = 0; r < kh; r++)
            for (let s = 0; s < kw; s++) {
              const y = top + r * dh;
              const z = left + s * dw;
              if (y < 0 || y >= h || z < 0 || z >= w) continue;
              const value = x[((group * perGroup + c) * h + y) * w + z] ?? 0;
              column[(c * kh + r) * kw + s] = value;
              seen ||= value !== 0;
            }
        if (seen) yield { column, group };
      }
}

function paddingOf(
  node: ConvNode,
  spanH: number,
  spanW: number,
  flat: boolean,
): readonly [top: number, left: number, bottom: number, right: number] {
  const { padding } = node;
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") {
    const half = (span: number): number => Math.floor(span / 2);
    return [half(spanH), half(spanW), spanH - half(spanH), spanW - half(spanW)];
  }
  if (typeof padding === "number")
    return flat ? [0, padding, 0, padding] : [padding, padding, padding, padding];
  return [padding[0], padding[1], padding[0], padding[1]];
}
