/**
 * One step of a graph in float64, straight from the definitions: what passes must keep. Neurons stand in as the
 * elementwise function r·x + v_leak + 3·v_threshold, which any mix-up of their parameters changes.
 */
import {
  broadcastTo,
  type ExtensionNodeType,
  inferTypes,
  type NirGraph,
  type NirNode,
  type Shape,
  schedule,
  sizeOf,
  type Tensor,
  toFloat64,
} from "../src/index.ts";

/** Outputs by name for inputs by name, all flat and row-major. */
export function evaluate(
  graph: NirGraph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
  extensions: readonly ExtensionNodeType[] = [],
): Map<string, Float64Array> {
  const { graph: flat, order } = schedule(graph, { extensions, dt: 1 });
  const types = inferTypes(flat, { extensions });
  const values = new Map<string, Float64Array>();
  for (const name of order) {
    const shape = types.inputShape(name) ?? [];
    const sum = Float64Array.from(inputs.get(name) ?? new Float64Array(sizeOf(shape)));
    for (const before of flat.predecessors(name))
      for (const [i, v] of (values.get(before) ?? []).entries()) sum[i] = (sum[i] ?? 0) + v;
    values.set(name, applyNode(flat.node(name), sum, shape, types.outputShape(name) ?? [], extensions));
  }
  return new Map([...values].filter(([name]) => flat.node(name).type === "Output"));
}

function applyNode(
  node: NirNode,
  x: Float64Array,
  input: Shape,
  output: Shape,
  extensions: readonly ExtensionNodeType[],
): Float64Array {
  const wide = (t: Tensor): Float64Array => toFloat64(broadcastTo(t, input));
  if ("params" in node) {
    const y = new Float64Array(sizeOf(output));
    extensions.find((e) => e.type === node.type)?.rules.step?.(node, x, y, new Map(), 1, input);
    return y;
  }
  switch (node.type) {
    case "Affine":
    case "Linear": {
      const y = dense(
        toFloat64((node as { weight: Tensor }).weight),
        x,
        input.at(-1) ?? 1,
        output.at(-1) ?? 1,
        input,
      );
      if (!("bias" in node)) return y;
      const bias = toFloat64(broadcastTo(node.bias, output));
      return y.map((v, i) => v + (bias[i] ?? 0));
    }
    case "Scale": {
      const scale = "scale" in node ? wide(node.scale) : x;
      return x.map((v, i) => v * (scale[i] ?? 0));
    }
    case "Conv1d":
      return "weight" in node
        ? convolve(
            { ...node, ...asPairs(node) },
            x,
            [input[0] ?? 0, 1, input[1] ?? 0],
            [output[0] ?? 0, 1, output[1] ?? 0],
          )
        : x;
    case "Conv2d":
      return "weight" in node
        ? convolve({ ...node, kernel: node.weight.shape.slice(2), pad: padOf(node) }, x, input, output)
        : x;
    case "Threshold": {
      const th = "threshold" in node ? wide(node.threshold) : x;
      return x.map((v, i) => (v > (th[i] ?? 0) ? 1 : 0));
    }
    case "I":
    case "LI":
    case "IF":
    case "LIF": {
      const p = node as unknown as { r: Tensor; vLeak?: Tensor; vThreshold?: Tensor };
      const [r, leak, th] = [wide(p.r), p.vLeak && wide(p.vLeak), p.vThreshold && wide(p.vThreshold)];
      return x.map((v, i) => (r[i] ?? 0) * v + (leak?.[i] ?? 0) + 3 * (th?.[i] ?? 0));
    }
    case "CubaLI":
    case "CubaLIF": {
      const wIn = wide((node as unknown as { wIn: Tensor }).wIn);
      return x.map((v, i) => (wIn[i] ?? 0) * v);
    }
    case "Input":
    case "Output":
    case "Flatten":
      return x;
    default:
      throw new Error(`the evaluator has no ${node.type}`);
  }
}

function dense(w: Float64Array, x: Float64Array, cols: number, rows: number, input: Shape): Float64Array {
  const lead = sizeOf(input.slice(0, -1));
  const batched = w.length > rows * cols;
  const y = new Float64Array(lead * rows);
  for (let b = 0; b < lead; b++)
    for (let o = 0; o < rows; o++)
      for (let i = 0; i < cols; i++)
        y[b * rows + o] =
          (y[b * rows + o] ?? 0) +
          (w[((batched ? b : 0) * rows + o) * cols + i] ?? 0) * (x[b * cols + i] ?? 0);
  return y;
}

interface Windows {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly kernel: Shape;
  readonly stride: readonly number[] | number;
  readonly dilation: readonly number[] | number;
  readonly pad: readonly number[];
  readonly groups: number;
}

function padOf(node: { padding: unknown; dilation: readonly number[]; weight: Tensor }): readonly number[] {
  if (node.padding === "valid") return [0, 0];
  if (node.padding === "same")
    return node.dilation.map((d, i) => Math.floor((d * ((node.weight.shape[2 + i] ?? 1) - 1)) / 2));
  return node.padding as readonly number[];
}

function asPairs(node: { stride: number; dilation: number; padding: number | string; weight: Tensor }) {
  const kernel = [1, node.weight.shape[2] ?? 1];
  const pad =
    node.padding === "same"
      ? Math.floor((node.dilation * ((kernel[1] ?? 1) - 1)) / 2)
      : node.padding === "valid"
        ? 0
        : (node.padding as number);
  return { kernel, stride: [1, node.stride], dilation: [1, node.dilation], pad: [0, pad] };
}

function convolve(c: Windows, x: Float64Array, [, H = 1, W = 1]: Shape, out: Shape): Float64Array {
  const [Co = 1, Ho = 1, Wo = 1] = out;
  const [w, b] = [toFloat64(c.weight), toFloat64(c.bias)];
  const [kh = 1, kw = 1] = c.kernel;
  const Cg = c.weight.shape[1] ?? 1;
  const [[sh = 1, sw = 1], [dh = 1, dw = 1]] = [c.stride as number[], c.dilation as number[]];
  const [ph = 0, pw = 0] = c.pad;
  const y = new Float64Array(Co * Ho * Wo);
  for (let o = 0; o < Co; o++)
    for (let i = 0; i < Ho; i++)
      for (let j = 0; j < Wo; j++) {
        let sum = b[o] ?? 0;
        for (let k = 0; k < Cg; k++)
          for (let u = 0; u < kh; u++)
            for (let v = 0; v < kw; v++) {
              const [p, q] = [i * sh + u * dh - ph, j * sw + v * dw - pw];
              if (p < 0 || p >= H || q < 0 || q >= W) continue;
              const channel = Math.floor(o / (Co / c.groups)) * Cg + k;
              sum += (w[((o * Cg + k) * kh + u) * kw + v] ?? 0) * (x[(channel * H + p) * W + q] ?? 0);
            }
        y[(o * Ho + i) * Wo + j] = sum;
      }
  return y;
}
