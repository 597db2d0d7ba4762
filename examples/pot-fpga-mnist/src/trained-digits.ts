/** Trained networks in a folder, so that a second run starts with what the first one learned. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NirGraph } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import type { Digits } from "./digits.ts";
import { type Recipe, type TrainedDigits, trainDigits } from "./train-digits.ts";

/** The networks of a recipe: read where the folder has them, trained and kept where not. */
export async function cachedDigits(
  folder: string,
  digits: Digits,
  recipe: Recipe,
  said: (text: string) => void,
): Promise<TrainedDigits> {
  const [float, pot] = [join(folder, "float.nir"), join(folder, "pot-4.nir")];
  const listing = join(folder, "recipe.json");
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  if ((await readFile(listing, "utf8").catch(() => "")) === text)
    return { float: await graphOf(float), pot: await graphOf(pot) };
  const trained = await trainDigits(digits, recipe, (phase, epoch, train, test) =>
    said(
      `${phase} epoch ${epoch + 1} of ${recipe.epochs[phase]}: train ${percent(train)}, test ${percent(test)}`,
    ),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(float, await writeNir(trained.float));
  await writeFile(pot, await writeNir(trained.pot));
  // Last: a run that was stopped leaves no recipe, and the next one trains again.
  await writeFile(listing, text);
  return trained;
}

async function graphOf(path: string): Promise<NirGraph> {
  return (await readNir(await readFile(path))).graph;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
