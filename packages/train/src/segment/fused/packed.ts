/** Outputs and records of a pass as one tensor, which is what one operation gives. */
import { sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec } from "../../model/node-spec.ts";
import { type ExecutorInput, type ExecutorResult, wantsRecord } from "../executor.ts";
import type { BatchRun } from "./batch-run.ts";

/** A part of the packed result: an output, or a record. */
export interface Packed {
  readonly key: string;
  readonly node: string;
  readonly what: "output" | "spikes" | "membrane";
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Everything that is asked of a pass. */
export function pack(
  { plan, specs }: NetworkSpec,
  run: Pick<BatchRun, "values" | "membranes">,
  { steps, batch, record }: ExecutorInput,
): Packed[] {
  const packed: Packed[] = [];
  for (const { name, node, outputShape } of plan.nodes.values()) {
    const shape = [steps, batch, ...outputShape];
    if (node.type === "Output")
      packed.push({ key: name, node: name, what: "output", shape, values: run.values(name) });
    if (wantsRecord(record, name, "spikes"))
      packed.push({ key: `${name}.spikes`, node: name, what: "spikes", shape, values: run.values(name) });
    if (specs.get(name)?.kind === "neuron" && wantsRecord(record, name, "membrane"))
      packed.push({
        key: `${name}.membrane`,
        node: name,
        what: "membrane",
        shape,
        values: run.membranes(name),
      });
  }
  return packed;
}

/** All parts, one after the other. */
export function packedTensor(packed: readonly Packed[]): tf.Tensor {
  const [only] = packed;
  if (only !== undefined && packed.length === 1) return tf.tensor1d(only.values, "float32");
  const whole = new Float32Array(packed.reduce((total, { values }) => total + values.length, 0));
  let at = 0;
  for (const { values } of packed) {
    whole.set(values, at);
    at += values.length;
  }
  return tf.tensor1d(whole, "float32");
}

/** The parts of the tensor again. */
export function unpack(
  whole: tf.Tensor,
  packed: readonly Packed[],
): Pick<ExecutorResult, "outputs" | "recorded"> {
  const outputs = new Map<string, tf.Tensor>();
  const recorded = new Map<string, tf.Tensor>();
  let at = 0;
  for (const { key, what, shape } of packed) {
    const size = sizeOf(shape);
    const part = packed.length === 1 ? whole : tf.slice(whole, [at], [size]);
    (what === "output" ? outputs : recorded).set(key, tf.reshape(part, [...shape]));
    at += size;
  }
  return { outputs, recorded };
}
