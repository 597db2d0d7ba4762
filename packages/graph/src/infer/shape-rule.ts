/** How the shapes of a node follow from its parameters and from each other, one rule per type. */
import type { ExtensionNodeType } from "../extensions/extension.ts";
import type { Conv1d, Conv2d, NirNode, NodeType, Pair } from "../node.ts";
import type { Shape } from "../tensor.ts";
import { type AxisWindow, inverseWindowSize, windowSize } from "./axis-size.ts";
import { flattenShape, splitShape } from "./flatten-shape.ts";
import { neuronShape } from "./neuron-shape.ts";

/** A value of a node that makes its shape impossible. `param` is undefined when the node as a whole is at fault. */
export interface ShapeProblem {
  readonly param: string | undefined;
  readonly found: string;
  readonly expected: string;
  readonly hint?: string;
}

/** The shape rule of one node; shapes are without batch and time. */
export interface ShapeRule {
  /** Shapes fixed by the parameters. */
  readonly input?: Shape | undefined;
  readonly output?: Shape | undefined;
  /** Shape to take when no neighbor says one: that of scalar parameters. */
  readonly fallback?: Shape | undefined;
  /** What the node takes, in words, when its shape is not fixed: `[2, H, W]`. */
  readonly takes?: string;
  /** True when the node gives the shape it takes, whatever that is. */
  readonly elementwise?: boolean;
  /** Axes of the output; undefined for the sizes that the parameters leave open. */
  readonly pattern?: readonly (number | undefined)[];
  /** Undoes a merge of axes: the input shape for an output, given what is known of what feeds the node. */
  split?(output: Shape, pattern: readonly (number | undefined)[]): Shape | undefined;
  accepts(input: Shape): boolean;
  forward(input: Shape): Shape | ShapeProblem | undefined;
  backward(output: Shape): Shape | undefined;
}

type RuleOf<T extends NodeType> = (node: Extract<NirNode, { type: T }>) => ShapeRule;

const always = (): boolean => true;
const never = (): undefined => undefined;

const identity = (shape: Shape | undefined, fallback?: Shape): ShapeRule => ({
  input: shape,
  output: shape,
  fallback,
  elementwise: true,
  accepts: always,
  forward: (input) => input,
  backward: (output) => output,
});

function dense(weight: Shape): ShapeRule {
  if (weight.length < 2) return { accepts: always, forward: never, backward: never };
  const lead = weight.slice(0, -2);
  const input = [...lead, weight.at(-1) ?? 0];
  const output = [...lead, weight.at(-2) ?? 0];
  return { input, output, accepts: always, forward: () => output, backward: () => input };
}

const neuron = (node: NirNode): ShapeRule => {
  const { shape, scalar } = neuronShape(node);
  return identity(shape, scalar);
};

function window(
  axes: readonly AxisWindow[],
  channels: { readonly input: number; readonly output: number } | undefined,
  spatial: Shape | undefined,
): ShapeRule {
  const rank = axes.length + 1;
  const forward = (input: Shape): Shape | ShapeProblem | undefined => {
    const sizes = axes.map((axis, i) => windowSize(input[i + 1] ?? 0, axis));
    if (!sizes.every((n) => n >= 1))
      return {
        param: undefined,
        found: `a window of ${axes.map((a) => a.dilation * (a.kernel - 1) + 1).join("×")} on ${input.slice(1).join("×")}`,
        expected: "a window that fits into the padded input",
        hint: "Make the kernel smaller, pad more, or give the node the input that it was made for",
      };
    return [channels?.output ?? input[0] ?? 0, ...sizes];
  };
  const fixed = spatial === undefined || channels === undefined ? undefined : [channels.input, ...spatial];
  return {
    input: fixed,
    pattern: [channels?.output, ...axes.map(() => undefined)],
    takes: `[${channels?.input ?? "C"}, ${axes.length === 1 ? "L" : "H, W"}]`,
    accepts: (input) => input.length === rank && (channels === undefined || input[0] === channels.input),
    forward,
    backward: (output) => {
      const sizes = axes.map((axis, i) => inverseWindowSize(output[i + 1] ?? 0, axis));
      if (output.length !== rank || sizes.some((n) => n === undefined)) return undefined;
      return [channels?.input ?? output[0] ?? 0, ...(sizes as number[])];
    },
  };
}

function convChannels(node: Conv1d | Conv2d): { input: number; output: number } {
  // weight is [C_out, C_in / groups, ...kernel]
  return { input: (node.weight.shape[1] ?? 0) * node.groups, output: node.weight.shape[0] ?? 0 };
}

const conv1d: RuleOf<"Conv1d"> = (node) => {
  if (node.weight.shape.length !== 3) return { accepts: always, forward: never, backward: never };
  const { stride, padding, dilation } = node;
  const axis = { kernel: node.weight.shape[2] ?? 1, stride, padding, dilation };
  return window([axis], convChannels(node), node.inputShape === undefined ? undefined : [node.inputShape]);
};

const conv2d: RuleOf<"Conv2d"> = (node) => {
  if (node.weight.shape.length !== 4) return { accepts: always, forward: never, backward: never };
  const axes = ([0, 1] as const).map((i) => ({
    kernel: node.weight.shape[2 + i] ?? 1,
    stride: node.stride[i],
    padding: typeof node.padding === "string" ? node.padding : node.padding[i],
    dilation: node.dilation[i],
  }));
  return window(axes, convChannels(node), node.inputShape);
};

const pool = (node: { kernelSize: Pair; stride: Pair; padding: Pair }): ShapeRule =>
  window(
    ([0, 1] as const).map((i) => ({
      kernel: node.kernelSize[i],
      stride: node.stride[i],
      padding: node.padding[i],
      dilation: 1,
    })),
    undefined,
    undefined,
  );

const flatten: RuleOf<"Flatten"> = (node) => ({
  input: node.inputType,
  accepts: always,
  forward: (input) => {
    const result = flattenShape(input, node.startDim, node.endDim);
    return "shape" in result ? result.shape : result;
  },
  split: (output, pattern) => splitShape(output, pattern, node.startDim, node.endDim),
  // Flattening a single axis changes nothing; every other one can come from many shapes.
  backward: (output) =>
    output.length === 1 && node.startDim === node.endDim && node.inputType === undefined ? output : undefined,
});

const rules: { readonly [T in NodeType]: RuleOf<T> } = {
  Input: (node) => identity(node.shape),
  Output: (node) => identity(node.shape),
  NIRGraph: () => identity(undefined),
  Affine: (node) => dense(node.weight.shape),
  Linear: (node) => dense(node.weight.shape),
  Scale: (node) => identity(node.scale.shape),
  Conv1d: conv1d,
  Conv2d: conv2d,
  AvgPool2d: pool,
  SumPool2d: pool,
  Flatten: flatten,
  Delay: neuron,
  Threshold: neuron,
  I: neuron,
  LI: neuron,
  IF: neuron,
  LIF: neuron,
  CubaLI: neuron,
  CubaLIF: neuron,
};

/** Rules of NIR's own nodes; nodes are immutable, so an edited graph shares most of them. */
const known = new WeakMap<NirNode, ShapeRule>();

/** The shape rule of a node; undefined for an extension type that was not passed in. */
export function shapeRule(node: NirNode, extensions: readonly ExtensionNodeType[]): ShapeRule | undefined {
  const own = known.get(node);
  if (own !== undefined) return own;
  if (Object.hasOwn(rules, node.type)) {
    const rule = (rules[node.type as NodeType] as (node: NirNode) => ShapeRule)(node);
    known.set(node, rule);
    return rule;
  }
  const extension = extensions.find((e) => e.type === node.type);
  if (extension === undefined || !("params" in node)) return undefined;
  return {
    input: extension.rules.inputShape?.(node),
    accepts: (input) => extension.rules.infer(node, input) !== undefined,
    forward: (input) => extension.rules.infer(node, input),
    backward: (output) => extension.rules.inferInput?.(node, output),
  };
}
