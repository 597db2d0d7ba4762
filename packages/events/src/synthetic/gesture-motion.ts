/** How the hands of the eleven gestures move (events.md 15.3). */
import { sceneRange, sceneUniform } from "./scene-hash.ts";
import { cosineOf, sineOf } from "./scene-tables.ts";

/** Names of the classes, by label. */
export const gestureNames: readonly string[] = [
  "hand clap",
  "right hand wave",
  "left hand wave",
  "right arm clockwise",
  "right arm counter-clockwise",
  "left arm clockwise",
  "left arm counter-clockwise",
  "arm roll",
  "air drums",
  "air guitar",
  "other gestures",
];

/** Cycles per second of each class before tempo. */
const frequency = [1.6, 1.8, 1.8, 1.1, 1.1, 1.1, 1.1, 1.3, 1.6, 1.5, 0.8];

/** Both hands in canonical coordinates; y grows downwards. */
export interface Hands {
  rightX: number;
  rightY: number;
  leftX: number;
  leftY: number;
}

const restRight = [43, 95] as const;
const restLeft = [85, 95] as const;

/** Constants of one trial. */
export interface Motion {
  readonly label: number;
  readonly keys: readonly number[];
  /** Cycles per second. */
  readonly frequency: number;
  readonly amplitude: number;
  readonly phase: number;
  readonly wobble: number;
  /** Class 10: per hand and term the rates and phases of both axes. */
  readonly terms: readonly (readonly [number, number, number, number])[];
}

/** The motion of a trial from its keys (data set, user, light, class, repetition). */
export function gestureMotion(keys: readonly number[], label: number, tempo: number, amp: number): Motion {
  const terms: (readonly [number, number, number, number])[] = [];
  for (let hand = 0; hand < 2; hand++)
    for (let m = 0; m < 3; m++)
      terms.push([
        sceneRange(0.5, 2.5, ...keys, 10 + hand, m, 0),
        sceneUniform(...keys, 10 + hand, m, 1),
        sceneRange(0.5, 2.5, ...keys, 10 + hand, m, 2),
        sceneUniform(...keys, 10 + hand, m, 3),
      ]);
  return {
    label,
    keys,
    frequency: (frequency[label] as number) * tempo * sceneRange(0.9, 1.1, ...keys, 1),
    amplitude: amp * sceneRange(0.9, 1.1, ...keys, 3),
    phase: sceneUniform(...keys, 2),
    wobble: sceneUniform(...keys, 6),
    terms,
  };
}

/** Where the hands are at a time in seconds. */
export function handsAt(motion: Motion, seconds: number): Hands {
  const { amplitude: A } = motion;
  const ph = motion.phase + motion.frequency * seconds + 0.05 * sineOf(0.37 * seconds + motion.wobble);
  const right = (x: number, y: number): Hands => ({
    rightX: x,
    rightY: y,
    leftX: restLeft[0],
    leftY: restLeft[1],
  });
  const left = (x: number, y: number): Hands => ({
    rightX: restRight[0],
    rightY: restRight[1],
    leftX: x,
    leftY: y,
  });
  const both = (rightX: number, rightY: number, leftX: number, leftY: number): Hands => ({
    rightX,
    rightY,
    leftX,
    leftY,
  });
  const up = (phase: number): number => Math.max(0, sineOf(phase)) * Math.max(0, sineOf(phase));
  switch (motion.label) {
    case 0: {
      const q = 3 + 17 * A * (0.5 + 0.5 * cosineOf(ph));
      const y = 66 + 3 * sineOf(ph);
      return both(64 - q, y, 64 + q, y);
    }
    case 1:
      return right(34 + 11 * A * sineOf(ph), 38 + 2 * cosineOf(2 * ph));
    case 2:
      return left(94 + 11 * A * sineOf(ph), 38 + 2 * cosineOf(2 * ph));
    case 3:
      return right(33 + 14 * A * cosineOf(ph), 60 + 14 * A * sineOf(ph));
    case 4:
      return right(33 + 14 * A * cosineOf(ph), 60 - 14 * A * sineOf(ph));
    case 5:
      return left(95 + 14 * A * cosineOf(ph), 60 + 14 * A * sineOf(ph));
    case 6:
      return left(95 + 14 * A * cosineOf(ph), 60 - 14 * A * sineOf(ph));
    case 7: {
      const [c, s] = [cosineOf(ph), sineOf(ph)];
      return both(60 + 7 * A * c, 68 + 10 * A * s, 68 - 7 * A * c, 68 - 10 * A * s);
    }
    case 8:
      return both(
        46 + 2 * cosineOf(ph),
        82 - 20 * A * up(ph),
        82 + 2 * cosineOf(ph),
        82 - 20 * A * up(ph + 0.5),
      );
    case 9:
      return both(
        57 + 3 * cosineOf(2 * ph),
        78 + 11 * A * sineOf(2 * ph),
        93 + 5 * A * sineOf(ph / 2),
        56 + 2 * sineOf(ph / 2),
      );
    default:
      return both(...wander(motion, 42, 0, ph), ...wander(motion, 86, 1, ph));
  }
}

function wander(motion: Motion, x: number, hand: 0 | 1, phase: number): readonly [x: number, y: number] {
  let [atX, atY] = [x, 66];
  for (let m = 0; m < 3; m++) {
    const [a, b, a2, b2] = motion.terms[hand * 3 + m] as readonly [number, number, number, number];
    atX += 8 * motion.amplitude * sineOf(a * phase + b);
    atY += 8 * motion.amplitude * sineOf(a2 * phase + b2);
  }
  return [atX, atY];
}
