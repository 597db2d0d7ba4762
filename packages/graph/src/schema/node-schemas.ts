/**
 * Schemas of the 19 node types: dtypes, ranks, ranges, and the rules between the parameters of one node. What shapes
 * have to do with neighbors is inference; what single values mean (NaN, tau 0) is `validateGraph`.
 */
import * as z from "zod/mini";
import type { NirGraph } from "../graph.ts";
import { neuronShape } from "../infer/neuron-shape.ts";
import { type Metadata, type NirNode, type NodeType, type Padding, type Pair, tensorParam } from "../node.ts";
import type { Shape, Tensor } from "../tensor.ts";
import {
  complain,
  shapeText,
  tensorSchema,
  wholeNumber,
  wholeNumbers,
  withJsonForm,
} from "./tensor-schema.ts";

type NodeOf<T extends NodeType> = Extract<NirNode, { type: T }>;
type SchemaOf<T extends NodeType> = z.ZodMiniType<NodeOf<T>>;

const any = tensorSchema();
const metadata = z.optional(
  withJsonForm(
    z.custom<Metadata>((value) => value instanceof Map),
    { kind: "metadata" },
  ),
);
const sizes = wholeNumbers<Shape>(1);
const window = wholeNumbers<Pair>(1, 2);
const anyNumber = wholeNumber(-Infinity);

/** The schema of a node from those of its parameters and the rules between them. */
function node<T extends NodeType>(
  type: T,
  shape: z.core.$ZodLooseShape,
  ...rules: ((ctx: z.core.ParsePayload<NodeOf<T>>) => void)[]
): SchemaOf<T> {
  // Rules look at several parameters, so they only run on a node whose parameters are sound one by one.
  const sound = z.object({ type: z.literal(type), metadata, ...shape });
  return sound.check(...(rules as ((ctx: z.core.ParsePayload<unknown>) => void)[])) as unknown as SchemaOf<T>;
}

/** Number or pair of zeros around the input, or PyTorch's words. */
function paddingSchema<P extends number | Pair>(numbers: z.ZodMiniType<P>): z.ZodMiniType<Padding<P>> {
  const schema = z.custom<Padding<P>>().check((ctx) => {
    if (ctx.value === "same" || ctx.value === "valid") return;
    if (typeof ctx.value === "string")
      return complain(ctx, [], {
        code: "E_BAD_VALUE",
        found: `"${ctx.value}"`,
        expected: '"same", "valid" or numbers',
      });
    const result = z.safeParse(numbers, ctx.value);
    for (const issue of result.error?.issues ?? []) ctx.issues.push({ ...issue, input: ctx.value } as never);
  });
  return withJsonForm(schema, { kind: "padding", numbers });
}

const biasOfDense = (ctx: z.core.ParsePayload<{ weight: Tensor; bias: Tensor }>): void => {
  const { weight, bias } = ctx.value;
  const output = [...weight.shape.slice(0, -2), weight.shape.at(-2) ?? 0];
  const lead = output.length - bias.shape.length;
  if (lead >= 0 && bias.shape.every((n, axis) => n === 1 || n === output[lead + axis])) return;
  const expected = `a shape that broadcasts to ${shapeText(output)}`;
  complain(ctx, ["bias"], { code: "E_BAD_SHAPE", found: `shape ${shapeText(bias.shape)}`, expected });
};

const convRules = (ctx: z.core.ParsePayload<{ weight: Tensor; bias: Tensor; groups: number }>): void => {
  const { weight, bias, groups } = ctx.value;
  const outputs = weight.shape[0] ?? 0;
  if (outputs % groups !== 0)
    complain(ctx, ["groups"], {
      code: "E_BAD_VALUE",
      found: `${groups}`,
      expected: `a divisor of ${outputs} output channels`,
    });
  if (bias.shape.length !== 1 || bias.shape[0] !== outputs)
    complain(ctx, ["bias"], {
      code: "E_BAD_SHAPE",
      found: `shape ${shapeText(bias.shape)}`,
      expected: `[${outputs}]`,
    });
};

const sameShapes = (ctx: z.core.ParsePayload<NirNode>): void => {
  const { odd } = neuronShape(ctx.value);
  for (const param of odd) {
    const shape = tensorParam(ctx.value, param)?.shape ?? [];
    const expected = "the shape of the other parameters, or one value";
    complain(ctx, [param], { code: "E_BAD_SHAPE", found: `shape ${shapeText(shape)}`, expected });
  }
};

const conv = { weight: any, bias: any, groups: wholeNumber(1) };
const pool = { kernelSize: window, stride: window, padding: wholeNumbers<Pair>(0, 2) };
const leaky = { tau: any, r: any, vLeak: any };
const spiking = { vThreshold: any, vReset: any };
const current = { tauSyn: any, tauMem: any, r: any, vLeak: any, wIn: any };
const matrix = tensorSchema(Array.from({ length: 31 }, (_, i) => i + 2));

/** The schema of every node type, for checking a node at the border: `z.safeParse(nodeSchemas.LIF, value)`. */
export const nodeSchemas: { readonly [T in NodeType]: z.ZodMiniType<NodeOf<T>> } = {
  Input: node("Input", { shape: sizes }),
  Output: node("Output", { shape: z.optional(sizes) }),
  NIRGraph: node("NIRGraph", {
    graph: withJsonForm(
      z.custom<NirGraph>((value) => typeof value === "object" && value !== null && "nodes" in value),
      { kind: "graph" },
    ),
  }),
  Affine: node("Affine", { weight: matrix, bias: any }, biasOfDense),
  Linear: node("Linear", { weight: matrix }),
  Scale: node("Scale", { scale: any }),
  Conv1d: node(
    "Conv1d",
    {
      ...conv,
      weight: tensorSchema([3]),
      stride: wholeNumber(1),
      padding: paddingSchema(wholeNumber(0)),
      dilation: wholeNumber(1),
      inputShape: z.optional(wholeNumber(1)),
    },
    convRules,
  ),
  Conv2d: node(
    "Conv2d",
    {
      ...conv,
      weight: tensorSchema([4]),
      stride: window,
      padding: paddingSchema(wholeNumbers<Pair>(0, 2)),
      dilation: window,
      inputShape: z.optional(window),
    },
    convRules,
  ),
  AvgPool2d: node("AvgPool2d", pool),
  SumPool2d: node("SumPool2d", pool),
  Flatten: node("Flatten", { startDim: anyNumber, endDim: anyNumber, inputType: z.optional(sizes) }),
  Delay: node("Delay", { delay: any }),
  Threshold: node("Threshold", { threshold: any }),
  I: node("I", { r: any }),
  LI: node("LI", leaky, sameShapes),
  IF: node("IF", { r: any, ...spiking }, sameShapes),
  LIF: node("LIF", { ...leaky, ...spiking }, sameShapes),
  CubaLI: node("CubaLI", current, sameShapes),
  CubaLIF: node("CubaLIF", { ...current, ...spiking }, sameShapes),
};
