/** Cross entropies on spike counts, on single steps and on membranes. */
import * as tf from "@tensorflow/tfjs-core";
import type { SeqTensor } from "../model/seq-tensor.ts";
import type { Loss } from "./loss.ts";
import { countReadout, flatSequence, lastReadout, maxReadout, meanReadout } from "./readout.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

/** Options of {@link spikeCountCrossEntropy}. */
export interface SpikeCountOptions {
  /** Counts are divided by it. Default 1. */
  readonly temperature?: number;
}

/** CE(softmax(c/τ), y) of the spike counts c, mean over the batch. */
export function spikeCountCrossEntropy(options: SpikeCountOptions = {}): Loss {
  const { temperature = 1 } = options;
  return {
    name: "spike-count-cross-entropy",
    readout: countReadout,
    compute: (output, { labels }) => softmaxCrossEntropy(countReadout(output), labels, temperature),
  };
}

/** Mean over steps and batch of CE(softmax(s[t]), y). */
export function rateCrossEntropy(): Loss {
  return {
    name: "rate-cross-entropy",
    readout: countReadout,
    compute: (output, { labels }) => {
      const sequence = flatSequence(output);
      const [steps, batch, classes] = sequence.shape;
      const everyStep = new Int32Array(steps * batch);
      for (let step = 0; step < steps; step++) everyStep.set(labels, step * batch);
      return softmaxCrossEntropy(tf.reshape(sequence, [steps * batch, classes]), everyStep);
    },
  };
}

/** CE of the largest membrane over the steps; the gradient goes to the first step that has it. */
export function membraneMaxCrossEntropy(): Loss {
  return membraneLoss("membrane-max-cross-entropy", maxReadout);
}

/** CE of the mean membrane. */
export function membraneMeanCrossEntropy(): Loss {
  return membraneLoss("membrane-mean-cross-entropy", meanReadout);
}

/** CE of the membrane summed over the steps. */
export function membraneSumCrossEntropy(): Loss {
  return membraneLoss("membrane-sum-cross-entropy", countReadout);
}

/** CE of the membrane in the last step. */
export function membraneLastCrossEntropy(): Loss {
  return membraneLoss("membrane-last-cross-entropy", lastReadout);
}

function membraneLoss(name: string, readout: (output: SeqTensor) => tf.Tensor2D): Loss {
  return {
    name,
    readout,
    compute: (output, { labels }) => softmaxCrossEntropy(readout(output), labels),
  };
}
