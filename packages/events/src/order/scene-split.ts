/** The split of a labelled scene in which no test patch shares a pixel with a training patch of its class. */
import { eventsError } from "../diagnostics.ts";
import { positionsByClass, type Split } from "./split.ts";

/**
 * Per class: q is the row of the pixel with index floor(fraction n) in row-major order; rows above q train, rows from
 * q + patch - 1 on test, rows between belong to neither part.
 *
 * @param labels row-major, negative for pixels without a class
 * @param width pixels in a row
 * @param patch odd side of a patch
 * @throws E_SPLIT for a fraction outside (0, 1), an even patch, or classes without a training pixel, which are listed
 * @see hyperspectral.md 2.3
 */
export function disjointSplit(
  labels: ArrayLike<number>,
  width: number,
  { fraction, patch }: { readonly fraction: number; readonly patch: number },
): Split {
  if (!(fraction > 0 && fraction < 1))
    throw eventsError("E_SPLIT", "fraction", {
      why: `The fraction is ${fraction}`,
      hint: "It lies between 0 and 1",
    });
  if (!Number.isInteger(patch) || patch < 1 || patch % 2 === 0)
    throw eventsError("E_SPLIT", "patch", {
      why: `The patch is ${patch} pixels wide`,
      hint: "It is an odd number",
    });
  const [train, test, without]: [number[], number[], number[]] = [[], [], []];
  for (const [label, members] of positionsByClass(labels)) {
    const border = Math.floor((members[Math.floor(fraction * members.length)] as number) / width);
    const before = train.length;
    for (const at of members) {
      const row = Math.floor(at / width);
      if (row < border) train.push(at);
      else if (row >= border + patch - 1) test.push(at);
    }
    if (train.length === before) without.push(label);
  }
  if (without.length > 0)
    throw eventsError("E_SPLIT", "classes", {
      why: `No training pixel in class ${without.join(", ")}`,
      hint: "Take a larger fraction, or another kind of split",
    });
  return { train: Uint32Array.from(train).sort(), test: Uint32Array.from(test).sort() };
}
