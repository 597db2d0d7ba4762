/** Nodes without state as ONNX operators. Every value has a batch axis in front of its NIR shape. */
import {
  type AvgPool2d,
  type Conv1d,
  type Conv2d,
  NirkitError,
  type NirNode,
  type Shape,
  type SumPool2d,
  toFloat32,
} from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedView } from "../quantized-view.ts";
import type { OnnxBuilder } from "./onnx-builder.ts";
import { addWeight } from "./weight-constant.ts";

/** Where a node stands. */
export interface NodePlace {
  readonly path: string;
  readonly outputShape: Shape;
  readonly view: QuantizedView;
}

/**
 * Adds a node and returns the name of its value.
 *
 * @param input name of what it takes
 * @throws E_UNSUPPORTED_NODE, E_NOT_QUANTIZED
 */
export function lowerNode(builder: OnnxBuilder, node: NirNode, input: string, place: NodePlace): string {
  const { path, outputShape } = place;
  switch (node.type) {
    case "Linear":
    case "Affine": {
      const weight = builder.add(
        "Transpose",
        [weightOf(builder, place, node.type)],
        `${path}.weight_transposed`,
        {
          perm: [1, 0],
        },
      );
      const bias = "bias" in node ? node.bias : undefined;
      if (bias === undefined) return builder.add("MatMul", [input, weight], path);
      const product = builder.add("MatMul", [input, weight], `${path}.product`);
      const constant = builder.constant(`${path}.bias`, bias.shape, toFloat32(bias));
      return builder.add("Add", [product, constant], path);
    }
    case "Conv1d":
    case "Conv2d":
      return convolution(builder, node, input, place);
    case "AvgPool2d":
    case "SumPool2d":
      return pool(builder, node, input, path);
    case "Flatten": {
      const shape = BigInt64Array.from([0, ...outputShape], BigInt);
      return builder.add("Reshape", [input, builder.constant(`${path}.shape`, [shape.length], shape)], path);
    }
    case "Scale": {
      const factor = builder.constant(`${path}.scale`, node.scale.shape, toFloat32(node.scale));
      return builder.add("Mul", [input, factor], path);
    }
    case "Threshold": {
      const { threshold } = node;
      const limit = builder.constant(`${path}.threshold`, threshold.shape, toFloat32(threshold));
      const isLoose = place.view.neurons.get(path)?.arithmetic.compare === "ge";
      const above = builder.add(isLoose ? "GreaterOrEqual" : "Greater", [input, limit], `${path}.above`);
      return builder.add("Cast", [above], path, { to: 1 });
    }
    default:
      throw new NirkitError([
        quantizeDiagnostic("E_UNSUPPORTED_NODE", `nodes.${path}`, {
          type: node.type,
          why: "ONNX has no operator for it",
          hint: "Lower extensions to plain nodes first",
        }),
      ]);
  }
}

function weightOf(builder: OnnxBuilder, { path, view }: NodePlace, type: string): string {
  const quantized = view.weights.get(path);
  if (quantized === undefined)
    throw new NirkitError([quantizeDiagnostic("E_NOT_QUANTIZED", `nodes.${path}`, { type })]);
  return addWeight(builder, path, quantized.weight);
}

function convolution(builder: OnnxBuilder, node: Conv1d | Conv2d, input: string, place: NodePlace): string {
  const { path } = place;
  const kernel = node.weight.shape.slice(2);
  const dilations = typeof node.dilation === "number" ? [node.dilation] : [...node.dilation];
  const strides = typeof node.stride === "number" ? [node.stride] : [...node.stride];
  const bias = builder.constant(`${path}.bias`, node.bias.shape, toFloat32(node.bias));
  return builder.add("Conv", [input, weightOf(builder, place, node.type), bias], path, {
    kernel_shape: kernel,
    strides,
    dilations,
    group: node.groups,
    pads: padsOf(node.padding, kernel, dilations),
  });
}

/** Zeros before every axis, then behind; with `same` the odd one stands behind. */
function padsOf(
  padding: Conv1d["padding"] | Conv2d["padding"],
  kernel: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  if (padding === "valid") return kernel.flatMap(() => [0, 0]);
  if (padding === "same") {
    const total = kernel.map((k, axis) => (k - 1) * (dilations[axis] ?? 1));
    return [...total.map((n) => Math.floor(n / 2)), ...total.map((n) => Math.ceil(n / 2))];
  }
  const each = typeof padding === "number" ? [padding] : [...padding];
  return [...each, ...each];
}

function pool(builder: OnnxBuilder, node: AvgPool2d | SumPool2d, input: string, path: string): string {
  const attributes = {
    kernel_shape: [...node.kernelSize],
    strides: [...node.stride],
    pads: [...node.padding, ...node.padding],
    count_include_pad: 1,
  };
  if (node.type === "AvgPool2d") return builder.add("AveragePool", [input], path, attributes);
  const mean = builder.add("AveragePool", [input], `${path}.mean`, attributes);
  const [height, width] = node.kernelSize;
  const area = builder.constant(`${path}.area`, [], Float32Array.of(height * width));
  return builder.add("Mul", [mean, area], path);
}
