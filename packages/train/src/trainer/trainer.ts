/** The loop of training: batches to gradients, gradients to steps, epochs to events. */
import { InternalError } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { TrainData } from "../data/train-data.ts";
import type { TrainableModel } from "../model/trainable-model.ts";
import { clockOf } from "./clock.ts";
import { combineResults } from "./combine.ts";
import { addMeans, type EpochSums, emptySums, epochSums, meansOf } from "./epoch-sums.ts";
import { type EpochEvent, monitored, type StepEvent, type TrainEvent } from "./events.ts";
import { evaluationPass } from "./objective.ts";
import { Stepper } from "./stepper.ts";
import { type TrainedVariable, trainedVariables } from "./trained-variables.ts";
import type { TrainerOptions } from "./trainer-options.ts";

/** Options of one run. */
export interface FitOptions {
  readonly epochs: number;
  readonly validation?: TrainData;
  /** Ends the run after the step under way; checkpoints are written then. */
  readonly signal?: AbortSignal;
}

/** Where a run stands: what a checkpoint keeps beside weights and moments. */
export interface Position {
  readonly step: number;
  readonly epoch: number;
  /** Batches done in the epoch. */
  readonly batch: number;
  readonly sums: EpochSums;
}

/** Trains one model. Its state (position, moments, schedules) can be kept and continued bit for bit. */
export class Trainer {
  readonly model: TrainableModel;
  readonly options: TrainerOptions;
  readonly trained: readonly TrainedVariable[];
  readonly #stepper: Stepper;
  #position: Position = { step: 0, epoch: 0, batch: 0, sums: emptySums };
  #best: ReadonlyMap<string, Float32Array> | undefined;
  #running = false;

  constructor(model: TrainableModel, options: TrainerOptions) {
    this.model = model;
    this.options = options;
    this.trained = trainedVariables(model);
    this.#stepper = new Stepper(model, options, this.trained);
  }

  /** Where the run stands. */
  get position(): Position {
    return this.#position;
  }

  /** Weights of the best epoch, by key, as far as {@link Trainer.keepBest} was called. */
  get best(): ReadonlyMap<string, Float32Array> | undefined {
    return this.#best;
  }

  /** Optimizer, and state carried from batch to batch. */
  get stepper(): Stepper {
    return this.#stepper;
  }

  /**
   * Trains until `epochs` are done, from where the trainer stands.
   *
   * @throws E_NON_FINITE after five steps that are not finite, E_TRAIN_DATA, E_TRAIN_OPTION, E_TRAIN_WORKER
   */
  async *fit(data: TrainData, options: FitOptions): AsyncGenerator<TrainEvent> {
    if (this.#running) throw new InternalError("this trainer is training already");
    this.#running = true;
    try {
      for (let go = true; go && this.#position.epoch < options.epochs; ) {
        go = false;
        for await (const event of this.#epoch(data, options)) {
          yield event;
          if (event.kind === "epoch" && event.stopped === undefined) go = true;
        }
      }
      const end = { aborted: options.signal?.aborted === true && this.#position.epoch < options.epochs };
      for (const callback of this.options.callbacks ?? []) await callback.onEnd?.(this, end);
    } finally {
      this.#running = false;
    }
  }

  /** Loss and metrics over one pass of the data, without training. */
  async evaluate(data: TrainData): Promise<EpochEvent["train"]> {
    let sums = emptySums;
    for await (const batch of data.epoch(0)) {
      const request = { batch, step: this.#position.step };
      sums = addMeans(sums, combineResults([await evaluationPass(this.model, this.options, request)]));
    }
    return meansOf(sums, this.options.metrics ?? []);
  }

  /** Keeps a copy of the weights as the best so far. */
  async keepBest(): Promise<void> {
    this.#best = await this.weights();
  }

  /** Puts the best weights back; nothing where none were kept. */
  restoreBest(): void {
    if (this.#best !== undefined) this.setWeights(this.#best);
  }

  /** Copies of all trained values, by key. */
  async weights(): Promise<ReadonlyMap<string, Float32Array>> {
    return new Map(
      await Promise.all(
        this.trained.map(
          async ({ key, variable }) => [key, Float32Array.from(await variable.data())] as const,
        ),
      ),
    );
  }

  /** Sets trained values by key; keys that are missing keep theirs. */
  setWeights(values: ReadonlyMap<string, Float32Array>): void {
    for (const { key, variable } of this.trained) {
      const next = values.get(key);
      if (next !== undefined)
        tf.tidy(() => variable.assign(tf.tensor(next.slice(), variable.shape, "float32")));
    }
  }

  /** Continues from a position of an earlier run. */
  continueAt(position: Position, best: ReadonlyMap<string, Float32Array> | undefined): void {
    this.#position = position;
    this.#best = best;
  }

  async *#epoch(data: TrainData, options: FitOptions): AsyncGenerator<TrainEvent> {
    const { epoch } = this.#position;
    const steps = options.epochs * data.batches;
    const clock = clockOf(this.options.clock);
    for await (const batch of data.epoch(epoch, this.#position.batch)) {
      const done = await this.#stepper.step(batch, this.#position.step, steps);
      const sums = addMeans(this.#position.sums, done.result);
      this.#position = {
        ...this.#position,
        step: this.#position.step + 1,
        batch: this.#position.batch + 1,
        sums,
      };
      const event: StepEvent = {
        kind: "step",
        step: this.#position.step,
        steps,
        epoch,
        batch: this.#position.batch,
        batches: data.batches,
        ...meansOf(epochSums(done.result), this.options.metrics ?? []),
        lr: done.lr,
        gradNorm: done.gradNorm,
        memoryMB: tf.memory().numBytes / 2 ** 20,
        ...clock(batch.batch, steps - this.#position.step),
        diagnostics: done.diagnostics,
      };
      for (const callback of this.options.callbacks ?? []) await callback.onStep?.(event, this);
      yield event;
      if (options.signal?.aborted === true) return;
    }
    yield await this.#endEpoch(options);
  }

  async #endEpoch({ epochs, validation }: FitOptions): Promise<EpochEvent> {
    const { metrics = [], schedule, scheduleMonitor, callbacks = [] } = this.options;
    const { epoch, step, sums } = this.#position;
    const event: EpochEvent = {
      kind: "epoch",
      epoch,
      epochs,
      step,
      train: meansOf(sums, metrics),
      ...(validation === undefined ? {} : { validation: await this.evaluate(validation) }),
      lr: this.#stepper.lastRate,
    };
    const value = monitored(event, scheduleMonitor ?? (validation === undefined ? "loss" : "val.loss"));
    if (value !== undefined) schedule?.observe?.(value);
    this.#position = { step, epoch: epoch + 1, batch: 0, sums: emptySums };
    const stops: string[] = [];
    for (const callback of callbacks) {
      const stop = await callback.onEpoch?.(event, this);
      if (stop !== undefined) stops.push(stop);
    }
    return stops.length === 0 ? event : { ...event, stopped: stops.join("; ") };
  }
}
