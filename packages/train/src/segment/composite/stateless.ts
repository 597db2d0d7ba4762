/** Nodes without state as tfjs operations over rows `[R, ...shape]`. */
import { sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { DenseSpec, NodeSpec } from "../../model/node-spec.ts";
import type { PlanNode } from "../../model/plan.ts";
import { constantTensor } from "../../neuron/neuron-spec.ts";
import { convolve, denseProduct, pool } from "./products.ts";
import { spike } from "./spike.ts";

/** A node over any number of rows. */
export type RowFunction = (x: tf.Tensor) => tf.Tensor;

/** The function of a node for one forward pass; undefined for neurons and delays. */
export function statelessFunction(
  at: PlanNode,
  spec: NodeSpec,
  context: { readonly training?: boolean; readonly step?: number },
  spiking: boolean,
): RowFunction | undefined {
  const rowsOf = (x: tf.Tensor): number => x.shape[0] ?? 0;
  const shaped = (y: tf.Tensor, rows: number): tf.Tensor => tf.reshape(y, [rows, ...at.outputShape]);
  switch (spec.kind) {
    case "pass":
      return (x) => shaped(x, rowsOf(x));
    case "dense": {
      const weight = spec.weight.value(context);
      const bias = spec.bias?.value(context);
      return (x) => {
        const y = shaped(denseRows(spec, x, weight), rowsOf(x));
        return bias === undefined ? y : tf.add(y, bias);
      };
    }
    case "conv": {
      const weight = spec.weight.value(context);
      const bias = spec.bias && tf.reshape(spec.bias.value(context), [spec.geometry.output[0], 1, 1]);
      return (x) => {
        const images = tf.reshape(x, [rowsOf(x), ...spec.geometry.input]) as tf.Tensor4D;
        const y = convolve(images, weight, spec.geometry);
        return shaped(bias === undefined ? y : tf.add(y, bias), rowsOf(x));
      };
    }
    case "pool":
      return (x) => {
        const images = tf.reshape(x, [rowsOf(x), ...spec.geometry.input]) as tf.Tensor4D;
        return shaped(pool(images, spec.scale, spec.geometry), rowsOf(x));
      };
    case "scale": {
      const gain = spec.gain.value(context);
      return (x) => tf.mul(x, gain);
    }
    case "threshold": {
      const theta = spec.learned?.value(context) ?? constantTensor(spec.threshold, at.outputShape);
      return (x) => spike(x, theta, { compare: "gt", surrogate: spec.surrogate, spiking });
    }
    case "delay":
    case "extension":
    case "neuron":
      return undefined;
    default:
      return spec satisfies never;
  }
}

function denseRows({ matrices, inputs, outputs }: DenseSpec, x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const rows = x.shape[0] ?? 0;
  const stacked = sizeOf(x.shape.slice(1)) / inputs;
  if (matrices === 1) {
    const matrix = tf.reshape(weight, [outputs, inputs]) as tf.Tensor2D;
    return denseProduct(tf.reshape(x, [rows * stacked, inputs]) as tf.Tensor2D, matrix);
  }
  const all = tf.reshape(weight, [matrices, outputs, inputs]);
  const parts = Array.from({ length: matrices }, (_, m) => {
    const matrix = tf.reshape(tf.slice(all, [m, 0, 0], [1, outputs, inputs]), [outputs, inputs]);
    const part = tf.slice(tf.reshape(x, [rows, matrices, inputs]), [0, m, 0], [rows, 1, inputs]);
    return denseProduct(tf.reshape(part, [rows, inputs]) as tf.Tensor2D, matrix as tf.Tensor2D);
  });
  return tf.stack(parts, 1);
}
