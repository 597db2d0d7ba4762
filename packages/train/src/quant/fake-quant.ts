/** Quantization-aware training with any weight quantizer: its integers forward, its gradients backward. */
import { BitSet } from "@nirkit/integer";
import { annotateWeight, type FittedScale, type QuantTensor, type WeightQuantizer } from "@nirkit/quantize";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { ParamTransform, TransformContext, WeightNode } from "../model/trainable-model.ts";
import { valuesNow } from "../tfjs/read-values.ts";

/** How a fake quantizer adapts. */
export interface FakeQuantOptions {
  /** Steps before it quantizes. Default 0. */
  readonly startStep?: number;
  /** Training steps between two fits of the scale; 0 keeps the first. Default 1. */
  readonly refitEvery?: number;
  /** Step from which the scale stays as it is. Default: until {@link ParamTransform.freeze}. */
  readonly refitUntil?: number;
  /** Trains the scale with the gradient of the quantizer instead of fitting it. Default false. */
  readonly learnScale?: boolean;
  /** Name of the variable of a learned scale; unique in a program. */
  readonly name?: string;
}

/** A fake quantizer; one per parameter. */
export interface FakeQuant extends ParamTransform {
  /** The scale in use; undefined before the first values were seen. */
  readonly fitted: FittedScale | undefined;
  /** The integers of values. */
  quantized(values: Float32Array): QuantTensor;
}

/**
 * A transform that replaces weights by their quantized values, straight through.
 *
 * Evaluation quantizes with the scale of the last training step, so that it is exact with what `toNir` exports.
 * Weights that a mask holds at 0 do not count in the fit.
 *
 * @throws E_TRAIN_OPTION where a scale is to be learned of which the quantizer has no gradient
 * @example nodes: { fc1: { transforms: { weight: [fakeQuant(uniform, uniform.params.parse({ bits: 4 }))] } } }
 */
export function fakeQuant<P>(
  quantizer: WeightQuantizer<P>,
  params: P,
  options: FakeQuantOptions = {},
): FakeQuant {
  return new QuantizerTransform(quantizer, params, options);
}

/** A scale and its relations, which a learned scale keeps. */
interface State {
  readonly axis: number | null;
  readonly scale: readonly number[];
  readonly alpha: readonly number[];
  readonly cut: readonly number[] | undefined;
  readonly shape: readonly number[];
  readonly frozen: boolean;
  readonly lastFit: number;
}

class QuantizerTransform<P> implements FakeQuant {
  readonly name: string;
  readonly #quantizer: WeightQuantizer<P>;
  readonly #params: P;
  readonly #options: FakeQuantOptions;
  #fitted: FittedScale | undefined;
  #scale: tf.Variable | undefined;
  #frozen = false;
  #lastFit = -1;

  constructor(quantizer: WeightQuantizer<P>, params: P, options: FakeQuantOptions) {
    this.name = `quant/${quantizer.scheme}`;
    this.#quantizer = quantizer;
    this.#params = params;
    this.#options = options;
  }

  get fitted(): FittedScale | undefined {
    return this.#scale === undefined ? this.#fitted : this.#withScale(valuesNow(this.#scale, "fakeQuant"));
  }

  apply(value: tf.Tensor, context: TransformContext): tf.Tensor {
    const values = valuesNow(value, "fakeQuant").slice();
    this.#fit(values, value.shape, context);
    if (context.training && context.step < (this.#options.startStep ?? 0)) return value;
    const scale = this.#scale;
    return scale === undefined ? this.#straight(value) : this.#learned(value, scale);
  }

  #fit(values: Float32Array, shape: readonly number[], { training, step, mask }: TransformContext): void {
    const { refitEvery = 1, refitUntil = Number.POSITIVE_INFINITY, learnScale = false } = this.#options;
    const due = training && !this.#frozen && !learnScale && refitEvery > 0 && step < refitUntil;
    const first = this.#fitted === undefined;
    if (!first && !(due && (this.#lastFit < 0 || step - this.#lastFit >= refitEvery))) return;
    this.#fitted = this.#quantizer.fit(values, shape, this.#params, bitsOf(mask));
    if (training) this.#lastFit = step;
    if (first && learnScale) this.#makeVariable(values);
  }

  #makeVariable(values: Float32Array): void {
    const fitted = this.#fitted as FittedScale;
    const { gradScale } = this.#quantizer.backward(values, values, fitted, this.#params);
    if (gradScale === undefined)
      throw trainError("E_TRAIN_OPTION", this.name, {
        why: `${this.#quantizer.scheme} has no gradient of its scale with these parameters`,
        hint: "Choose parameters that learn it (gradient lsq, alphaMode learned), or leave learnScale out",
      });
    this.#scale = tf.tidy(() =>
      tf.variable(tf.tensor1d(Float32Array.from(fitted.scale)), true, this.#options.name),
    );
  }

  /** The fitted scale with other values; clip and cut keep their ratio to it. */
  #withScale(values: ArrayLike<number>): FittedScale {
    const fitted = this.#fitted as FittedScale;
    // A scale that training drove to 0 or below would turn all signs: it stays a small positive number.
    const scale = Float64Array.from(fitted.scale, (first, i) =>
      Math.fround(Math.max(values[i] as number, 1e-6 * first)),
    );
    const ratio = (given: Float64Array): Float64Array =>
      given.map((value, i) => (value / (fitted.scale[i] as number)) * (scale[i] as number));
    return {
      ...fitted,
      scale,
      alpha: ratio(fitted.alpha),
      ...(fitted.cut === undefined ? {} : { cut: ratio(fitted.cut) }),
    };
  }

  #straight(value: tf.Tensor): tf.Tensor {
    const fitted = this.#fitted as FittedScale;
    return tf.customGrad((given, save) => {
      const w = given as tf.Tensor;
      (save as tf.GradSaveFunc)([w]);
      return {
        value: this.#dequantized(w, fitted),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          this.#gradients(dy, saved[0] as tf.Tensor, fitted).weight,
      };
    })(value);
  }

  #learned(value: tf.Tensor, scale: tf.Variable): tf.Tensor {
    return tf.customGrad((given, steps, save) => {
      const [w, s] = [given as tf.Tensor, steps as tf.Tensor];
      (save as tf.GradSaveFunc)([w, s]);
      return {
        value: this.#dequantized(w, this.#withScale(valuesNow(s, "fakeQuant"))),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const fitted = this.#withScale(valuesNow(saved[1] as tf.Tensor, "fakeQuant"));
          const { weight, scale: step } = this.#gradients(dy, saved[0] as tf.Tensor, fitted);
          return [weight, tf.tensor1d(Float32Array.from(step ?? [...fitted.scale].fill(0)))];
        },
      };
    })(value, scale);
  }

  #dequantized(w: tf.Tensor, fitted: FittedScale): tf.Tensor {
    const values = valuesNow(w, "fakeQuant").slice();
    return tf.tensor(this.#quantizer.quantize(values, fitted, this.#params).dequant, w.shape, "float32");
  }

  #gradients(
    dy: tf.Tensor,
    w: tf.Tensor,
    fitted: FittedScale,
  ): { readonly weight: tf.Tensor; readonly scale: Float64Array | undefined } {
    const [back, values] = [valuesNow(dy, "fakeQuant").slice(), valuesNow(w, "fakeQuant").slice()];
    const { gradW, gradScale } = this.#quantizer.backward(back, values, fitted, this.#params);
    return { weight: tf.tensor(gradW, w.shape, "float32"), scale: gradScale };
  }

  quantized(values: Float32Array): QuantTensor {
    const { fitted } = this;
    if (fitted === undefined)
      throw trainError("E_TRAIN_OPTION", this.name, {
        why: "No weights were seen yet",
        hint: "Build a model with it first",
      });
    return this.#quantizer.quantize(values, fitted, this.#params);
  }

  annotate(node: WeightNode, value: Float32Array): WeightNode {
    const zeros = value.reduce((count, w) => count + (w === 0 ? 1 : 0), 0);
    const words = this.#quantizer.describe(this.#params);
    return annotateWeight(node, this.quantized(value), words, zeros / Math.max(1, value.length));
  }

  variables(): readonly tf.Variable[] {
    return this.#scale === undefined ? [] : [this.#scale];
  }

  freeze(): void {
    this.#frozen = true;
  }

  state(): State | null {
    const { fitted } = this;
    if (fitted === undefined) return null;
    return {
      axis: fitted.axis,
      scale: [...fitted.scale],
      alpha: [...fitted.alpha],
      cut: fitted.cut === undefined ? undefined : [...fitted.cut],
      shape: [...fitted.shape],
      frozen: this.#frozen,
      lastFit: this.#lastFit,
    };
  }

  restore(state: unknown): void {
    if (state === null || typeof state !== "object") return;
    const { axis, scale, alpha, cut, shape, frozen, lastFit } = state as State;
    this.#fitted = {
      axis,
      scale: Float64Array.from(scale),
      alpha: Float64Array.from(alpha),
      shape,
      ...(cut === undefined ? {} : { cut: Float64Array.from(cut) }),
    };
    this.#frozen = frozen;
    this.#lastFit = lastFit;
    const variable = this.#scale;
    if (variable !== undefined) tf.tidy(() => variable.assign(tf.tensor1d(Float32Array.from(scale))));
  }
}

function bitsOf(mask: tf.Tensor | undefined): BitSet | undefined {
  if (mask === undefined) return undefined;
  const values = valuesNow(mask, "fakeQuant");
  const bits = BitSet.ofLength(values.length);
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) bits.set(i);
  return bits;
}
