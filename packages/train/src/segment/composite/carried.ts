/** What a node of the composite path is, and arrays that are carried from sequence to sequence. */
import { sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../../diagnostics.ts";
import type { NodeState } from "../../model/trainable-model.ts";
import type { RowFunction } from "./stateless.ts";

/** A {@link NodeState} that has not been read yet. */
export type StateTensors = { readonly [K in keyof NodeState]: tf.Tensor };

/** A node of one forward pass. */
export interface CompositeCell {
  /** Output of step t; `xAt` gives the input of a step, and has that of step t. Steps come in order. */
  step(t: number, xAt: (step: number) => tf.Tensor): tf.Tensor;
  /** Output of all steps. */
  sequence(x: tf.Tensor): tf.Tensor;
  /** Function of the node without state; undefined for neurons and delays. */
  readonly rows: RowFunction | undefined;
  /** State after the last step; undefined without any. */
  state(): StateTensors | undefined;
  /** Membranes before the reset and currents by step. */
  readonly membranes: readonly tf.Tensor[];
  readonly currents: readonly tf.Tensor[];
}

/** A carried array as a tensor, zeros where there is none. @throws E_TRAIN_STATE */
export function carriedTensor(node: string, values: Float32Array | undefined, shape: number[]): tf.Tensor {
  if (values === undefined) return tf.zeros(shape);
  if (values.length !== sizeOf(shape))
    throw trainError("E_TRAIN_STATE", `nodes.${node}`, {
      why: `it holds ${values.length} values, this batch has ${sizeOf(shape)}`,
    });
  return tf.tensor(values, shape, "float32");
}
