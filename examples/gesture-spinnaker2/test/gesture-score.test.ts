/** What a gesture network is right about; deep: what training reaches on users that it has not seen. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syntheticGestures } from "@nirkit/events";
import { describe, expect, test } from "vitest";
import { gestureNetwork } from "../src/gesture-network.ts";
import { gesturePart } from "../src/gesture-parts.ts";
import { scoreGestures, scoreTable } from "../src/gesture-score.ts";
import { recordingsOf } from "../src/recordings.ts";
import { testSamples } from "../src/samples.ts";
import { trainFloat } from "../src/train-network.ts";

test("a network that never spikes takes every sample for a clap: 1 of 11, no turn right", async () => {
  const recordings = await recordingsOf(syntheticGestures({ seed: 2024, users: [3], steps: 120 }));
  const score = scoreGestures(gestureNetwork(), testSamples(recordings));
  expect(score.all).toEqual({ name: "all", correct: 1, of: 11 });
  expect(score.classes[0]).toEqual({ name: "hand clap", correct: 1, of: 1 });
  expect(score.turns.map(({ correct, of }) => [correct, of])).toEqual([
    [0, 2],
    [0, 2],
  ]);
  expect(scoreTable(score).split("\n")).toHaveLength(14);
});

describe.runIf(process.env.NIRKIT_DEEP === "1")("training on users 1 to 23", () => {
  test("is right in 95 % of users 24 to 29, and in 90 % of each pair of turns (seed 11)", async () => {
    const cache = join(tmpdir(), "nirkit-gestures-cache");
    const say = (): void => {};
    const training = await gesturePart(cache, "train", 3, say);
    const testing = testSamples(await gesturePart(cache, "test", 8, say));
    const { all, turns } = scoreGestures(await trainFloat(training, { epochs: 30, seed: 11 }), testing);
    expect(all.correct / all.of).toBeGreaterThanOrEqual(0.95);
    for (const { correct, of } of turns) expect(correct / of).toBeGreaterThanOrEqual(0.9);
  }, 7_200_000);
});
