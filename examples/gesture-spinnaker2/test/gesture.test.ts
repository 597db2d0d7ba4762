import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { binEvents, dvsGestureDataset, eventStream, fixedDuration, syntheticGestures } from "@nirkit/events";
import { folderFiles } from "@nirkit/events/node";
import type { Events, NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { afterAll, expect, test } from "vitest";
import { mapGestures, runChip } from "../src/chip-run.ts";
import { correctSamples, floatSimulator } from "../src/float-network.ts";
import { cachedGestures } from "../src/gesture-cache.ts";
import { type GestureWeights, gestureNetwork, layers } from "../src/gesture-network.ts";
import { gestureReport, gestureTable } from "../src/gesture-report.ts";
import { energyOfGesture, runGestures } from "../src/gesture-run.ts";
import { quantizeAt } from "../src/post-training.ts";
import { frameBits, frameBytes, frameCount, type Recordings, recordingsOf } from "../src/recordings.ts";
import { cutSample, testSamples, withTail } from "../src/samples.ts";
import { trainFloat, trainQuantized } from "../src/train-network.ts";

/** One user making each of the eleven gestures for 0.3 s. */
const short: Promise<Recordings> = recordingsOf(syntheticGestures({ seed: 2024, users: [3], steps: 300 }));

/** User 24 as the example caches it. */
const request = { seed: 2024, users: [24], repetitions: 1 };
const folder = mkdtemp(join(tmpdir(), "nirkit-gestures-"));
const made: number[] = [];
const user24: Promise<Recordings> = folder.then((path) =>
  cachedGestures(path, request, (done) => made.push(done)),
);
afterAll(async () => rm(await folder, { recursive: true }));

/** Random weights under which every layer fires. */
function randomWeights(): GestureWeights {
  return new Map(
    Object.entries(layers).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const random = philox(7, name);
      const deviation = 0.9 / Math.sqrt(0.1 * (size / shape[0]));
      const data = Float32Array.from({ length: size }, () => random.normal() * deviation);
      return [name, { dtype: "float32", shape, data } as const];
    }),
  );
}

const eventsOf = (sample: { input: ReadonlyMap<string, unknown> }): Events =>
  [...sample.input.values()][0] as Events;

test("an ON event at x 127, y 4 after 25 ms sets bit 1024 + 1·32 + 31 of frame 2", () => {
  const one = eventStream(128, 128, {
    t: Float64Array.of(25_000),
    x: Uint16Array.of(127),
    y: Uint16Array.of(4),
    p: Uint8Array.of(1),
  });
  const bits = frameBits(one);
  const set = [...bits].flatMap((byte, at) => (byte === 0 ? [] : [[at, byte]]));
  const cell = 1024 + 32 + 31;
  expect(set).toEqual([[2 * frameBytes + (cell >> 3), 1 << (cell & 7)]]);
});

test("samples are the 50 ms steps that binning gives from 100 ms on; moved by (2, -1) they lose what leaves", async () => {
  const stream = (await syntheticGestures({ seed: 2024, users: [3], steps: 300 }).get(4)).stream;
  const recordings = { labels: Int32Array.of(4), bits: frameBits(stream) };
  const expected = binEvents(stream, {
    by: fixedDuration(50_000),
    start: 100_000,
    steps: 20,
    downsample: { factor: 4 },
    accumulate: "binary",
  });
  const found = eventsOf(cutSample(recordings, 0));
  expect(found.index.length).toBeGreaterThan(400);
  expect([...found.start]).toEqual([...expected.start]);
  expect([...found.index]).toEqual([...expected.index]);
  const moved = eventsOf(cutSample(recordings, 0, { offset: 10, dx: 2, dy: -1 }));
  const inside = [...found.index].filter((cell) => cell % 32 < 30 && Math.floor(cell / 32) % 32 > 0);
  expect([...moved.index]).toEqual(inside.map((cell) => cell - 32 + 2));
});

test("the cache stores a user once, 11 recordings of 120 frames, and gives the same bytes again", async () => {
  const first = await user24;
  expect(first.bits.length).toBe(11 * frameCount * frameBytes);
  expect([...first.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await readdir(await folder)).toEqual(["gestures-2024-user-24-x1.npz"]);
  const second = await cachedGestures(await folder, request, (done) => made.push(done));
  expect(Buffer.compare(first.bits, second.bits)).toBe(0);
  expect(made).toEqual([1]);
}, 120_000);

test("the chip gives the classes of the quantized network in float on 11 gestures; every layer fires; 17 PEs", async () => {
  const samples = testSamples(await short);
  const { graph } = await quantizeAt(gestureNetwork(randomWeights()), 100);
  const chip = runChip(mapGestures(graph, { tickMs: 1 }), samples);
  const float = floatSimulator(graph);
  const spikes = [0, 0];
  for (const sample of samples) {
    const counts = [...float.run(sample.input).outputs.values()][0]?.data ?? [];
    spikes[0] = (spikes[0] ?? 0) + Array.from(counts, Number).reduce((a, b) => a + b, 0);
  }
  spikes[1] = chip.activity.get("lif4")?.eventsOut ?? 0;
  expect(spikes[0]).toBeGreaterThan(100);
  expect(spikes[1]).toBe(spikes[0]);
  for (const layer of ["lif1", "lif2", "lif3"])
    expect(chip.activity.get(layer)?.eventsOut).toBeGreaterThan(100);
  expect(chip.correct).toBe(correctSamples(graph, samples));
  expect(chip.pes).toBe(17);
});

test("training halves the loss in 40 epochs on 11 gestures, the same seed gives the same weights, and 4 epochs in 8 bit keep it", async () => {
  const recordings = await user24;
  const losses: number[] = [];
  const train = (): Promise<NirGraph> =>
    trainFloat(recordings, { epochs: 40, seed: 1 }, ({ train: { loss } }) => losses.push(loss));
  const [first, second] = [await train(), await train()];
  expect(losses.length).toBe(80);
  expect(losses[39]).toBeLessThan(Math.log(11) / 2);
  expect(first.hash()).toBe(second.hash());

  const tuned = await trainQuantized(first, recordings, { epochs: 4, seed: 1 }, ({ train: { loss } }) =>
    losses.push(loss),
  );
  expect(losses[83]).toBeLessThan(Math.log(11) / 2);
  expect(tuned.hash()).not.toBe(first.hash());
  const samples = testSamples(recordings);
  const { graph } = await quantizeAt(tuned, 100);
  expect(runChip(mapGestures(graph, { tickMs: 1 }), samples).correct).toBe(correctSamples(graph, samples));
}, 120_000);

test("a run has 7 percentiles and a search, costs between 1 and 10 mJ, and a report without scripts", async () => {
  const samples = testSamples(await short);
  const run = await runGestures(gestureNetwork(randomWeights()), {
    calibration: samples.slice(0, 2),
    test: samples,
    tickMs: 1,
  });
  expect(run.rows.map(({ quantized }) => quantized.name)).toEqual([
    "p 100",
    "p 99.99",
    "p 99.9",
    "p 99.5",
    "p 99",
    "p 98",
    "p 95",
    "searched",
  ]);
  for (const { cost } of run.rows) {
    const { low, high } = energyOfGesture(cost);
    expect(low).toBeGreaterThan(1);
    expect(high).toBeGreaterThan(low);
    expect(high).toBeLessThan(10);
  }
  expect(gestureTable(run).trim().split("\n").length).toBe(10);
  const html = gestureReport(run, "a <b>test</b>");
  expect(html).not.toContain("<script");
  expect(html).not.toContain("<b>test");
  for (const title of ["Load of the PEs", "Memory of each PE", "hand clap, lif3", "p 99.99"])
    expect(html).toContain(title);
});

const dvs = resolve(
  import.meta.dirname,
  "../../..",
  process.env.NIRKIT_DATA ?? "../shared/data",
  "events/gesture-aedat31",
);
const present = existsSync(dvs);
if (!present && process.env.NIRKIT_STRICT === "1") throw new Error(`no test data at ${dvs}`);
if (!present) process.stdout.write(`skipped: no test data at ${dvs} (set NIRKIT_DATA)\n`);

test.runIf(present)(
  "a DVS128 Gesture folder gives recordings of both parts, by user, that the network takes",
  async () => {
    const files = await folderFiles(dvs);
    const parts = {
      train: await dvsGestureDataset(files, "train"),
      test: await dvsGestureDataset(files, "test"),
    };
    for (const dataset of Object.values(parts)) {
      const recordings = await recordingsOf(dataset);
      expect(recordings.labels.length).toBeGreaterThanOrEqual(dataset.length);
      const [sample] = testSamples(recordings);
      if (sample === undefined) throw new Error("a recording");
      expect(eventsOf(sample).index.length).toBeGreaterThan(0);
      expect(withTail(sample, 4).input.get("input")).toMatchObject({ steps: 24 });
    }
  },
);
