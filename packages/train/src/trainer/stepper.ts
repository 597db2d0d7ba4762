/** One batch to one optimizer step (one per window of truncated backpropagation). */
import type { Diagnostic } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { sliceSamples, sliceSteps, type TrainBatch } from "../data/train-batch.ts";
import { trainDiagnostic, trainError } from "../diagnostics.ts";
import type { NetworkState, TrainableModel } from "../model/trainable-model.ts";
import { clipGradients } from "../optimizer/clip-gradients.ts";
import type { Update } from "../optimizer/optimizer.ts";
import { applyMasks } from "../quant/masks.ts";
import { type Combined, combineParts, combineResults } from "./combine.ts";
import { type GradientEngine, localEngine } from "./gradient-engine.ts";
import type { PassResult } from "./objective.ts";
import type { TrainedVariable } from "./trained-variables.ts";
import type { TrainerOptions } from "./trainer-options.ts";
import { type Window, windowsOf } from "./windows.ts";

/** What a step did. */
export interface StepResult {
  readonly result: Omit<PassResult, "state">;
  readonly lr: number;
  readonly gradNorm: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Steps in a row that may be not finite before the run ends. */
const patience = 5;

/** Applies gradients to the trained variables. */
export class Stepper {
  readonly #options: TrainerOptions;
  readonly #trained: readonly TrainedVariable[];
  readonly #engine: GradientEngine;
  readonly #model: TrainableModel;
  #gradientsBefore: ReadonlyMap<string, Float32Array> = new Map();
  /** Per part, with `state: "carry"`. */
  carried: readonly NetworkState[] = [];
  lastRate = 0;
  /** Steps left out one after the other. */
  skipped = 0;

  constructor(model: TrainableModel, options: TrainerOptions, trained: readonly TrainedVariable[]) {
    this.#options = options;
    this.#model = model;
    this.#trained = trained;
    this.#engine = options.workers ?? localEngine(model, options);
  }

  async step(batch: TrainBatch, step: number, steps: number): Promise<StepResult> {
    const { optimizer, schedule, tbptt } = this.#options;
    const lr = optimizer.lr * (schedule?.at(step, steps) ?? 1);
    this.lastRate = lr;
    for (const provider of this.#options.masks ?? [])
      applyMasks(this.#model, provider, step, this.#gradientsBefore);
    const parts = this.#parts(batch);
    let states: readonly NetworkState[] = this.#options.state === "carry" ? this.carried : [];
    const done: Combined[] = [];
    const diagnostics: Diagnostic[] = [];
    let gradNorm = 0;
    for (const window of windowsOf(batch.steps, tbptt)) {
      const combined = await this.#gradients(parts, window, states, step);
      ({ states } = combined);
      gradNorm = Math.max(gradNorm, await this.#apply(combined, lr, step, diagnostics));
      done.push(combined);
    }
    this.carried = states;
    const result = joinWindows(done);
    if (isDead(result))
      diagnostics.push(trainDiagnostic("W_DEAD_OUTPUT", "output", { classes: result.classes }));
    return { result, lr, gradNorm, diagnostics };
  }

  /** The batch in parts: one per worker at least, none larger than the micro-batch. */
  #parts(batch: TrainBatch): readonly TrainBatch[] {
    const { microBatch = batch.batch } = this.#options;
    if (!Number.isInteger(microBatch) || microBatch < 1)
      throw trainError("E_TRAIN_OPTION", "microBatch", {
        why: `It is ${microBatch}, not a positive integer`,
      });
    const count = Math.max(Math.ceil(batch.batch / microBatch), Math.min(this.#engine.parallel, batch.batch));
    const cut = (part: number): number => Math.floor((part * batch.batch) / count);
    return Array.from({ length: count }, (_, part) => sliceSamples(batch, cut(part), cut(part + 1)));
  }

  async #gradients(
    parts: readonly TrainBatch[],
    { from, to, lossFrom, next }: Window,
    states: readonly NetworkState[],
    step: number,
  ): Promise<Combined> {
    const requests = parts.map((part, k) => {
      const state = states[k];
      return {
        batch: sliceSteps(part, from, to),
        step,
        lossFrom,
        ...(state === undefined ? {} : { state }),
        ...(next === 0 ? {} : { stateAfter: next }),
      };
    });
    return combineParts(await this.#engine.compute(requests));
  }

  /** Moves the variables; leaves them where loss or gradients are not finite. Returns the norm of the gradients. */
  async #apply(combined: Combined, lr: number, step: number, diagnostics: Diagnostic[]): Promise<number> {
    const { optimizer, gradClip = {}, learningRates = {} } = this.#options;
    const broken = nonFinite(combined);
    if (broken.length > 0) {
      this.skipped += 1;
      if (this.skipped >= patience)
        throw trainError("E_NON_FINITE", "gradients", { parameters: broken, steps: this.skipped });
      diagnostics.push(trainDiagnostic("W_NON_FINITE", "gradients", { parameters: broken, step: step + 1 }));
      return 0;
    }
    this.skipped = 0;
    const moving = this.#trained.filter(({ key }) => combined.gradients.has(key));
    for (const { key, role, parameter } of moving)
      if (role !== "scale") await masked(combined.gradients.get(key) as Float32Array, parameter.mask);
    const owned = moving.map(({ key, role }) => ({
      role,
      gradient: combined.gradients.get(key) as Float32Array,
    }));
    const norm = clipGradients(owned, gradClip);
    this.#gradientsBefore = combined.gradients;
    const updates = await Promise.all(
      moving.map(async ({ key, role, variable, parameter }): Promise<Update> => {
        const { mask } = parameter;
        return {
          key,
          role,
          shape: variable.shape,
          values: (await variable.data()) as Float32Array,
          gradient: combined.gradients.get(key) as Float32Array,
          multiplier: learningRates[role] ?? 1,
          ...(mask === undefined || role === "scale" ? {} : { mask: (await mask.data()) as Float32Array }),
        };
      }),
    );
    const next = optimizer.apply(updates, lr);
    for (const [k, { mask }] of updates.entries()) multiply(next[k] as Float32Array, mask);
    moving.forEach(({ variable, parameter, role }, k) => {
      tf.tidy(() => variable.assign(tf.tensor(next[k] as Float32Array, variable.shape, "float32")));
      if (role !== "scale") parameter.project();
    });
    return norm;
  }
}

/** Gradients of workers know no masks. */
async function masked(gradient: Float32Array, mask: tf.Tensor | undefined): Promise<void> {
  if (mask !== undefined) multiply(gradient, (await mask.data()) as Float32Array);
}

function multiply(values: Float32Array, mask: Float32Array | undefined): void {
  mask?.forEach((keep, k) => {
    values[k] = (values[k] as number) * keep;
  });
}

function nonFinite({ loss, gradients }: Combined): string[] {
  const broken = Number.isFinite(loss) ? [] : ["loss"];
  for (const [key, gradient] of gradients) if (!allFinite(gradient)) broken.push(key);
  return broken;
}

/** A square of float32 is finite in float64, so that their sum is finite just where all numbers are. */
function allFinite(values: Float32Array): boolean {
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += (values[k] as number) ** 2;
  return Number.isFinite(squares);
}

/** The loss of a step with windows is the mean over them; metrics are those of the last one. */
function joinWindows(done: readonly Combined[]): Omit<PassResult, "state"> {
  const last = done.at(-1);
  if (last === undefined || done.length === 1) return last ?? combineResults([]);
  const loss = done.reduce((sum, window) => sum + window.loss / done.length, 0);
  return { ...last, loss };
}

/** Chance level with no spike at all (section 7). */
function isDead({ loss, outputSpikes, classes }: Omit<PassResult, "state">): boolean {
  return outputSpikes === 0 && Math.abs(loss - Math.log(classes)) <= 1e-6 * Math.max(1, Math.log(classes));
}
