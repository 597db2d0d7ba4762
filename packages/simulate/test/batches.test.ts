/** Batches, pools of workers, files of long runs, statistics over many samples. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, type Tensor, tensor } from "@nirkit/graph";
import { readNpy } from "@nirkit/npy";
import { afterAll, describe, expect, test } from "vitest";
import {
  createSimulator,
  createSimulatorPool,
  layerStatistics,
  type PoolWorker,
  serveSimulator,
} from "../src/index.ts";
import { npyFolderSink, openSimulatorPool } from "../src/node/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";

const simulator = createSimulator(recurrentNetwork, { dt: 1e-3, dialect: "nir-exp" });
const samples = [1, 2, 3, 4, 5].map((seed) => spikes(recurrentNetwork, 30, seed));

describe("a batch", () => {
  test("gives the traces of its samples, one by one", () => {
    const seen: number[] = [];
    const traces = simulator.runBatch(samples, undefined, { progress: (done) => seen.push(done) });
    expect(traces).toEqual(samples.map((sample) => simulator.run(sample)));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("stops between two samples", () => {
    const controller = new AbortController();
    const run = () =>
      simulator.runBatch(samples, undefined, {
        signal: controller.signal,
        progress: (done) => (done === 2 ? controller.abort() : undefined),
      });
    expect(run).toThrow(/E_BATCH_CANCELLED run: The batch was cancelled after 2 of 5 samples/);
  });
});

/** A worker in this thread: messages are cloned as they would be on their way. */
function localWorker(): PoolWorker {
  const listeners: { owner: (m: unknown) => void; worker: (m: unknown) => void } = {
    owner: () => {},
    worker: () => {},
  };
  const worker: PoolWorker = {
    postMessage: (m) => queueMicrotask(() => listeners.worker(structuredClone(m))),
    onMessage: (listen) => {
      listeners.owner = listen;
    },
    onError: () => {},
    terminate: () => {},
  };
  serveSimulator({
    postMessage: (m) => queueMicrotask(() => listeners.owner(structuredClone(m))),
    onMessage: (listen) => {
      listeners.worker = listen;
    },
  });
  return worker;
}

describe("a pool", () => {
  test("of two workers gives the traces of the batch, in its order", async () => {
    const pool = createSimulatorPool(simulator, [localWorker(), localWorker()]);
    const record = { nodes: "all", signals: ["v"] } as const;
    expect(await pool.runBatch(samples, record)).toEqual(simulator.runBatch(samples, record));
    await pool.close();
  });

  test("of nested networks gives the same too, and refuses samples with the diagnostics of a run", async () => {
    const inner = graph()
      .input("a", [2])
      .lif("lif", { tau: 5e-3, r: 5, vThreshold: 0.5 })
      .output("b")
      .build();
    const nested = createSimulator(graph().input("in", [2]).subgraph("block", inner).output("out").build(), {
      dt: 1e-3,
    });
    const pool = createSimulatorPool(nested, [localWorker()]);
    const input = new Map([["in", tensor("float32", [3, 2], [1, 0, 1, 1, 0, 1])]]);
    expect(await pool.runBatch([input])).toEqual([nested.run(input)]);
    await expect(pool.runBatch([new Map()])).rejects.toThrow(/E_INPUT_MISSING input.in/);
    const sink = { write: () => {} };
    await expect(pool.runBatch([input], { nodes: "all", signals: ["v"], sink })).rejects.toThrow(
      /E_POOL_SINK/,
    );
  });

  test("of threads gives the traces of the batch", async () => {
    const pool = openSimulatorPool(simulator, { workers: 2 });
    const seen: number[] = [];
    try {
      const traces = await pool.runBatch(samples, undefined, { progress: (done) => seen.push(done) });
      expect(traces).toEqual(simulator.runBatch(samples));
      expect(seen).toEqual([1, 2, 3, 4, 5]);
    } finally {
      await pool.close();
    }
  });
});

describe("a folder of .npy files", () => {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-records-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("holds every record of a run of 1500 steps, and an index of them", async () => {
    const input = spikes(recurrentNetwork, 1500);
    const record = { nodes: ["cuba", "li"], signals: ["v", "out"], from: 3, every: 7 } as const;
    const sink = npyFolderSink(join(folder, "run"));
    const streamed = await simulator.runAsync(input, { ...record, sink });
    const kept = simulator.run(input, record);
    expect(streamed.records.size).toBe(0);
    const index = JSON.parse(readFileSync(join(folder, "run/index.json"), "utf8")) as {
      key: string;
      file: string;
      rows: number;
    }[];
    expect(index.map(({ key }) => key).sort()).toEqual([...kept.records.keys()].sort());
    for (const { key, file, rows } of index) {
      const { shape, data } = readNpy(readFileSync(join(folder, "run", file))) as Tensor;
      expect([shape, rows]).toEqual([kept.records.get(key)?.shape, 214]);
      expect(Array.from(data, Number)).toEqual(Array.from(kept.records.get(key)?.data ?? [], Number));
    }
  });

  test("takes no name from the file: a node named ../x writes record-0.npy", () => {
    const odd = graph().input("in", [1]).li("..", { tau: 1, r: 1 }).output("out").build();
    const input = new Map([["in", tensor("float32", [2, 1], [1, 1])]]);
    createSimulator(odd, { dt: 0.1 }).run(input, {
      nodes: [".."],
      signals: ["v"],
      sink: npyFolderSink(join(folder, "odd")),
    });
    expect(readdirSync(join(folder, "odd")).sort()).toEqual(["index.json", "record-0.npy"]);
  });
});

test("statistics over samples: rates, neurons that never fire and neurons that always do", () => {
  const network = graph()
    .input("in", [3])
    .linear("fc", {
      weight: [
        [2, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
      ],
    })
    .if("n", { r: 1, vThreshold: 0.9 })
    .output("out")
    .build();
  const run = (data: number[]) =>
    createSimulator(network, { dt: 1 }).run(new Map([["in", tensor("uint8", [2, 3], data)]]));
  const [, fc, n] = layerStatistics([run([1, 1, 1, 1, 0, 1]), run([1, 0, 1, 1, 1, 1])]);
  expect(fc).toMatchObject({ node: "fc", samples: 2, steps: 4, eventsIn: 10, synapticOps: 6 });
  expect(fc).not.toHaveProperty("firing");
  expect(n?.firing?.rates).toEqual(Float64Array.from([1, 0.5, 0]));
  expect(n?.firing?.rate).toBe(0.5);
  expect([n?.firing?.dead, n?.firing?.saturated]).toEqual([Uint32Array.of(2), Uint32Array.of(0)]);
});
