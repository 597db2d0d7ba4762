/**
 * Training steps beside PyTorch on one core: `pnpm bench:train` prints a table and writes `bench/results/train.json`.
 * A step is forward, backward and Adam; its time is the least CPU time of many. PyTorch is that of NIRKIT_TORCH_PYTHON
 * (or NIRKIT_PYTHON); without it the rows stand alone. Then the same steps of a `Trainer` on one and two threads.
 */
import "@tensorflow/tfjs-backend-wasm";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { cases } from "./train/cases.ts";
import { memoryOf } from "./train/memory.ts";
import { pytorch } from "./train/pytorch.ts";
import { leastMs, trainingStep } from "./train/step.ts";
import { twoThreads } from "./train/workers.ts";

const seconds = Number(process.env.NIRKIT_BENCH_SECONDS ?? 6);
const results = join(import.meta.dirname, "results");

await tf.setBackend("wasm");
await tf.ready();
const peers = pytorch(seconds);
const rows: object[] = [];
for (const given of cases) {
  const own = peers.filter((peer) => peer.case === given.name);
  const best = Math.min(...own.map(({ ms }) => ms ?? Number.POSITIVE_INFINITY));
  for (const kernels of ["portable", "relaxed"] as const) {
    const { model, run } = await trainingStep(given, kernels);
    const ms = leastMs(run, seconds);
    const memory = memoryOf(given, model);
    model.dispose();
    const ratio = ms / best;
    console.log(
      `${given.title.padEnd(46)} ${kernels.padEnd(9)} ${ms.toFixed(1).padStart(7)} ms` +
        (own.length === 0
          ? ""
          : `  PyTorch ${own.map(({ loop, ms }) => `${loop} ${ms?.toFixed(1)}`).join(", ")} ms  ` +
            `ratio ${ratio.toFixed(2)} (at most ${given.target})`) +
        `  memory ${(memory.bytes / 2 ** 20).toFixed(1)} MiB, ${memory.share.toFixed(2)} of the formula`,
    );
    rows.push({
      case: given.title,
      kernels,
      milliseconds: ms,
      pytorch: own,
      ratio,
      target: given.target,
      memory,
    });
  }
}
for (const given of cases) {
  const threads = await twoThreads(given, seconds);
  const { one, two, elapsed, processor } = threads;
  console.log(
    `${given.title.padEnd(46)} two threads ${two.elapsed.toFixed(1)} ms, one ${one.elapsed.toFixed(1)} ms: ` +
      `factor ${elapsed.toFixed(2)} (at least 1.6)  processor time ${two.here.toFixed(1)} here, ` +
      `${two.worker.toFixed(1)} in the worker, ${one.here.toFixed(1)} alone: at most ${processor.toFixed(2)}`,
  );
  rows.push({ case: given.title, threads });
}
mkdirSync(results, { recursive: true });
const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  node: process.version,
  torch: peers.find(({ torch }) => torch !== undefined)?.torch,
};
writeFileSync(join(results, "train.json"), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
