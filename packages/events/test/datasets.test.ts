import {
  bandStatistics,
  dvsGestureDataset,
  type FileTree,
  labelClasses,
  memoryFiles,
  nmnistDataset,
  parseDatasetArgument,
  readArray,
  readIdx,
  readMat,
  readTouchEvents,
  splitScene,
  synthesizeGesture,
  writeEvents,
  zipFiles,
} from "@nirkit/events";
import { folderFiles, openDataset } from "@nirkit/events/node";
import { readShd } from "@nirkit/events/shd";
import type { Events } from "@nirkit/graph";
import { writeNpz } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { sumOf } from "./rows-hash.ts";
import { hasSampleFiles, sampleFile, samplePath } from "./sample-files.ts";

const counted = (events: Events): number =>
  events.value === undefined ? events.index.length : sumOf(events.value);

describe.skipIf(!hasSampleFiles())("sample data sets", () => {
  test("N-MNIST zips: 667 training and 67 test recordings, each with the counts and times of labels.csv", async () => {
    const tree = await folderFiles(samplePath("events/nmnist"));
    const [train, all] = [await nmnistDataset(tree, "train"), await nmnistDataset(tree)];
    expect([train.length, all.length]).toEqual([667, 734]);
    const rows = new Map(
      new TextDecoder()
        .decode(sampleFile("events/nmnist/labels.csv"))
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","))
        .map(([split, id, ...rest]) => [
          `${split}/${rest[0]}/${String(id).padStart(5, "0")}.bin`,
          rest.map(Number),
        ]),
    );
    let [events, seen] = [0, 0];
    for await (const { stream, label, id } of all) {
      const { t } = stream;
      expect([label, t.length, t[0], t.at(-1)]).toEqual(rows.get(id.slice(id.indexOf("/") + 1)));
      events += t.length;
      seen++;
    }
    expect(seen).toBe(734);
    expect(events / seen).toBeGreaterThan(4000);
  });

  test("N-MNIST 1, 2 and test 1: 4681, 5028 and 3330 events, with their sums", async () => {
    const archive = (name: string) => zipFiles(sampleFile(`events/nmnist/${name}.zip`), name);
    const find = async (tree: FileTree, id: string) => {
      const dataset = await nmnistDataset(tree);
      for await (const item of dataset) if (item.id === id) return item.stream;
      throw new Error(id);
    };
    const one = await find(archive("Train_1"), "Train/5/00001.bin");
    expect([one.t.length, sumOf(one.p), sumOf(one.x), sumOf(one.y)]).toEqual([4681, 2328, 76115, 82306]);
    const two = await find(archive("Train_1"), "Train/0/00002.bin");
    expect([two.t.length, sumOf(two.p), sumOf(two.x), sumOf(two.y)]).toEqual([5028, 2509, 84245, 86564]);
    const test1 = await find(archive("Test"), "Test/7/00001.bin");
    expect([test1.t.length, test1.t[0], sumOf(test1.x), sumOf(test1.y)]).toEqual([3330, 5087, 55060, 55556]);
  });

  test("nmnist:PATH gives 67 samples of 300 ms, 271149 events in all, largest count 3", async () => {
    const dataset = await openDataset(`nmnist:${samplePath("events/nmnist")}`);
    expect([dataset.length, dataset.steps, dataset.shape]).toEqual([67, 300, [2, 34, 34]]);
    let [total, most] = [0, 0];
    for await (const { input } of dataset) {
      const events = input.get("input") as Events;
      total += counted(events);
      most = Math.max(most, ...(events.value ?? [1]));
    }
    expect([total, most]).toEqual([271149, 3]);
  });

  test("DVS128 Gesture folder: trial counts of both users, split by the lists", async () => {
    const tree = await folderFiles(samplePath("events/gesture-aedat31"));
    const [train, test] = [await dvsGestureDataset(tree, "train"), await dvsGestureDataset(tree, "test")];
    const counts = async (dataset: typeof train) => {
      const found: number[] = [];
      for await (const { stream } of dataset) found.push(stream.t.length);
      return found;
    };
    expect(await counts(train)).toEqual([
      9561, 4864, 5524, 9329, 10676, 6445, 7140, 10926, 10252, 11323, 10844, 15161,
    ]);
    expect(await counts(test)).toEqual([
      26540, 13983, 11494, 10147, 14598, 22430, 13001, 18869, 24635, 15834, 21096,
    ]);
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10]);
    const opened = await openDataset(`dvs-gesture:${samplePath("events/gesture-aedat31")}`, { steps: 8 });
    expect([opened.length, opened.shape, opened.steps]).toEqual([11, [2, 32, 32], 8]);
  });

  test("MNIST: 10000 test images, labels 7 2 1 0 4 1 4 9 5 9, mean 33.791224489795916", async () => {
    const dataset = await openDataset(`mnist:${samplePath("mnist")}`, {
      code: "rate",
      steps: 10,
      flatten: true,
    });
    expect([dataset.length, dataset.shape]).toEqual([10000, [784]]);
    expect([...dataset.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const perClass = new Array<number>(10).fill(0);
    for (const label of dataset.labels) perClass[label] = (perClass[label] ?? 0) + 1;
    expect(perClass).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    const images = readIdx(sampleFile("mnist/t10k-images-idx3-ubyte.gz"));
    expect(sumOf(images.data as Uint8Array) / images.data.length).toBe(33.791224489795916);
    expect(images.shape).toEqual([10000, 28, 28]);
    expect((await dataset.get(9999)).label).toBe(6);
  });

  test("MNIST training images: 60000, mean 33.318421449829934", () => {
    const images = readIdx(sampleFile("mnist/train-images-idx3-ubyte.gz"));
    expect(images.shape).toEqual([60000, 28, 28]);
    expect(sumOf(images.data as Uint8Array) / images.data.length).toBe(33.318421449829934);
  });

  test("ST-MNIST: 101 x 2346, 1601 presses, 745 releases, taxel 45 first, times 0.19662648 to 0.89574499 s", () => {
    const bytes = sampleFile("events/formats/stmnist_sample.mat");
    const train = readMat(bytes).get("spiketrain");
    const value = train?.kind === "numbers" ? (train.value.data as Float64Array) : new Float64Array(0);
    expect(train?.kind === "numbers" && train.value.shape).toEqual([101, 2346]);
    // Eight decimals are printed.
    expect(value[100 * 2346]).toBeCloseTo(0.19662648, 8);
    expect(value[100 * 2346 + 1]).toBeCloseTo(0.1966265, 8);
    expect(value.at(-1)).toBeCloseTo(0.89574499, 8);
    // The sum is correctly rounded in the specification; adding up in order may be off in the last bits.
    expect(sumOf(value)).toBeCloseTo(2033.2164232654075, 9);
    const { t, x, y, p } = readTouchEvents(bytes);
    expect([t.length, sumOf(p)]).toEqual([2346, 1601]);
    expect([t[0], x[0], y[0], p[0]]).toEqual([196626, 5, 4, 0]);
  });

  test("SHD layout: 40 samples of half-precision times, sums 101.93841552734375 and 24207 of the first, the fourth empty", async () => {
    const digits = await readShd(sampleFile("events/shd/shd_layout_synthetic.h5"));
    expect([digits.length, digits.classes.length]).toEqual([40, 20]);
    const first = await digits.get(0);
    expect([...first.seconds.subarray(0, 3)]).toEqual([
      0.0240936279296875, 0.027557373046875, 0.0290985107421875,
    ]);
    expect([...first.stream.unit.subarray(0, 3)]).toEqual([105, 68, 105]);
    expect([first.label, sumOf(first.seconds), sumOf(first.stream.unit)]).toEqual([
      0, 101.93841552734375, 24207,
    ]);
    const second = await digits.get(1);
    expect([second.seconds.length, sumOf(second.seconds), sumOf(second.stream.unit)]).toEqual([
      1157, 313.5809631347656, 104702,
    ]);
    expect((await digits.get(3)).seconds.length).toBe(0);
    const last = await digits.get(39);
    expect([last.seconds.length, last.label, sumOf(last.stream.unit)]).toEqual([1001, 19, 626472]);
    const samples = await openDataset(`shd:${samplePath("events/shd/shd_layout_synthetic.h5")}`, {
      channels: 128,
    });
    expect([samples.shape, samples.steps, samples.length]).toEqual([[128], 100, 40]);
    expect(((await samples.get(0)).input.get("input") as Events).shape).toEqual([128]);
  });

  test("Salinas-A: 83 x 86 x 204 from .mat and .npy.gz alike, 5348 labelled pixels of classes 1, 10 … 14", async () => {
    const mat = readArray(sampleFile("hsi/SalinasA_corrected.mat"), {
      rank: 3,
      variable: "salinasA_corrected",
    });
    const npy = readArray(sampleFile("hsi/salinasa_cube_i16.npy.gz"), { rank: 3 });
    expect(mat.shape).toEqual([83, 86, 204]);
    // MATLAB says double and stores 16 bits; the values are the same.
    expect(Int16Array.from(mat.data as Float64Array)).toEqual(npy.data);
    const dataset = await openDataset(`hsi:${samplePath("hsi")}`, { split: "random:0.4", patch: 5 });
    expect(dataset.classes).toEqual(["1", "10", "11", "12", "13", "14"]);
    expect([dataset.length, dataset.shape]).toEqual([3209, [1, 204, 5, 5]]);
    const disjoint = (part: "train" | "test") =>
      openDataset(`hsi:${samplePath("hsi")}`, { split: "disjoint:0.4", patch: 5, part });
    expect([(await disjoint("train")).length, (await disjoint("test")).length]).toEqual([2061, 2688]);
  });

  test.each([
    ["indian_pines", [46, 1428, 830, 237, 483, 730, 28, 478, 20, 972, 2455, 593, 205, 1265, 386, 93]],
    ["paviau", [6631, 18649, 2099, 3064, 1345, 5029, 1330, 3682, 947]],
    [
      "salinas",
      [2009, 3726, 1976, 1394, 2678, 3959, 3579, 11271, 6203, 3278, 1068, 1927, 916, 1070, 7268, 1807],
    ],
    ["salinasa", [391, 1343, 616, 1525, 674, 799]],
  ])("label map of %s: class counts %j", (name, expected) => {
    const { labels, classes } = labelClasses(readArray(sampleFile(`hsi/${name}_gt_u8.npy.gz`), { rank: 2 }));
    const counts = classes.map((_, k) => labels.reduce((sum, label) => sum + (label === k ? 1 : 0), 0));
    expect(counts).toEqual(expected);
  });

  test("normalised training pixels of Salinas-A have mean 0 and deviation 1 in every band", () => {
    const cube = readArray(sampleFile("hsi/salinasa_cube_i16.npy.gz"), { rank: 3 });
    const map = readArray(sampleFile("hsi/SalinasA_gt.mat"), { rank: 2 });
    const scene = { rows: 83, columns: 86, bands: 204, cube, ...labelClasses(map) };
    const { train, test } = splitScene(scene, "random:0.4", 5, 7);
    expect([train.length, test.length]).toEqual([2139, 3209]);
    const { mean, deviation } = bandStatistics(scene, train);
    const data = cube.data as Int16Array;
    let [sum, square] = [0, 0];
    for (const pixel of train) {
      const z = ((data[pixel * 204 + 60] ?? 0) - (mean[60] ?? 0)) / (deviation[60] ?? 1);
      sum += z;
      square += z * z;
    }
    expect(Math.abs(sum / train.length)).toBeLessThan(1e-9);
    expect(square / train.length).toBeCloseTo(1, 9);
  });
});

test("data arguments: NAME:PATH is taken apart, a path is none, an unknown name lists the known ones", () => {
  expect(parseDatasetArgument("nmnist:a/b:c")).toEqual({ name: "nmnist", path: "a/b:c" });
  expect(parseDatasetArgument("test.npz")).toBeUndefined();
  expect(parseDatasetArgument("C:\\data\\test.npz")).toBeUndefined();
  expect(() => parseDatasetArgument("cifar:x")).toThrow(/E_DATASET_UNKNOWN.*nmnist, mnist, dvs-gesture/);
});

test("gestures:2024 is made, 66 test samples of 20 steps; an option it does not take is refused", async () => {
  const dataset = await openDataset("gestures:2024", { steps: 4, stepUs: 10_000 });
  expect([dataset.length, dataset.shape, dataset.steps]).toEqual([66, [2, 32, 32], 4]);
  const events = (await dataset.get(12)).input.get("input") as Events;
  // User 25, class 1, repetition 0 stands in light 0.
  const made = synthesizeGesture({ seed: 2024, user: 25, label: 1, light: "fluorescent", steps: 40 });
  expect(counted(events)).toBe(made.t.length);
  expect(dataset.labels[12]).toBe(1);
  await expect(openDataset("gestures:2024", { patch: 5 })).rejects.toThrow("takes no option patch");
  await expect(openDataset("gestures:x")).rejects.toThrow("E_DATASET_OPTION");
  await expect(openDataset("gestures:1", { steps: 0 })).rejects.toThrow("E_DATASET_OPTION steps");
  await expect(openDataset("nmnist:/nowhere/at/all")).rejects.toThrow("E_DATASET_EMPTY");
  expect((await openDataset("gestures:1", { limit: 3 })).labels.length).toBe(3);
});

test("a gesture folder with overlapping rows is read with W_DATASET_OVERLAP; without lists users 1 to 23 train", async () => {
  const stream = synthesizeGesture({ seed: 3, user: 2, label: 0, steps: 30 });
  const labels = "class,startTime_usec,endTime_usec\n9,0,20000\n10,15000,30000\n";
  const tree = memoryFiles(
    new Map([
      ["user02_led.aedat", writeEvents(stream, "aedat3")],
      ["user02_led_labels.csv", new TextEncoder().encode(labels)],
    ]),
  );
  const train = await dvsGestureDataset(tree, "train");
  expect(train.length).toBe(2);
  expect(train.diagnostics.map((d) => d.code)).toEqual(["W_DATASET_OVERLAP"]);
  const [first, second] = [await train.get(0), await train.get(1)];
  expect(first.stream.t.length).toBe(stream.t.filter((t) => t < 20000).length);
  expect(second.stream.t.length).toBe(stream.t.filter((t) => t >= 15000 && t < 30000).length);
  expect([first.label, second.label]).toEqual([8, 9]);
  await expect(dvsGestureDataset(tree, "test")).rejects.toThrow("E_DATASET_EMPTY");
});

test("an N-MNIST archive of two recordings in memory: labels from folders, items by number", async () => {
  const make = (seed: number) => synthesizeGesture({ seed, user: 1, label: 0, steps: 20 });
  const small = (seed: number) => {
    const { t, x, y, p } = make(seed);
    return writeEvents(
      { width: 34, height: 34, t, x: x.map((v) => v >> 2), y: y.map((v) => v >> 2), p },
      "nmnist",
    );
  };
  const tree = memoryFiles(
    new Map([
      ["Test/7/00002.bin", small(1)],
      ["Test/3/00001.bin", small(2)],
    ]),
  );
  const dataset = await nmnistDataset(tree, "test");
  expect([...dataset.labels]).toEqual([3, 7]);
  expect((await dataset.get(1)).stream.t).toEqual(make(1).t);
  await expect(dataset.get(2)).rejects.toThrow("E_DATASET_INDEX");
  expect(() => zipFiles(writeNpz(new Map()).slice(0, 5))).toThrow("E_ARCHIVE");
});
