/** Everything an optimizer moves: the trainable parameters, and what their transforms learn. */
import * as tf from "@tensorflow/tfjs-core";
import type { Parameter, TrainableModel } from "../model/trainable-model.ts";
import type { UpdateRole } from "../optimizer/optimizer.ts";

/** One variable under a name that every run gives it. */
export interface TrainedVariable {
  readonly key: string;
  readonly role: UpdateRole;
  readonly variable: tf.Variable;
  readonly parameter: Parameter;
}

/** The trained variables of a model, in the order of its parameters. */
export function trainedVariables(model: TrainableModel): readonly TrainedVariable[] {
  awakenTransforms(model);
  return [...model.parameters.values()].flatMap((parameter) => [
    ...(parameter.trainable
      ? [{ key: parameter.name, role: parameter.role, variable: parameter.variable, parameter }]
      : []),
    ...learnedByTransforms(parameter),
  ]);
}

const awake = new WeakSet<TrainableModel>();

/** Transforms make what they learn when they first see values. */
function awakenTransforms(model: TrainableModel): void {
  if (awake.has(model)) return;
  awake.add(model);
  tf.tidy(() => {
    for (const parameter of model.parameters.values()) if (parameter.transforms.length > 0) parameter.value();
  });
}

function learnedByTransforms(parameter: Parameter): TrainedVariable[] {
  return parameter.transforms.flatMap((transform, at) =>
    (transform.variables?.() ?? []).map((variable, k) => ({
      key: `${parameter.name}#${at}.${transform.name}.${k}`,
      role: "scale" as const,
      variable,
      parameter,
    })),
  );
}
