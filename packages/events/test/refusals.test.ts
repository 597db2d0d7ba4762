import {
  binnedDataset,
  dvsGestureDataset,
  eventFolders,
  eventStream,
  makeScene,
  memoryFiles,
  mnistDataset,
  openFiles,
  readArray,
  readEvents,
  readTouchEvents,
  sceneDataset,
  scenePatch,
  synthesizeGesture,
  writeEvents,
} from "@nirkit/events";
import { readShd } from "@nirkit/events/shd";
import { tensor } from "@nirkit/graph";
import { writeNpy } from "@nirkit/npy";
import { expect, test } from "vitest";
import { aedat4, matElement, matFile, matMatrix, smallStream } from "./made-files.ts";
import { streamOf } from "./support.ts";

const text = (s: string) => new TextEncoder().encode(s);
const files = (entries: Readonly<Record<string, Uint8Array>>) =>
  memoryFiles(new Map(Object.entries(entries)), "data");

test("columns of unequal length and sensors of 0 pixels: E_EVENTS_COLUMNS, E_EVENTS_SIZE", () => {
  const columns = {
    t: new Float64Array(2),
    x: new Uint16Array(1),
    y: new Uint16Array(2),
    p: new Uint8Array(2),
  };
  expect(() => eventStream(2, 2, columns)).toThrow(
    "E_EVENTS_COLUMNS : The columns are no events: t, x, y, p have 2, 1, 2",
  );
  expect(() => eventStream(0, 2, { ...columns, x: new Uint16Array(2) })).toThrow("E_EVENTS_SIZE");
});

test("CSV: another first line, a line of three numbers: E_CSV with its byte", () => {
  expect(() => readEvents(text("x,y,t,p\n"), { format: "csv" })).toThrow("E_CSV @0");
  expect(() => readEvents(text("t,x,y,p\n1,2,3,1\n4,5,6\n"), { path: "a.csv" })).toThrow(
    "E_CSV a.csv@16: Not readable as events: line 3",
  );
});

test("an AEDAT 4 packet with a changed byte of LZ4 header: E_EVENTS_COMPRESSED", () => {
  const stream = smallStream();
  const bytes = aedat4(stream, 1);
  const magic = [4, 0x22, 0x4d, 0x18];
  const at = bytes.findIndex((_, i) => magic.every((byte, k) => bytes[i + k] === byte));
  bytes[at + 5] = 0x60;
  expect(() => readEvents(bytes)).toThrow("E_EVENTS_COMPRESSED");
});

test("AEDAT 3 with packed timestamps: E_EVENTS_HEADER says to write RAW", () => {
  const head = "#!AER-DAT3.1\r\n#Format: SerializedTS\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n";
  expect(() => readEvents(text(head))).toThrow("Write it again with format RAW");
});

test("ST-MNIST: another variable, another shape, two taxels at once", () => {
  const numbers = (name: string, shape: readonly number[], values: Uint8Array) =>
    matFile([matMatrix({ class: 6, shape, name }, matElement(2, values))]);
  expect(() => readTouchEvents(numbers("spikes", [1, 1], Uint8Array.of(1)))).toThrow(
    'E_MAT_VARIABLE : There is no variable "spiketrain". Hint: The file has spikes',
  );
  expect(() => readTouchEvents(numbers("spiketrain", [1, 1], Uint8Array.of(1)))).toThrow("E_EVENTS_COLUMNS");
  const two = new Uint8Array(101);
  two[3] = two[4] = 1;
  expect(() => readTouchEvents(numbers("spiketrain", [101, 1], two))).toThrow("spiketrain[4, 0]");
});

test("what is no HDF5 file is E_SHD", async () => {
  await expect(readShd(text("hello"), { path: "a.h5" })).rejects.toThrow(
    "E_SHD a.h5: Not a Heidelberg data set: it is no HDF5 file",
  );
});

test("scenes: sizes that differ, a NaN, a negative label, an even patch, a patch larger than the scene, one axis too few", () => {
  const cube = tensor("float32", [2, 2, 1], [1, 2, 3, 4]);
  const map = tensor("int16", [2, 2], [0, 5, 7, 5]);
  const scene = makeScene(cube, map);
  expect([[...scene.labels], scene.classes]).toEqual([
    [-1, 0, 1, 0],
    [5, 7],
  ]);
  expect(() => makeScene(cube, tensor("uint8", [2, 3], [0, 0, 0, 0, 0, 0]))).toThrow(
    "The cube is [2,2,1], the map is [2,3]",
  );
  expect(() => makeScene(tensor("float32", [2, 2, 1], [1, Number.NaN, 3, 4]), map)).toThrow("E_HSI cube[1]");
  expect(() => makeScene(cube, tensor("int16", [2, 2], [0, -1, 7, 5]))).toThrow(
    "E_HSI map[1]: The label is -1",
  );
  const statistics = { mean: Float64Array.of(0), deviation: Float64Array.of(2) };
  expect(() => scenePatch(scene, 0, 2, statistics)).toThrow("E_HSI patch");
  expect(() => scenePatch(scene, 0, 3, statistics)).toThrow("E_HSI patch");
  expect([...scenePatch(scene, 3, 1, statistics).data]).toEqual([2]);
  const flat = writeNpy({ dtype: "uint8", shape: [2], data: Uint8Array.of(1, 2) });
  expect(() => readArray(flat, { rank: 3 })).toThrow("E_HSI : The array has 1 axes, 3 are needed");
});

test("a patch at the corner is zero beyond the border: 3 x 3 around pixel 0 has 4 of 9", () => {
  const cube = tensor("float32", [3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const scene = makeScene(cube, tensor("uint8", [3, 3], new Array<number>(9).fill(1)));
  const patch = scenePatch(scene, 0, 3, { mean: Float64Array.of(0), deviation: Float64Array.of(1) });
  expect([patch.shape, [...patch.data]]).toEqual([
    [1, 1, 3, 3],
    [0, 0, 0, 0, 1, 2, 0, 4, 5],
  ]);
});

test("folders: no scene, no map, no images, wrong labels, no event files", async () => {
  const npy = writeNpy({ dtype: "uint8", shape: [2, 2, 1], data: Uint8Array.of(1, 2, 3, 4) });
  await expect(sceneDataset(files({}))).rejects.toThrow("E_DATASET_EMPTY data: No samples: there is no cube");
  await expect(sceneDataset(files({ "a_cube.npy": npy }))).rejects.toThrow(
    "there is no map beside a_cube.npy",
  );
  await expect(mnistDataset(files({}), { part: "test" })).rejects.toThrow("there is no file t10k-images");
  const idx = (type: number[], body: number[]) => Uint8Array.from([0, 0, 8, ...type, ...body]);
  const images = idx([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], [7]);
  const mnist = (label: number) =>
    files({ "t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": idx([1, 0, 0, 0, 1], [label]) });
  await expect(mnistDataset(mnist(10), { part: "test" })).rejects.toThrow("E_DATASET_LABELS");
  expect((await mnistDataset(mnist(9), { part: "test" })).length).toBe(1);
  await expect(eventFolders(files({ "a.txt": text("x") }))).rejects.toThrow("E_DATASET_EMPTY");
});

test("gesture labels: another first line, class 12; a recording without labels is W_DATASET_SKIPPED", async () => {
  const recording = writeEvents(synthesizeGesture({ seed: 1, user: 1, label: 0, steps: 5 }), "aedat3");
  const tree = (labels: string) =>
    files({
      "user01_lab.aedat": recording,
      "user01_lab_labels.csv": text(labels),
      "user02_lab.aedat": recording,
    });
  await expect(dvsGestureDataset(tree("a,b\n"))).rejects.toThrow(
    "E_DATASET_LABELS data/user01_lab_labels.csv",
  );
  const head = "class,startTime_usec,endTime_usec\n";
  await expect(dvsGestureDataset(tree(`${head}12,0,5\n`))).rejects.toThrow("user01_lab_labels.csv:2");
  const good = await dvsGestureDataset(tree(`${head}11,0,5000\n`));
  expect([good.length, good.diagnostics.map((d) => d.code)]).toEqual([1, ["W_DATASET_SKIPPED"]]);
});

test("any event files by folder: classes by number, 2 before 10; a recording of another size is refused", async () => {
  const small = (side: number) => writeEvents(streamOf(side, side, [[5, 1, 1, 1]]), "evt2");
  const tree = files({ "10/a.raw": small(8), "2/b.raw": small(8), "2/c.raw": small(9) });
  const dataset = await eventFolders(tree);
  expect([dataset.classes, [...dataset.labels]]).toEqual([
    ["2", "10"],
    [0, 0, 1],
  ]);
  const opened = await openFiles("events", tree, { steps: 2, stepUs: 10 });
  expect(opened.shape).toEqual([2, 8, 8]);
  await expect(opened.get(1)).rejects.toThrow("E_EVENTS_SIZE events[1]");
  await expect(openFiles("events", tree)).rejects.toThrow("E_DATASET_OPTION steps");
});

test("flattened samples have one axis with the same positions", async () => {
  const tree = files({ "0/a.raw": writeEvents(streamOf(8, 8, [[5, 1, 1, 1]]), "evt2") });
  const recordings = await eventFolders(tree);
  const bins = { by: { us: 10 }, steps: 1 };
  const flat = binnedDataset(recordings, { name: "x", bins, sensor: { width: 8, height: 8 }, flatten: true });
  expect((await flat.get(0)).input.get("input")).toMatchObject({
    shape: [128],
    index: Uint32Array.of(64 + 9),
  });
});
