/** The synthetic gestures that train and that test: users 1 to 23, and 24 to 29. */
import { cachedGestures } from "./gesture-cache.ts";
import type { Recordings } from "./recordings.ts";

/** Seed of the synthetic data set. */
const dataSeed = 2024;

const users = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);

/** A part of the data set, from the folder where it is there. */
export function gesturePart(
  folder: string,
  part: "train" | "test",
  repetitions: number,
  say: (text: string) => void,
): Promise<Recordings> {
  const request = {
    seed: dataSeed,
    users: part === "train" ? users(1, 23) : users(24, 29),
    repetitions,
  };
  return cachedGestures(folder, request, (done, total) => say(`${part}: made ${done} of ${total} users`));
}
