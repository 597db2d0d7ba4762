import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  type BatchPort,
  type BatchWorker,
  batches,
  batchPositions,
  datasetOf,
  prefetch,
  serveBatches,
  workerBatches,
} from "@nirkit/events";
import { batchThread, filePieces, openDataset } from "@nirkit/events/node";
import type { Sample } from "@nirkit/graph";
import { expect, test } from "vitest";

const dense = (n: number) =>
  datasetOf(n, (index): Sample => {
    const data = Float32Array.of(index, -index);
    return { input: new Map([["input", { dtype: "float32", shape: [1, 2], data }]]), label: index };
  });
const labels = async (source: AsyncIterable<Batch>) => {
  const found: number[][] = [];
  for await (const batch of source) found.push([...batch.labels]);
  return found;
};

test("7 samples in batches of 3: 3 3 1 in order, 3 3 with dropLast, a shuffled epoch holds each once", async () => {
  expect(await labels(batches(dense(7), { batchSize: 3 }))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect((await labels(batches(dense(7), { batchSize: 3, dropLast: true }))).length).toBe(2);
  const epoch = (await labels(batches(dense(7), { batchSize: 3, seed: 1, epoch: 2 }))).flat();
  expect(epoch).not.toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(() => batchPositions(7, { batchSize: 0 })).toThrow("E_BATCH batchSize");
});

test("tensors of one step become a dense batch [T, B, 2]", async () => {
  const { value } = await batches(dense(2), { batchSize: 2 }).next();
  expect(value).toMatchObject({
    kind: "dense",
    steps: 1,
    batch: 2,
    shape: [2],
    data: Float32Array.of(0, -0, 1, -1),
  });
});

test("prefetch of depth 3 asks for 3 ahead and no more, gives all in order, passes an error on in its place", async () => {
  let asked = 0;
  const source = async function* () {
    for (; asked < 10; ) {
      asked++;
      if (asked === 8) throw new Error("eighth");
      yield asked;
    }
  };
  const ahead = prefetch(source(), 3);
  expect((await ahead.next()).value).toBe(1);
  await new Promise((done) => setTimeout(done, 10));
  expect(asked).toBe(4);
  const rest: number[] = [];
  await expect(
    (async () => {
      for await (const item of ahead) rest.push(item);
    })(),
  ).rejects.toThrow("eighth");
  expect(rest).toEqual([2, 3, 4, 5, 6, 7]);
});

test("a consumer that stops closes the source", async () => {
  let closed = false;
  const source = async function* () {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed = true;
    }
  };
  for await (const item of prefetch(source(), 2)) if (item === 3) break;
  expect(closed).toBe(true);
});

/** A worker in this thread: the protocol without a thread. */
function localWorker(samples: number, log: string[]): () => BatchWorker {
  return () => {
    let [toMain, toWorker]: ((message: unknown) => void)[] = [() => {}, () => {}];
    const port: BatchPort = {
      post: (message) => setTimeout(() => toMain?.(structuredClone(message)), 1),
      listen: (listener) => {
        toWorker = listener;
      },
    };
    serveBatches(port, async () => dense(samples));
    return {
      post: (message) => {
        log.push("asked");
        toWorker?.(structuredClone(message));
      },
      listen: (onMessage) => {
        toMain = onMessage;
      },
      terminate: () => log.push("closed"),
    };
  };
}

test("1, 2 and 3 workers give the same 10 batches in the same order; workers x ahead are under way when one was taken", async () => {
  for (const workers of [1, 2, 3]) {
    const log: string[] = [];
    const options = { length: 20, batchSize: 2, seed: 4, createWorker: localWorker(20, log), workers };
    const source = workerBatches(options);
    await source.next();
    expect(log.length).toBe(workers * 2 + 1);
    await source.return(undefined);
    expect(log.filter((line) => line === "closed").length).toBe(workers);
    const all = await labels(workerBatches({ ...options, createWorker: localWorker(20, []) }));
    expect(all).toEqual(await labels(batches(dense(20), { batchSize: 2, seed: 4 })));
  }
});

test("a sample that cannot be read fails its batch with the same diagnostic as without a worker", async () => {
  const source = workerBatches({ length: 6, batchSize: 2, createWorker: localWorker(4, []) });
  expect([...((await source.next()).value?.labels ?? [])]).toEqual([0, 1]);
  expect([...((await source.next()).value?.labels ?? [])]).toEqual([2, 3]);
  await expect(source.next()).rejects.toThrow("E_DATASET_INDEX");
});

test("two threads make the batches of gestures:7 that the main thread makes", async () => {
  const options = { steps: 2, stepUs: 10_000, limit: 6 };
  const dataset = await openDataset("gestures:7", options);
  const createWorker = batchThread("gestures:7", options);
  const threads = workerBatches({ length: 6, batchSize: 2, seed: 1, createWorker, workers: 2 });
  const expected: Batch[] = [];
  for await (const batch of batches(dataset, { batchSize: 2, seed: 1 })) expected.push(batch);
  const found: Batch[] = [];
  for await (const batch of threads) found.push(batch);
  expect(found).toEqual(expected);
}, 60_000);

test("a thread whose data set does not open gives that diagnostic", async () => {
  const createWorker = batchThread("nmnist:/nowhere/at/all");
  await expect(workerBatches({ length: 2, batchSize: 2, createWorker }).next()).rejects.toThrow(
    "E_DATASET_EMPTY",
  );
}, 60_000);

test("a file of 10 bytes comes in pieces of 4 4 2", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-events-"));
  try {
    writeFileSync(join(folder, "a.bin"), new Uint8Array(10));
    const sizes: number[] = [];
    for await (const piece of filePieces(join(folder, "a.bin"), 4)) sizes.push(piece.length);
    expect(sizes).toEqual([4, 4, 2]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
