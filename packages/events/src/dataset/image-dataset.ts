/** Labelled images (MNIST in idx files) as samples, by one of the encoders. */
import type { Sample, Shape, Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { readIdx } from "../arrays/idx.ts";
import { eventsError } from "../diagnostics.ts";
import { encodeDirect, encodeLatency, encodePhase, encodeRate } from "../encode/encode.ts";
import { datasetOf, type SampleDataset } from "./dataset.ts";
import type { FileTree } from "./file-tree.ts";
import type { Part } from "./nmnist.ts";

/** How a value of [0, 1] becomes steps. */
export type ImageCode = "direct" | "rate" | "latency" | "phase";

/** Options of {@link mnistDataset}. */
export interface ImageDatasetOptions {
  readonly part?: Part;
  readonly code?: ImageCode;
  readonly steps?: number;
  /** Rate code: image i takes the stream `encode/<i>` of the seed. */
  readonly seed?: number | bigint;
  readonly flatten?: boolean;
  readonly input?: string;
}

const names = { train: ["train-images", "train-labels"], test: ["t10k-images", "t10k-labels"] } as const;

/**
 * MNIST from its four idx files, packed or not. Pixels 0 … 255 become v = pixel / 255; the phase code takes the
 * integers themselves, with level 255.
 *
 * @throws E_DATASET_EMPTY, E_DATASET_LABELS, E_IDX, E_GZIP, E_ENCODE
 */
export async function mnistDataset(
  tree: FileTree,
  options: ImageDatasetOptions = {},
): Promise<SampleDataset> {
  const { part = "all", code = "direct", steps = 25, seed = 0, flatten = false, input = "input" } = options;
  const wanted = part === "all" ? (["train", "test"] as const) : ([part] as const);
  const read = await Promise.all(wanted.map((name) => readPart(tree, names[name])));
  const first: Shape | undefined = read[0]?.images.shape;
  const [rows, columns] = [first?.[1] ?? 0, first?.[2] ?? 0];
  const shape: Shape = flatten ? [rows * columns] : [1, rows, columns];
  const size = rows * columns;
  const offsets = read.map((_, k) => read.slice(0, k).reduce((sum, { labels }) => sum + labels.length, 0));
  const labels = Int32Array.from(read.flatMap((p) => [...p.labels]));
  const dataset = datasetOf(labels.length, (index): Sample => {
    const k = offsets.findLastIndex((offset) => offset <= index);
    const from = (index - (offsets[k] as number)) * size;
    const { images } = read[k] as (typeof read)[number];
    const pixels = (images.data as Uint8Array).subarray(from, from + size);
    return {
      input: new Map([[input, encode(pixels, shape, { code, steps, seed, index })]]),
      label: labels[index] as number,
    };
  });
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  return { ...dataset, name: "mnist", labels, classes, shape, steps, diagnostics: [] };
}

function encode(
  pixels: Uint8Array,
  shape: Shape,
  { code, steps, seed, index }: { code: ImageCode; steps: number; seed: number | bigint; index: number },
): ReturnType<typeof encodeDirect> | ReturnType<typeof encodeRate> {
  if (code === "phase") return encodePhase({ shape, data: pixels }, steps, { level: 255, start: 127 });
  const data = Float32Array.from(pixels, (pixel) => pixel / 255);
  if (code === "direct") return encodeDirect({ shape, data }, steps);
  if (code === "latency") return encodeLatency({ shape, data }, steps);
  return encodeRate({ shape, data }, steps, philox(seed, `encode/${index}`));
}

async function readPart(
  tree: FileTree,
  [images, labels]: readonly [string, string],
): Promise<{ readonly images: Tensor; readonly labels: Uint8Array }> {
  const paths = await tree.list();
  const file = async (start: string): Promise<Tensor> => {
    const path = paths.find((candidate) => candidate.split("/").at(-1)?.startsWith(start));
    if (path === undefined)
      throw eventsError("E_DATASET_EMPTY", tree.name, {
        why: `there is no file ${start}…`,
        hint: "The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-… and t10k-labels-…, packed with gzip or not",
      });
    return readIdx(await tree.read(path), `${tree.name}/${path}`);
  };
  const [pictures, classes] = [await file(images), await file(labels)];
  const count = pictures.shape[0] ?? 0;
  if (
    pictures.dtype !== "uint8" ||
    pictures.shape.length !== 3 ||
    classes.dtype !== "uint8" ||
    classes.data.length !== count
  )
    throw eventsError("E_DATASET_LABELS", tree.name, {
      why: `images [${pictures.shape}] with labels [${classes.shape}]`,
    });
  const wrong = (classes.data as Uint8Array).findIndex((label) => label > 9);
  if (wrong >= 0)
    throw eventsError("E_DATASET_LABELS", tree.name, {
      why: `label ${classes.data[wrong]} of image ${wrong}`,
    });
  return { images: pictures, labels: classes.data as Uint8Array };
}
