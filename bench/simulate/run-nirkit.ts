/** One case in nirkit: run-nirkit.ts GRAPH INPUT DT SECONDS ENGINE -> one line of JSON, as peers.py prints it. */
import { readFileSync } from "node:fs";
import type { SpikeInput, Tensor } from "@nirkit/graph";
import { readNpy } from "@nirkit/npy";
import { createSimulator } from "@nirkit/simulate";
import { median } from "../read/median.ts";
import { readGraph } from "./cases.ts";

const [graphPath = "", inputPath = "", dt = "", seconds = "4", engine = "auto"] = process.argv.slice(2);
const simulator = createSimulator(await readGraph(graphPath), {
  dt: Number(dt),
  engine: engine === "plain" ? "plain" : "auto",
});
const batch = readNpy(readFileSync(inputPath)) as Tensor;
const [samples = 1, ...shape] = batch.shape;
const size = batch.data.length / samples;
const inputs: SpikeInput[] = Array.from({ length: samples }, (_, k) => {
  const sample = { ...batch, shape, data: batch.data.subarray(k * size, (k + 1) * size) } as Tensor;
  return new Map([["input", sample]]);
});
const run = (): number => {
  let total = 0;
  for (const { outputs } of simulator.runBatch(inputs))
    for (const z of outputs.get("output")?.data ?? []) total += Number(z);
  return total;
};
const spikes = run();
const times: number[] = [];
const end = performance.now() + 1e3 * Number(seconds);
while (times.length < 5 || (performance.now() < end && times.length < 2000)) {
  const start = performance.now();
  run();
  times.push(performance.now() - start);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({ ms: Math.min(...times), medianMs: median(times), runs: times.length, spikes, peakMb }),
);
