/**
 * A second reading of an annotated graph, written from the equations alone: every linear node is an explicit dense
 * matrix of reals, every neuron counts in BigInt. Scales are powers of two in its tests, so all sums are exact.
 */
import { type NirNode, type Shape, sizeOf, type Tensor, toFloat64 } from "@nirkit/graph";

/** A flat graph with its step order and the edges that carry the value of the step before. */
export interface NaiveModel {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly (readonly [string, string])[];
  readonly order: readonly string[];
  readonly feedback: ReadonlySet<string>;
  readonly inputShape: (name: string) => Shape;
}

/** Real outputs per node and step, and integer states under `name/v`. */
export type NaiveTrace = ReadonlyMap<string, readonly (readonly number[])[]>;

/** Runs a model over real inputs `[T][size]` by Input node. */
export function evaluate(
  model: NaiveModel,
  input: ReadonlyMap<string, readonly (readonly number[])[]>,
): NaiveTrace {
  const trace = new Map<string, number[][]>();
  const runners = new Map(model.order.map((name) => [name, runner(model, name, trace)]));
  for (const name of model.order) trace.set(name, []);
  const steps = [...input.values()][0]?.length ?? 0;
  for (let t = 0; t < steps; t++) {
    for (const name of model.order) {
      const node = model.nodes.get(name) as NirNode;
      if (node.type === "Input") {
        trace.get(name)?.push([...(input.get(name)?.[t] ?? [])]);
        continue;
      }
      trace
        .get(name)
        ?.push(
          node.type === "Delay"
            ? delayed(model, trace, name, node.delay, t)
            : (runners.get(name)?.(arriving(model, trace, name, t), t) ?? []),
        );
    }
  }
  return trace;
}

/** Sum of what the predecessors of a node give it in step t. */
function arriving(model: NaiveModel, trace: Map<string, number[][]>, name: string, t: number): number[] {
  const sum = new Array<number>(sizeOf(model.inputShape(name))).fill(0);
  for (const [from, to] of model.edges) {
    if (to !== name) continue;
    const rows = trace.get(from) as number[][];
    const isFeedback = model.feedback.has(`${from}>${to}`);
    // The reference start of a feedback edge: the value of silent spikes, that is the bias of its weights.
    const value = !isFeedback ? rows[t] : t > 0 ? rows[t - 1] : silent(model, from);
    value?.forEach((x, i) => {
      sum[i] = (sum[i] ?? 0) + x;
    });
  }
  return sum;
}

/** y[t] = x[t − k] per element. */
function delayed(
  model: NaiveModel,
  trace: Map<string, number[][]>,
  name: string,
  delay: Tensor,
  t: number,
): number[] {
  const steps = toFloat64(delay);
  const size = sizeOf(model.inputShape(name));
  return Array.from({ length: size }, (_, i) => {
    const at = t - (steps[steps.length === 1 ? 0 : i] as number);
    return at < 0 ? 0 : (arriving(model, trace, name, at)[i] as number);
  });
}

function silent(model: NaiveModel, name: string): number[] {
  const node = model.nodes.get(name) as NirNode;
  return node.type === "Affine" ? Array.from(toFloat64(node.bias)) : [];
}

type Run = (sum: readonly number[], t: number) => number[];

function runner(model: NaiveModel, name: string, trace: Map<string, number[][]>): Run {
  const node = model.nodes.get(name) as NirNode;
  const shape = model.inputShape(name);
  switch (node.type) {
    case "Output":
    case "Flatten":
      return (sum) => [...sum];
    case "Scale": {
      const factors = toFloat64(node.scale);
      return (sum) => sum.map((x, i) => x * (factors[factors.length === 1 ? 0 : i] as number));
    }
    case "Input":
    case "Delay":
      return () => [];
    case "Linear":
    case "Affine":
      return linear(denseMatrix(node.weight), node.type === "Affine" ? spread(node.bias, node) : undefined);
    case "Conv1d":
    case "Conv2d":
      return convolution(node, shape);
    case "SumPool2d":
    case "AvgPool2d":
      return pooling(node, shape);
    default:
      if ("params" in node) return volume(node, shape);
      return neuron(node, name, sizeOf(shape), trace);
  }
}

function spread(bias: Tensor, { weight }: { weight: Tensor }): number[] {
  const rows = weight.data.length / (weight.shape.at(-1) ?? 1);
  const values = toFloat64(bias);
  return Array.from({ length: rows }, (_, i) => values[Math.floor((i * values.length) / rows)] as number);
}

function denseMatrix(weight: Tensor): number[][] {
  const w = toFloat64(weight);
  const [rows = 1, columns = 1] = weight.shape.slice(-2);
  const blocks = w.length / (rows * columns);
  return Array.from({ length: blocks * rows }, (_, r) =>
    Array.from({ length: blocks * columns }, (_, c) =>
      Math.floor(r / rows) === Math.floor(c / columns) ? (w[r * columns + (c % columns)] as number) : 0,
    ),
  );
}

function linear(matrix: readonly (readonly number[])[], bias?: readonly number[]): Run {
  return (sum) =>
    matrix.map((row, i) => row.reduce((total, w, j) => total + w * (sum[j] as number), bias?.[i] ?? 0));
}

interface Axis {
  readonly n: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly dilation: number;
  readonly out: number;
}

function axisOf(
  n: number,
  kernel: number,
  stride: number,
  padding: number | "same" | "valid",
  dilation: number,
): Axis {
  const reach = dilation * (kernel - 1);
  if (padding === "same") return { n, kernel, stride, dilation, before: (reach - (reach % 2)) / 2, out: n };
  const before = padding === "valid" ? 0 : padding;
  let out = 0;
  while (out * stride + reach <= n + 2 * before - 1) out++;
  return { n, kernel, stride, dilation, before, out };
}

/** Matrix of a window over any number of axes: entry (o, position) × (c, place). */
function windowMatrix(
  axes: readonly Axis[],
  channels: { readonly in: number; readonly out: number; readonly groups: number },
  weight: (o: number, c: number, tap: number) => number,
): number[][] {
  const cells = axes.reduce((p, a) => p * a.n, 1);
  const outs = axes.reduce((p, a) => p * a.out, 1);
  const taps = axes.reduce((p, a) => p * a.kernel, 1);
  const matrix = Array.from({ length: channels.out * outs }, () =>
    new Array<number>(channels.in * cells).fill(0),
  );
  const split = (index: number, sizes: readonly number[]): number[] => {
    const place: number[] = [];
    let rest = index;
    for (const size of [...sizes].reverse()) {
      place.unshift(rest % size);
      rest = (rest - (rest % size)) / size;
    }
    return place;
  };
  const perIn = channels.in / channels.groups;
  const perOut = channels.out / channels.groups;
  for (let o = 0; o < channels.out; o++)
    for (let p = 0; p < outs; p++)
      for (let c = 0; c < perIn; c++)
        for (let k = 0; k < taps; k++) {
          const position = split(
            p,
            axes.map((a) => a.out),
          );
          const tap = split(
            k,
            axes.map((a) => a.kernel),
          );
          const at = axes.map(
            (a, i) => (position[i] as number) * a.stride + (tap[i] as number) * a.dilation - a.before,
          );
          if (at.some((x, i) => x < 0 || x >= (axes[i] as Axis).n)) continue;
          const cell = at.reduce((index, x, i) => index * (axes[i] as Axis).n + x, 0);
          const source = ((o - (o % perOut)) / perOut) * perIn + c;
          const row = matrix[o * outs + p] as number[];
          row[source * cells + cell] = (row[source * cells + cell] as number) + weight(o, c, k);
        }
  return matrix;
}

function convolution(node: Extract<NirNode, { type: "Conv1d" | "Conv2d" }>, shape: Shape): Run {
  const [channels = 1, ...sizes] = shape;
  const pick = <T>(value: T | readonly T[], axis: number): T =>
    (Array.isArray(value) ? value[axis] : value) as T;
  const kernel = node.weight.shape.slice(2);
  const axes = sizes.map((n, i) =>
    axisOf(
      n,
      kernel[i] ?? 1,
      pick<number>(node.stride, i),
      pick<number | "same" | "valid">(node.padding, i),
      pick<number>(node.dilation, i),
    ),
  );
  const [outputs = 1, perIn = 1] = node.weight.shape;
  const w = toFloat64(node.weight);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const matrix = windowMatrix(
    axes,
    { in: channels, out: outputs, groups: node.groups },
    (o, c, k) => w[(o * perIn + c) * taps + k] as number,
  );
  const positions = matrix.length / outputs;
  const bias = toFloat64(node.bias);
  return linear(
    matrix,
    matrix.map((_, i) => bias[Math.floor(i / positions)] as number),
  );
}

function pooling(node: Extract<NirNode, { type: "SumPool2d" | "AvgPool2d" }>, shape: Shape): Run {
  const [channels = 1, ...sizes] = shape;
  const axes = sizes.map((n, i) =>
    axisOf(n, node.kernelSize[i] ?? 1, node.stride[i] ?? 1, node.padding[i] ?? 0, 1),
  );
  const one = node.type === "AvgPool2d" ? 1 / (node.kernelSize[0] * node.kernelSize[1]) : 1;
  return linear(windowMatrix(axes, { in: channels, out: channels, groups: channels }, () => one));
}

function volume(node: Extract<NirNode, { params: unknown }>, shape: Shape): Run {
  const [channels = 1, ...sizes] = shape;
  const weight = node.params.get("weight") as Tensor;
  const [outputs = 1, perIn = 1, ...kernel] = weight.shape;
  const three = (key: string): readonly number[] => node.params.get(key) as readonly number[];
  const padding = node.params.get("padding");
  const axes = sizes.map((n, i) =>
    axisOf(
      n,
      kernel[i] ?? 1,
      three("stride")[i] ?? 1,
      padding === "same" || padding === "valid" ? padding : (three("padding")[i] ?? 0),
      three("dilation")[i] ?? 1,
    ),
  );
  const w = toFloat64(weight);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const groups = Number(node.params.get("groups"));
  const matrix = windowMatrix(
    axes,
    { in: channels, out: outputs, groups },
    (o, c, k) => w[(o * perIn + c) * taps + k] as number,
  );
  const bias = toFloat64(node.params.get("bias") as Tensor);
  const positions = matrix.length / outputs;
  return linear(
    matrix,
    matrix.map((_, i) => bias[Math.floor(i / positions)] as number),
  );
}

interface Words {
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly cubaOrder: "new" | "old";
  readonly leak: Leak;
  readonly synLeak: Leak;
  readonly fracBits: number;
  readonly vMin: number;
  readonly vMax: number;
}
type Leak =
  | { readonly form: "none" }
  | { readonly form: "shift"; readonly shift: number }
  | { readonly form: "mul"; readonly mul: number; readonly shift: number; readonly round: string };

function decay(leak: Leak, u: bigint): bigint {
  if (leak.form === "none") return u;
  if (leak.form === "shift") return u - (u >> BigInt(leak.shift));
  const unit = 1n << BigInt(leak.shift);
  const product = u * BigInt(leak.mul);
  const truncated = product / unit;
  const rest = product % unit;
  if (leak.round === "zero" || rest === 0n) return truncated;
  if (leak.round === "floor") return rest < 0n ? truncated - 1n : truncated;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const away = twice > unit || (twice === unit && truncated % 2n !== 0n);
  return away ? truncated + (product < 0n ? -1n : 1n) : truncated;
}

function neuron(node: NirNode, name: string, size: number, trace: Map<string, number[][]>): Run {
  const entry = (key: string): number => toFloat64(node.metadata?.get(key) as Tensor)[0] as number;
  const words = JSON.parse(String(node.metadata?.get("nirkit:neuron"))) as Words;
  const lsb = entry("nirkit:state_scale") * 2 ** -words.fracBits;
  const [theta, sub, reset] = ["theta", "sub", "vreset"].map((k) => BigInt(entry(`nirkit:${k}_int`))) as [
    bigint,
    bigint,
    bigint,
  ];
  const u = new Array<bigint>(size).fill(0n);
  const j = new Array<bigint>(size).fill(0n);
  const clamp = (x: bigint): bigint =>
    x < BigInt(words.vMin) ? BigInt(words.vMin) : x > BigInt(words.vMax) ? BigInt(words.vMax) : x;
  const isCuba = node.type === "CubaLIF" || node.type === "CubaLI";
  const spikes = ["IF", "LIF", "CubaLIF", "Threshold"].includes(node.type);
  const states: number[][] = [];
  trace.set(`${name}/v`, states);
  return (sum) => {
    const out = sum.map((real, i) => {
      const drive = BigInt(real / lsb);
      let x: bigint;
      if (node.type === "Threshold") x = drive;
      else if (isCuba) {
        const next = clamp(decay(words.synLeak, j[i] as bigint) + drive);
        x = decay(words.leak, u[i] as bigint) + (words.cubaOrder === "new" ? next : (j[i] as bigint));
        j[i] = next;
      } else x = decay(words.leak, u[i] as bigint) + drive;
      const spike = spikes && (words.compare === "gt" ? x > theta : x >= theta);
      const after = !spike || words.reset === "none" ? x : words.reset === "value" ? reset : x - sub;
      u[i] = clamp(after);
      return spikes ? Number(spike) : Number(u[i]) * lsb;
    });
    states.push(u.map(Number));
    return out;
  };
}
