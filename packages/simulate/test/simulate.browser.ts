import { expect, test } from "vitest";
import { createSimulator, createSimulatorPool, type PoolWorker } from "../src/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";

const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
const samples = [1, 2, 3].map((seed) => spikes(recurrentNetwork, 50, seed));

test("on a page the kernels give the bits of the plain engine", () => {
  const record = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;
  const plain = createSimulator(recurrentNetwork, { dt: 1e-3, engine: "plain" });
  const [sample = new Map()] = samples;
  expect(simulator.run(sample, record)).toEqual(plain.run(sample, record));
  expect(simulator.run(sample).activity.get("cuba")?.eventsOut).toBeGreaterThan(10);
});

/** A Web Worker that serves a simulator. */
function webWorker(): PoolWorker {
  const index = new URL("../src/index.ts", import.meta.url).href;
  const script = `import { serveSimulator } from ${JSON.stringify(index)};
    let listen = () => {};
    self.onmessage = ({ data }) => listen(data);
    serveSimulator({ postMessage: (m) => self.postMessage(m), onMessage: (f) => { listen = f; } });
    self.postMessage("ready");`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), {
    type: "module",
  });
  // What is sent before the module has loaded would be lost.
  const waiting: unknown[] = [];
  let ready = false;
  let listen: (message: unknown) => void = () => {};
  worker.onmessage = ({ data }) => {
    if (data !== "ready") return listen(data);
    ready = true;
    for (const message of waiting) worker.postMessage(message);
  };
  return {
    postMessage: (message) => (ready ? worker.postMessage(message) : waiting.push(message)),
    onMessage: (listener) => {
      listen = listener;
    },
    onError: (listener) => {
      worker.onerror = listener;
    },
    terminate: () => worker.terminate(),
  };
}

test("two Web Workers run a batch as one thread does", async () => {
  const pool = createSimulatorPool(simulator, [webWorker(), webWorker()]);
  expect(await pool.runBatch(samples)).toEqual(simulator.runBatch(samples));
  await pool.close();
});
