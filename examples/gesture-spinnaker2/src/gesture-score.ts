/** What a network is right about: in all, by class, and where the direction of a turn decides. */
import { gestureNames } from "@nirkit/events";
import type { NirGraph, Sample } from "@nirkit/graph";
import { classOf, floatSimulator } from "./float-network.ts";

/** Classes that differ in the direction of the turn alone: no single frame tells them apart. */
const turns: readonly (readonly [clockwise: number, counterclockwise: number])[] = [
  [3, 4],
  [5, 6],
];

/** Right samples of some. */
export interface Share {
  readonly name: string;
  readonly correct: number;
  readonly of: number;
}

/** Right samples of all, of every class, and of the pairs that turn one way and the other. */
export interface GestureScore {
  readonly all: Share;
  readonly classes: readonly Share[];
  readonly turns: readonly Share[];
}

/** Runs samples in the reference simulator. */
export function scoreGestures(graph: NirGraph, samples: readonly Sample[]): GestureScore {
  const simulator = floatSimulator(graph);
  const [correct, of] = [new Int32Array(gestureNames.length), new Int32Array(gestureNames.length)];
  for (const { input, label = 0 } of samples) {
    of[label] = (of[label] ?? 0) + 1;
    if (classOf(simulator.run(input).outputs) === label) correct[label] = (correct[label] ?? 0) + 1;
  }
  const share = (name: string, labels: readonly number[]): Share => ({
    name,
    correct: labels.reduce((sum, label) => sum + (correct[label] ?? 0), 0),
    of: labels.reduce((sum, label) => sum + (of[label] ?? 0), 0),
  });
  const every = gestureNames.map((_, label) => label);
  return {
    all: share("all", every),
    classes: every.map((label) => share(gestureNames[label] ?? "", [label])),
    turns: turns.map((pair) => share(pair.map((label) => gestureNames[label]).join(" / "), pair)),
  };
}

/** One line per class, per pair and for all. */
export function scoreTable({ all, classes, turns }: GestureScore): string {
  const line = ({ name, correct, of }: Share): string =>
    `${name.padEnd(52)}${`${correct} of ${of}`.padStart(12)}${((100 * correct) / Math.max(1, of)).toFixed(1).padStart(8)} %`;
  return [...classes, ...turns, all].map(line).join("\n");
}
