/** Splits of labelled samples into training and test. */
import { philox, roundHalfEven } from "@nirkit/integer";
import { eventsError } from "../diagnostics.ts";
import { permutation } from "./shuffle.ts";

/** Positions of the two parts, each ascending. */
export interface Split {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * A random split that takes the same share of every class: round(fraction n) of its n samples, at least 1, ties to
 * the even number. The stream is `split/random/<class>`, so that one class does not depend on the others.
 *
 * @param labels class of each sample; a negative label belongs to neither part
 * @throws E_SPLIT for a fraction outside (0, 1)
 */
export function stratifiedSplit(labels: ArrayLike<number>, fraction: number, seed: number | bigint): Split {
  if (!(fraction > 0 && fraction < 1))
    throw eventsError("E_SPLIT", "fraction", {
      why: `The fraction is ${fraction}`,
      hint: "It lies between 0 and 1",
    });
  return drawPerClass(labels, seed, "random", (n) => Math.max(1, roundHalfEven(fraction * n)));
}

/**
 * A random split with `count` training samples of every class, stream `split/per-class/<class>`.
 *
 * @throws E_SPLIT for a count that is no positive integer, or for a class with fewer samples than that
 */
export function perClassSplit(labels: ArrayLike<number>, count: number, seed: number | bigint): Split {
  if (!Number.isInteger(count) || count < 1)
    throw eventsError("E_SPLIT", "count", { why: `The count is ${count}`, hint: "It is a positive integer" });
  return drawPerClass(labels, seed, "per-class", (n, label) => {
    if (n < count)
      throw eventsError("E_SPLIT", `class ${label}`, {
        why: `Class ${label} has ${n} samples, ${count} were asked for`,
        hint: "Ask for fewer, or leave the class out",
      });
    return count;
  });
}

/** Positions of each class, ascending by label. */
export function positionsByClass(labels: ArrayLike<number>): ReadonlyMap<number, readonly number[]> {
  const classes = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label < 0) continue;
    const members = classes.get(label);
    if (members === undefined) classes.set(label, [i]);
    else members.push(i);
  }
  return new Map([...classes].sort(([a], [b]) => a - b));
}

function drawPerClass(
  labels: ArrayLike<number>,
  seed: number | bigint,
  kind: string,
  take: (size: number, label: number) => number,
): Split {
  const [train, test]: [number[], number[]] = [[], []];
  for (const [label, members] of positionsByClass(labels)) {
    const order = permutation(members.length, philox(seed, `split/${kind}/${label}`));
    const count = take(members.length, label);
    order.forEach((k, place) => {
      (place < count ? train : test).push(members[k] as number);
    });
  }
  return { train: Uint32Array.from(train).sort(), test: Uint32Array.from(test).sort() };
}
