/** One parameter: a variable, its parametrization, its mask and its transforms. */
import { sameShape } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { Parameter, ParameterRole, ParamTransform } from "../model/trainable-model.ts";
import { valuesNow } from "../tfjs/read-values.ts";
import { identity, type Reparametrization } from "./reparametrize.ts";

/** What a parameter is made of. */
export interface ParameterRequest {
  readonly nodeId: string;
  readonly role: ParameterRole;
  /** Effective values to start from. */
  readonly initial: Float64Array;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly reparametrization?: Reparametrization;
  readonly transforms?: readonly ParamTransform[];
  /** Prefix of the variable's name. */
  readonly prefix: string;
  /** Name of a value of an extension node, in place of the word of its role. */
  readonly word?: string;
}

/** A parameter that knows whether it was changed. */
export interface ModelParameter extends Parameter {
  /** True while the raw values are those that it was made with. */
  untouched(): boolean;
  /** Effective values in float32, after mask, before transforms. */
  plainValue(): tf.Tensor;
}

/** Makes a parameter with a variable of its own. */
export function createParameter(request: ParameterRequest): ModelParameter {
  const { nodeId, role, shape, trainable, reparametrization = identity, transforms = [] } = request;
  const name = `${nodeId}.${request.word ?? wordOf(role)}`;
  const first = Float32Array.from(reparametrization.raw(request.initial));
  const variable = tf.tidy(() =>
    tf.variable(tf.tensor(first, [...shape], "float32"), trainable, `${request.prefix}/${name}`),
  );
  let mask: tf.Tensor | undefined;
  const plainValue = (): tf.Tensor => {
    const effective = reparametrization.effective(variable);
    return mask === undefined ? effective : tf.mul(effective, mask);
  };
  return {
    name,
    nodeId,
    role,
    variable,
    trainable,
    transforms,
    get mask() {
      return mask;
    },
    set mask(next: tf.Tensor | undefined) {
      if (next !== undefined && !sameShape(next.shape, variable.shape))
        throw trainError("E_MASK_SHAPE", name, { found: next.shape, expected: variable.shape });
      const kept = next === undefined ? undefined : tf.keep(tf.cast(tf.clone(next), "float32"));
      mask?.dispose();
      mask = kept;
    },
    value: ({ training = false, step = 0 } = {}) => {
      const context = { training, step, role, node: nodeId, mask };
      return transforms.reduce((value, transform) => transform.apply(value, context), plainValue());
    },
    project: () => {
      const { project } = reparametrization;
      if (project !== undefined) tf.tidy(() => variable.assign(project(variable)));
    },
    untouched: () => {
      if (mask !== undefined) return false;
      const now = valuesNow(variable, "toNir");
      return first.every((value, i) => Object.is(value, now[i]));
    },
    plainValue,
  };
}

const words: Readonly<Record<ParameterRole, string>> = {
  weight: "weight",
  bias: "bias",
  gain: "gain",
  leak: "leak",
  "syn-leak": "synLeak",
  threshold: "threshold",
  reset: "reset",
  extension: "value",
};

function wordOf(role: ParameterRole): string {
  return words[role];
}
