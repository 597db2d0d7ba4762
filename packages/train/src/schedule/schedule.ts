/** Schedules: functions of the optimizer step, for learning rates, surrogate slopes and the start of quantization. */
import { trainError } from "../diagnostics.ts";

/** A factor (of the base learning rate) or a value, by step. */
export interface Schedule {
  readonly name: string;
  /**
   * Factor of the learning rate.
   *
   * @param step optimizer steps done, from 0
   * @param total steps of the whole run
   */
  at(step: number, total: number): number;
  /** Told the monitored value after each epoch, by schedules that look at it. */
  observe?(value: number): void;
  /** Plain JSON for checkpoints, of schedules that remember. */
  state?(): unknown;
  /** Takes back what {@link Schedule.state} gave. */
  restore?(state: unknown): void;
}

/** Always the same. Default 1. */
export function constant(value = 1): Schedule {
  return { name: "constant", at: () => value };
}

/** γ^floor(step / every). */
export function stepDecay(options: { readonly every: number; readonly gamma?: number }): Schedule {
  const { every, gamma = 0.1 } = options;
  positive("every", every);
  return { name: "step", at: (step) => gamma ** Math.floor(step / every) };
}

/** γ to the number of milestones passed (step >= milestone). */
export function multiStep(options: {
  readonly milestones: readonly number[];
  readonly gamma?: number;
}): Schedule {
  const { milestones, gamma = 0.1 } = options;
  return { name: "multi-step", at: (step) => gamma ** milestones.filter((m) => step >= m).length };
}

/** γ^step. */
export function exponential(options: { readonly gamma: number }): Schedule {
  return { name: "exponential", at: (step) => options.gamma ** step };
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** Steps of a linear rise from 1/warmupSteps to 1. Default 0. */
  readonly warmupSteps?: number;
  /** Factor at the end. Default 0. */
  readonly floor?: number;
}

/** Linear rise, then floor + (1 − floor)(1 + cos πp)/2 with p the share of the remaining steps. */
export function cosine(options: CosineOptions = {}): Schedule {
  const { warmupSteps = 0, floor = 0 } = options;
  return {
    name: "cosine",
    at: (step, total) => {
      if (step < warmupSteps) return (step + 1) / warmupSteps;
      const share = Math.min(1, (step - warmupSteps) / Math.max(1, total - warmupSteps));
      return floor + ((1 - floor) * (1 + Math.cos(Math.PI * share))) / 2;
    },
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Share of the steps that rise. Default 0.3. */
  readonly rise?: number;
  /** The cycle starts at 1/start. Default 25. */
  readonly start?: number;
  /** It ends at 1/(start·end). Default 1e4. */
  readonly end?: number;
}

/** Cosine rise from 1/start to 1, cosine fall to 1/(start·end) (Smith and Topin, arXiv 1708.07120). */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const { rise = 0.3, start = 25, end = 1e4 } = options;
  const between = (a: number, b: number, share: number): number =>
    b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;
  return {
    name: "one-cycle",
    at: (step, total) => {
      const peak = Math.max(1, rise * total);
      return step < peak
        ? between(1 / start, 1, step / peak)
        : between(1, 1 / (start * end), Math.min(1, (step - peak) / Math.max(1, total - peak)));
    },
  };
}

/** floor + (1 − floor)(1 − step/total)^power. */
export function polynomial(options: { readonly power?: number; readonly floor?: number } = {}): Schedule {
  const { power = 1, floor = 0 } = options;
  return {
    name: "polynomial",
    at: (step, total) => floor + (1 - floor) * (1 - Math.min(1, step / Math.max(1, total))) ** power,
  };
}

/** From one value to another between two steps, in a straight line: a slope to anneal, a weight to fade in. */
export function ramp(options: {
  readonly from: number;
  readonly to: number;
  readonly start?: number;
  readonly end?: number;
}): Schedule {
  const { from, to, start = 0, end } = options;
  return {
    name: "ramp",
    at: (step, total) => {
      const share = (step - start) / Math.max(1, (end ?? total) - start);
      return from + (to - from) * Math.min(1, Math.max(0, share));
    },
  };
}

/** 0 before a step, 1 from it on: when quantization begins. */
export function startAt(step: number): Schedule {
  return { name: "start-at", at: (at) => (at >= step ? 1 : 0) };
}

function positive(name: string, value: number): void {
  if (!(value > 0))
    throw trainError("E_TRAIN_OPTION", `schedule.${name}`, { why: `It is ${value}, not positive` });
}
