/** Everything an optimizer moves: the trainable parameters, and what their transforms learn. */
import type * as tf from "@tensorflow/tfjs-core";
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
  return [...model.parameters.values()].flatMap((parameter) => [
    ...(parameter.trainable
      ? [{ key: parameter.name, role: parameter.role, variable: parameter.variable, parameter }]
      : []),
    ...learnedByTransforms(parameter),
  ]);
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
