/** Patches of a hyperspectral scene as directly coded samples. */
import type { Sample, Tensor } from "@nirkit/graph";
import { bandStatistics, makeScene, readArray, type Scene, scenePatch } from "../arrays/scene.ts";
import { eventsError } from "../diagnostics.ts";
import { encodeDirect } from "../encode/encode.ts";
import { disjointSplit } from "../order/scene-split.ts";
import { perClassSplit, type Split, stratifiedSplit } from "../order/split.ts";
import { datasetOf, type SampleDataset } from "./dataset.ts";
import type { FileTree } from "./file-tree.ts";
import type { Part } from "./nmnist.ts";

/** Options of {@link sceneDataset}. */
export interface SceneDatasetOptions {
  readonly part?: Part;
  /** `random:0.4`, `perClass:50` or `disjoint:0.4`; patches of a random split overlap. Default `random:0.4`. */
  readonly split?: string;
  /** Odd side of a patch; 5 when absent. */
  readonly patch?: number;
  readonly steps?: number;
  readonly seed?: number | bigint;
  readonly input?: string;
}

/**
 * The labelled pixels of a scene folder (one cube and one map, `.mat`, `.npy` or `.npy.gz`), each with its
 * neighbourhood, normalised by the training pixels of the split, as a constant input [steps, 1, bands, patch, patch].
 *
 * @throws E_DATASET_EMPTY, E_HSI, E_SPLIT, E_MAT, E_NUMPY, E_GZIP
 */
export async function sceneDataset(
  tree: FileTree,
  options: SceneDatasetOptions = {},
): Promise<SampleDataset> {
  const { part = "all", patch = 5, steps = 5, seed = 0, input = "input" } = options;
  const scene = await readScene(tree);
  const { train, test } = splitScene(scene, options.split ?? "random:0.4", patch, seed);
  const pixels = part === "train" ? train : part === "test" ? test : Uint32Array.from([...train, ...test]);
  const statistics = bandStatistics(scene, train);
  const labels = Int32Array.from(pixels, (pixel) => scene.labels[pixel] as number);
  const shape = [1, scene.bands, patch, patch];
  const dataset = datasetOf(pixels.length, (index): Sample => {
    const values = scenePatch(scene, pixels[index] as number, patch, statistics);
    return { input: new Map([[input, encodeDirect(values, steps)]]), label: labels[index] as number };
  });
  const classes = scene.classes.map(String);
  return { ...dataset, name: "hsi", labels, classes, shape, steps, diagnostics: [] };
}

/** The split that a text names. @throws E_SPLIT */
export function splitScene(scene: Scene, split: string, patch: number, seed: number | bigint): Split {
  const [kind, amount] = split.split(":");
  if (kind === "random") return stratifiedSplit(scene.labels, Number(amount), seed);
  if (kind === "perClass") return perClassSplit(scene.labels, Number(amount), seed);
  if (kind === "disjoint")
    return disjointSplit(scene.labels, scene.columns, { fraction: Number(amount), patch });
  throw eventsError("E_SPLIT", "split", {
    why: `There is no split "${split}"`,
    hint: "The splits are random:FRACTION, perClass:COUNT and disjoint:FRACTION",
  });
}

async function readScene(tree: FileTree): Promise<Scene> {
  const paths = (await tree.list()).filter((path) => /\.(?:mat|npy|npy\.gz)$/.test(path)).sort();
  const isMap = (path: string): boolean => /_gt/i.test(path);
  // The same scene may lie there twice, as .mat and as .npy: the first by name, with its own map.
  const cube = paths.find((path) => !isMap(path));
  const stem = cube === undefined ? "" : stemOf(cube);
  const map = paths.find((path) => isMap(path) && stemOf(path) === stem);
  if (cube === undefined || map === undefined)
    throw eventsError("E_DATASET_EMPTY", tree.name, {
      why: cube === undefined ? "there is no cube" : `there is no map beside ${cube}`,
      hint: "A scene is NAME_corrected.mat (or NAME_cube….npy) and NAME_gt.mat (or NAME_gt….npy)",
    });
  const read = async (path: string, rank: number): Promise<Tensor> =>
    readArray(await tree.read(path), { path: `${tree.name}/${path}`, rank });
  return makeScene(await read(cube, 3), await read(map, 2));
}

function stemOf(path: string): string {
  const name = path.split("/").at(-1) ?? "";
  return name.toLowerCase().replace(/(_corrected|_cube|_gt).*$|\.mat$|\.npy(\.gz)?$/, "");
}
