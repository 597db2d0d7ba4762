/** Membranes of few levels: what is stored between two steps is the nearest of them (quantization.md 4.6). */
import { nearestLevel } from "@nirkit/quantize";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { valuesNow } from "../tfjs/read-values.ts";

/** Levels of the stored membrane of a neuron. */
export interface MembraneLevels {
  /** In the unit of the membrane, ascending; 0 is one of them. */
  readonly levels: readonly number[];
  /**
   * What stands for the derivative of the stored value by the membrane, `stackedSurrogate` of
   * `@nirkit/quantize-membrane` for one. Default: 1 between the lowest and the highest level, 0 outside.
   */
  readonly slope?: (membrane: number, levels: readonly number[]) => number;
}

/** @throws E_TRAIN_OPTION for levels that do not ascend or have no 0 among them */
export function assertLevels(path: string, { levels }: MembraneLevels): void {
  const ascending = levels.every((level, k) => k === 0 || level > (levels[k - 1] as number));
  if (!ascending || !levels.includes(0))
    throw trainError("E_TRAIN_OPTION", `${path}.membrane.levels`, {
      why: `They are ${levels.join(", ")}`,
      hint: "Give them in ascending order, with 0 among them",
    });
}

/** The nearest level of every membrane, ties to the lower one. */
export function storedMembrane(v: tf.Tensor, { levels, slope = insideSlope }: MembraneLevels): tf.Tensor {
  const what = "a membrane on levels";
  return tf.customGrad((given, save) => {
    const membrane = given as tf.Tensor;
    (save as tf.GradSaveFunc)([membrane]);
    const stored = valuesNow(membrane, what).map((value) => nearestLevel(levels, value));
    return {
      value: tf.tensor(stored, membrane.shape, "float32"),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const before = saved[0] as tf.Tensor;
        const slopes = valuesNow(before, what).map((value) => slope(value, levels));
        return tf.mul(dy, tf.tensor(slopes, before.shape, "float32"));
      },
    };
  })(v);
}

function insideSlope(membrane: number, levels: readonly number[]): number {
  return membrane >= (levels[0] as number) && membrane <= (levels.at(-1) as number) ? 1 : 0;
}
