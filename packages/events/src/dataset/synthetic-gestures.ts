/** The synthetic gestures as a data set: every user, class and repetition, made when it is taken. */
import { eventsError } from "../diagnostics.ts";
import { gestureNames } from "../synthetic/gesture-motion.ts";
import { sceneLights } from "../synthetic/gesture-scene.ts";
import { synthesizeGesture } from "../synthetic/synthesize-gesture.ts";
import { datasetOf, type EventDataset } from "./dataset.ts";
import type { Part } from "./nmnist.ts";

/** Which synthetic gestures. */
export interface SyntheticGesturesOptions {
  readonly seed: number;
  /** Users 1 to 23, 24 to 29, or all of them. */
  readonly part?: Part;
  /** Users, over the part. */
  readonly users?: readonly number[];
  /** Repetitions of each class and user; the light changes with the repetition. Default 1. */
  readonly repetitions?: number;
  /** One light for all. */
  readonly light?: string;
  /** Milliseconds of each; 1000 when absent. */
  readonly steps?: number;
}

const users = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);
const parts: Readonly<Record<Part, readonly number[]>> = {
  train: users(1, 23),
  test: users(24, 29),
  all: users(1, 29),
};

/**
 * Synthetic gestures in the order user, class, repetition. Repetition r of user u stands in light (u + r) modulo 5
 * unless one is named.
 *
 * @throws E_SYNTHETIC
 */
export function syntheticGestures(options: SyntheticGesturesOptions): EventDataset {
  const { seed, part = "all", repetitions = 1, steps = 1000, light } = options;
  const chosen = options.users ?? parts[part];
  const classes = gestureNames.length;
  if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > 10_000)
    throw eventsError("E_SYNTHETIC", "repetitions", {
      why: `repetitions is ${repetitions}`,
      hint: "It is an integer of 1 to 10000",
    });
  const trialOf = (index: number): { user: number; label: number; repetition: number } => ({
    user: chosen[Math.floor(index / (classes * repetitions))] as number,
    label: Math.floor(index / repetitions) % classes,
    repetition: index % repetitions,
  });
  const length = chosen.length * classes * repetitions;
  const lightOf = (user: number, repetition: number): string =>
    light ?? (sceneLights[(user + repetition) % sceneLights.length] as string);
  const dataset = datasetOf(length, (index) => {
    const trial = trialOf(index);
    const stands = lightOf(trial.user, trial.repetition);
    const stream = synthesizeGesture({ seed, ...trial, light: stands, steps });
    return {
      stream,
      label: trial.label,
      id: `user ${trial.user}, ${stands}, ${trial.label}, ${trial.repetition}`,
    };
  });
  return {
    ...dataset,
    labels: Int32Array.from({ length }, (_, index) => trialOf(index).label),
    classes: gestureNames,
    diagnostics: [],
  };
}
