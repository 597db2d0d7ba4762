/** What the operation of a network depends on: values of parameters, and dense inputs. */
import type * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import { learnedSlots } from "../../neuron/neuron-spec.ts";
import type { ModelParameter } from "../../parameter/parameter.ts";
import type { ExecutorInput } from "../executor.ts";
import { slotKey } from "./neuron-cell.ts";

/** A dense input. */
export interface DenseInput {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

/** The inputs that are no events. */
export function denseInputs({ plan }: NetworkSpec, { inputs }: ExecutorInput): DenseInput[] {
  return [...plan.nodes.values()].flatMap(({ name, node }) => {
    const given = node.type === "Input" ? inputs.get(name) : undefined;
    return given === undefined || ("kind" in given && given.kind === "events")
      ? []
      : [{ name, tensor: given as tf.Tensor }];
  });
}

/** Effective values of everything that cells load, by key; differentiable. */
export function networkValues({ specs }: NetworkSpec, context: ExecutorInput): Map<string, tf.Tensor> {
  const values = new Map<string, tf.Tensor>();
  const add = (parameter: ModelParameter | undefined): void => {
    if (parameter !== undefined) values.set(parameter.name, parameter.value(context));
  };
  for (const [name, spec] of specs) addValues(name, spec);
  return values;

  function addValues(name: string, spec: NodeSpec): void {
    switch (spec.kind) {
      case "dense":
      case "conv":
        add(spec.weight);
        add(spec.bias);
        return;
      case "scale":
        add(spec.gain);
        return;
      case "threshold":
        if (spec.learned !== undefined) values.set(slotKey(name, "threshold"), spec.learned.value(context));
        return;
      case "neuron":
        for (const [slot, tensor] of learnedSlots(spec.neuron, context))
          values.set(slotKey(name, slot), tensor);
        return;
      default:
    }
  }
}
