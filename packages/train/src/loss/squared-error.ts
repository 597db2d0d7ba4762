/** Squared errors of spike counts and rates against targets per class, with population coding. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { SeqTensor } from "../model/seq-tensor.ts";
import { assertLabels } from "./assert-target.ts";
import { closedForm } from "./closed-form.ts";
import type { Loss } from "./loss.ts";
import { oneHot } from "./one-hot.ts";
import { countReadout, stepsOf } from "./readout.ts";

/** Wanted rates of {@link countMSE} and {@link rateMSE}. */
export interface RateTargets {
  /** Rate of the right class. Default 0.8. */
  readonly correct?: number;
  /** Rate of the others. Default 0.2. */
  readonly incorrect?: number;
  /** Number of classes where several neurons stand for one: neighbours form a population, averaged. */
  readonly classes?: number;
}

/**
 * mean((c − T·target)²)/T over batch and classes; ∂L/∂c = 2(c − T·target)/(B·C·T).
 *
 * @example countMSE() // c = [8, 1, 0], T = 10, label 0: 0.166666666667
 */
export function countMSE(targets: RateTargets = {}): Loss {
  return squared("count-mse", targets, (steps) => ({ wanted: steps, divisor: steps }));
}

/** mean((c/T − target)²) over batch and classes. */
export function rateMSE(targets: RateTargets = {}): Loss {
  return squared("rate-mse", targets, (steps) => ({ wanted: steps, divisor: steps * steps }));
}

type Scaling = (steps: number) => { readonly wanted: number; readonly divisor: number };

function squared(name: string, targets: RateTargets, scaling: Scaling): Loss {
  const { correct = 0.8, incorrect = 0.2, classes } = targets;
  const readout = (output: SeqTensor): tf.Tensor2D => populationMeans(countReadout(output), classes);
  return {
    name,
    readout,
    compute: (output, { labels }) => {
      const counts = readout(output);
      const [batch, width] = counts.shape;
      assertLabels(labels, batch, width);
      const { wanted, divisor } = scaling(stepsOf(output));
      return closedForm(counts, (c) => {
        const hot = oneHot(labels, width, correct * wanted, incorrect * wanted);
        const error = tf.sub(c, hot);
        const scale = batch * width * divisor;
        return { value: tf.div(tf.sum(tf.square(error)), scale), slope: tf.mul(error, 2 / scale) };
      });
    },
  };
}

/** `[B, N]` as `[B, C]`: means over N/C neighbours. */
function populationMeans(counts: tf.Tensor2D, classes: number | undefined): tf.Tensor2D {
  const [batch, neurons] = counts.shape;
  if (classes === undefined || classes === neurons) return counts;
  if (neurons % classes !== 0)
    throw trainError("E_TRAIN_OPTION", "loss.classes", {
      why: `${neurons} output neurons are no ${classes} populations of one size`,
      hint: `Choose a divisor of ${neurons}`,
    });
  return tf.mean(tf.reshape(counts, [batch, classes, neurons / classes]), 2);
}
