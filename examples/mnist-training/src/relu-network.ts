/** A network of ReLU layers, trained with tfjs alone: what a conversion starts from. */
import { batches, type DenseBatch } from "@nirkit/events";
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { registerGradients } from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { type Digits, shownDigits } from "./images.ts";

/** One run. */
export interface ReluRun {
  readonly train: Digits;
  readonly validation: Digits;
  /** Sizes of all layers. Default 784, 128, 64, 10. */
  readonly sizes?: readonly number[];
  readonly epochs: number;
  readonly seed: number;
  /** Told the share of the validation images after each epoch. */
  readonly onEpoch?: (epoch: number, validation: number) => void;
}

interface Layer {
  readonly weight: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

const batchSize = 128;
const rate = 1e-3;

/** Trains 784-128-64-10 by Adam with images that are shifted by up to a pixel; weights as a graph of Affine nodes. */
export async function trainRelu(run: ReluRun): Promise<NirGraph> {
  const { train, epochs, seed, sizes = [784, 128, 64, 10] } = run;
  await registerGradients();
  const layers = newLayers(sizes, seed);
  const optimizer = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const shown = shownDigits(train, { steps: 1, code: "direct", shift: { pixels: 1, seed, epoch } });
    for await (const batch of batches(shown, { batchSize, seed, epoch })) {
      const { data, labels } = batch as DenseBatch;
      tf.tidy(() => {
        const wanted = tf.oneHot(tf.tensor1d(labels, "int32"), 10);
        optimizer.minimize(() => {
          const outputs = forward(layers, tf.tensor2d(data, [labels.length, sizes[0] ?? 784]));
          return tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(outputs)), 1))) as tf.Scalar;
        });
      });
    }
    run.onEpoch?.(
      epoch,
      tf.tidy(() => share(layers, run.validation)),
    );
  }
  const trained = asGraph(layers, sizes);
  optimizer.dispose();
  for (const { weight, bias } of layers) tf.dispose([weight, bias]);
  return trained;
}

/** Images as rows of values from 0 to 1. */
export function pixelRows({ pixels, labels }: Digits): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from(pixels, (value) => value / 255),
    [labels.length, pixels.length / labels.length],
  );
}

/** He initialization: normal with deviation √(2 / inputs). */
function newLayers(sizes: readonly number[], seed: number): readonly Layer[] {
  return sizes.slice(1).map((outputs, k) => {
    const inputs = sizes[k] ?? 1;
    const random = philox(seed, `init/relu${k + 1}`);
    const values = Float32Array.from(
      { length: inputs * outputs },
      () => random.normal() * Math.sqrt(2 / inputs),
    );
    return {
      weight: tf.variable(tf.tensor2d(values, [inputs, outputs])),
      bias: tf.variable(tf.zeros([outputs])),
    };
  });
}

function forward(layers: readonly Layer[], input: tf.Tensor2D): tf.Tensor2D {
  return layers.reduce((x, { weight, bias }, k) => {
    const y = tf.add(tf.matMul(k === 0 ? x : tf.relu(x), weight), bias);
    return y as tf.Tensor2D;
  }, input);
}

function share(layers: readonly Layer[], digits: Digits): number {
  const found = tf.argMax(forward(layers, pixelRows(digits)), 1).dataSync();
  return (
    digits.labels.reduce((sum, label, k) => sum + (found[k] === label ? 1 : 0), 0) / digits.labels.length
  );
}

function asGraph(layers: readonly Layer[], sizes: readonly number[]): NirGraph {
  const input = graph().input("input", [sizes[0] ?? 784]);
  return layers
    .reduce((builder, { weight, bias }, k) => {
      const [inputs, outputs] = [sizes[k] ?? 1, sizes[k + 1] ?? 1];
      const rows = tf.tidy(() => tf.transpose(weight).dataSync() as Float32Array);
      return builder.affine(`fc${k + 1}`, {
        weight: tensor("float32", [outputs, inputs], Float32Array.from(rows)),
        bias: tensor("float32", [outputs], Float32Array.from(bias.dataSync())),
      });
    }, input)
    .output("output")
    .build();
}
