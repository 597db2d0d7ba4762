/**
 * Training of a two-layer LIF network by back-propagation through time with a surrogate gradient
 * (Neftci, Mostafa, Zenke, IEEE Signal Processing Magazine 36, 2019; the derivative of a fast sigmoid).
 *
 * Per layer and step: v* = beta·v + W x + b; z = v* > 1; v = v*·(1 − z). Loss: squared distance of the spike counts
 * from half the steps for the class and none for the others. Optimizer: Adam. The gradient does not pass through the
 * reset. Nothing but IEEE 754 operations and square roots, so that the weights are the same on every machine.
 */
import { philox, type Random } from "@nirkit/integer";
import type { GlyphData } from "./glyph-data.ts";

/** Weights of one layer; `weight` is [outputs, inputs], row-major. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly beta: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** Sizes and rates of a training. */
export interface TrainOptions {
  readonly sizes: readonly number[];
  readonly betas: readonly number[];
  readonly steps: number;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** What a layer did in one sample, kept for the way back; rows are steps. */
interface LayerRun {
  readonly pre: Float64Array;
  readonly spikes: Float64Array;
}

interface Gradient {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

interface Missing {
  readonly mean: number;
  readonly square: number;
}

interface Moments extends Gradient {
  readonly squares: Gradient;
}

/** Trains on all samples for a number of epochs and returns the layers. */
export function trainLif(data: GlyphData, options: TrainOptions): readonly Layer[] {
  const random = philox(options.seed, "train");
  const layers = options.betas.map((beta, l) =>
    newLayer(options.sizes[l] ?? 0, options.sizes[l + 1] ?? 0, beta, random),
  );
  const moments = layers.map((layer): Moments => ({ ...zerosLike(layer), squares: zerosLike(layer) }));
  const size = options.steps * (options.sizes[0] ?? 0);
  // Powers of Adam's decay rates: what is missing of its averages.
  const missing = { mean: 1, square: 1 };
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = shuffled(data.labels.length, random);
    // The rate falls toward a twentieth, so that the last epochs settle.
    const rate = options.learningRate * (1 - (0.95 * epoch) / options.epochs);
    for (let from = 0; from < order.length; from += options.batch) {
      const gradients = layers.map(zerosLike);
      const batch = order.subarray(from, from + options.batch);
      for (const sample of batch)
        backward(
          layers,
          gradients,
          data.spikes.subarray(sample * size, (sample + 1) * size),
          data.labels[sample] ?? 0,
          options.steps,
        );
      missing.mean *= 0.9;
      missing.square *= 0.999;
      for (const [l, layer] of layers.entries())
        adam(layer, gradients[l] as Gradient, moments[l] as Moments, rate, missing, batch.length);
    }
  }
  return layers;
}

function newLayer(inputs: number, outputs: number, beta: number, random: Random): Layer {
  // Uniform with standard deviation 1.5 / sqrt(inputs).
  const scale = (2 * 1.5 * Math.sqrt(3)) / Math.sqrt(inputs);
  const weight = Float64Array.from({ length: inputs * outputs }, () => scale * (random.uniform() - 0.5));
  return { inputs, outputs, beta, weight, bias: new Float64Array(outputs) };
}

function zerosLike({ weight, bias }: Gradient): Gradient {
  return { weight: new Float64Array(weight.length), bias: new Float64Array(bias.length) };
}

function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

function forwardLayer(layer: Layer, input: ArrayLike<number>, steps: number): LayerRun {
  const { inputs, outputs, beta, weight, bias } = layer;
  const pre = new Float64Array(steps * outputs);
  const spikes = new Float64Array(steps * outputs);
  const v = new Float64Array(outputs);
  for (let t = 0; t < steps; t++)
    for (let o = 0; o < outputs; o++) {
      let sum = beta * (v[o] ?? 0) + (bias[o] ?? 0);
      for (let j = 0; j < inputs; j++)
        if (input[t * inputs + j] !== 0) sum += (weight[o * inputs + j] ?? 0) * (input[t * inputs + j] ?? 0);
      const fires = sum > 1;
      pre[t * outputs + o] = sum;
      spikes[t * outputs + o] = fires ? 1 : 0;
      v[o] = fires ? 0 : sum;
    }
  return { pre, spikes };
}

/** Adds the gradient of one sample to `gradients`. */
function backward(
  layers: readonly Layer[],
  gradients: readonly Gradient[],
  x: Uint8Array,
  label: number,
  steps: number,
): void {
  const inputs: ArrayLike<number>[] = [x];
  const runs: LayerRun[] = [];
  for (const layer of layers) {
    const run = forwardLayer(layer, inputs.at(-1) ?? [], steps);
    runs.push(run);
    inputs.push(run.spikes);
  }
  let toSpikes = lossGradient(runs.at(-1)?.spikes ?? new Float64Array(), steps, label);
  for (let l = layers.length - 1; l >= 0; l--)
    toSpikes = backwardLayer(
      layers[l] as Layer,
      gradients[l] as Gradient,
      inputs[l] ?? [],
      runs[l] as LayerRun,
      toSpikes,
      steps,
      l > 0,
    );
}

/** d loss / d z[t, o] = (counts − target) / steps, the same in every step. */
function lossGradient(spikes: Float64Array, steps: number, label: number): Float64Array {
  const classes = spikes.length / steps;
  const errors = new Float64Array(classes);
  errors[label] = -steps / 2;
  spikes.forEach((z, i) => {
    errors[i % classes] = (errors[i % classes] ?? 0) + z;
  });
  return spikes.map((_, i) => (errors[i % classes] ?? 0) / steps);
}

/** Goes back through time in one layer; returns d loss / d input unless nobody needs it. */
function backwardLayer(
  layer: Layer,
  gradient: Gradient,
  input: ArrayLike<number>,
  run: LayerRun,
  toSpikes: Float64Array,
  steps: number,
  wantInput: boolean,
): Float64Array {
  const { inputs, outputs, beta, weight } = layer;
  const toInput = new Float64Array(wantInput ? steps * inputs : 0);
  const carry = new Float64Array(outputs);
  for (let t = steps - 1; t >= 0; t--)
    for (let o = 0; o < outputs; o++) {
      const at = t * outputs + o;
      const distance = 1 + 4 * Math.abs((run.pre[at] ?? 0) - 1);
      const slope = 1 / (distance * distance);
      const delta = (toSpikes[at] ?? 0) * slope + (carry[o] ?? 0) * (1 - (run.spikes[at] ?? 0));
      carry[o] = beta * delta;
      if (delta === 0) continue;
      gradient.bias[o] = (gradient.bias[o] ?? 0) + delta;
      for (let j = 0; j < inputs; j++) {
        const w = o * inputs + j;
        const value = input[t * inputs + j] ?? 0;
        if (value !== 0) gradient.weight[w] = (gradient.weight[w] ?? 0) + delta * value;
        if (wantInput) toInput[t * inputs + j] = (toInput[t * inputs + j] ?? 0) + delta * (weight[w] ?? 0);
      }
    }
  return toInput;
}

/** Kingma and Ba, arXiv 1412.6980, with their usual decay rates. */
function adam(
  layer: Layer,
  gradient: Gradient,
  moments: Moments,
  rate: number,
  missing: Missing,
  batch: number,
): void {
  for (const part of ["weight", "bias"] as const) {
    const [values, slopes, mean, square] = [
      layer[part],
      gradient[part],
      moments[part],
      moments.squares[part],
    ];
    for (let i = 0; i < values.length; i++) {
      const slope = (slopes[i] ?? 0) / batch;
      mean[i] = 0.9 * (mean[i] ?? 0) + 0.1 * slope;
      square[i] = 0.999 * (square[i] ?? 0) + 0.001 * slope * slope;
      const corrected = (mean[i] ?? 0) / (1 - missing.mean);
      const scale = Math.sqrt((square[i] ?? 0) / (1 - missing.square)) + 1e-8;
      values[i] = (values[i] ?? 0) - (rate * corrected) / scale;
    }
  }
}
