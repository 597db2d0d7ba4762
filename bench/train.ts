/**
 * Training steps beside PyTorch on one core: `pnpm bench:train` prints a table and writes `bench/results/train.json`.
 * A step is forward, backward and Adam; its time is the least CPU time of many. PyTorch is that of NIRKIT_TORCH_PYTHON
 * (or NIRKIT_PYTHON); without it the rows stand alone.
 */
import "@tensorflow/tfjs-backend-wasm";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { EventBatch } from "@nirkit/events";
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { buildTrainable, fastSigmoid } from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";

const seconds = Number(process.env.NIRKIT_BENCH_SECONDS ?? 6);
const results = join(import.meta.dirname, "results");

/** Least CPU milliseconds of a step. */
function leastMs(step: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; i < 5 || performance.now() < end; i++) {
    const start = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function normal(name: string, shape: readonly number[], deviation: number): ReturnType<typeof tensor> {
  const random = philox(1, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => deviation * random.normal()),
  );
}

/** Random events of a density. */
function events(steps: number, batch: number, shape: readonly number[], density: number): EventBatch {
  const random = philox(2, "events");
  const size = shape.reduce((a, b) => a * b, 1);
  const start = new Uint32Array(steps * batch + 1);
  const index: number[] = [];
  for (let row = 0; row < steps * batch; row++) {
    for (let at = 0; at < size; at++) if (random.uniform() < density) index.push(at);
    start[row + 1] = index.length;
  }
  return {
    kind: "events",
    steps,
    batch,
    shape,
    start,
    index: Uint32Array.from(index),
    labels: new Int32Array(batch),
  };
}

const lif = { tau: 10, r: 10, vThreshold: 1 };

function mlp(): NirGraph {
  return graph()
    .input("in", [784])
    .linear("fc1", { weight: normal("fc1", [512, 784], 0.1) })
    .lif("l1", lif)
    .linear("fc2", { weight: normal("fc2", [10, 512], 0.1) })
    .lif("l2", lif)
    .output("out")
    .build();
}

function conv(): NirGraph {
  return graph()
    .input("in", [2, 34, 34])
    .conv2d("c1", { weight: normal("c1", [8, 2, 5, 5], 0.3) })
    .lif("l1", lif)
    .avgPool2d("p1", { kernelSize: 2 })
    .conv2d("c2", { weight: normal("c2", [16, 8, 5, 5], 0.3) })
    .lif("l2", lif)
    .avgPool2d("p2", { kernelSize: 2 })
    .flatten("flat")
    .linear("fc", { weight: normal("fc", [10, 400], 0.1) })
    .lif("l3", lif)
    .output("out")
    .build();
}

interface Case {
  readonly name: "mlp" | "conv";
  readonly title: string;
  readonly target: number;
  readonly graph: NirGraph;
  readonly input: EventBatch;
}

const cases: readonly Case[] = [
  {
    name: "mlp",
    title: "784-512-10, B 128, T 25, 10 %",
    target: 0.5,
    graph: mlp(),
    input: events(25, 128, [784], 0.1),
  },
  {
    name: "conv",
    title: "2x34x34 c5x8 p2 c5x16 p2 10, B 32, T 20, 5 %",
    target: 0.6,
    graph: conv(),
    input: events(20, 32, [2, 34, 34], 0.05),
  },
];

/** Milliseconds of a step, and bytes of the kernels' memory. */
async function measure(given: Case, kernels: "portable" | "relaxed"): Promise<number> {
  const model = await buildTrainable(given.graph, {
    dt: 1,
    dialect: "nir-euler+subtract",
    surrogate: fastSigmoid(),
    execution: "fused",
    kernels,
    name: `${given.name}-${kernels}`,
  });
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const random = philox(3, "labels");
  const labels = tf.oneHot(
    tf.tensor1d(
      Int32Array.from({ length: given.input.batch }, () => random.integer(10)),
      "int32",
    ),
    10,
  );
  const variables = [...model.parameters.values()].map(({ variable }) => variable);
  const step = (): void => {
    optimizer.minimize(
      () => {
        const counts = model
          .forward(new Map([["in", given.input]]))
          .outputs.get("out")
          ?.counts() as tf.Tensor2D;
        const likelihood = tf.sum(tf.mul(tf.logSoftmax(counts), labels));
        return tf.mul(likelihood, -1 / given.input.batch) as tf.Scalar;
      },
      false,
      variables,
    );
  };
  const least = leastMs(step);
  model.dispose();
  return least;
}

interface Peer {
  readonly case?: string;
  readonly loop?: string;
  readonly ms?: number;
  readonly torch?: string;
}

function pytorch(): readonly Peer[] {
  const python = process.env.NIRKIT_TORCH_PYTHON ?? process.env.NIRKIT_PYTHON ?? "python3";
  const script = join(import.meta.dirname, "train", "pytorch-steps.py");
  const environment = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const run = spawnSync(python, [script, `${seconds}`], { encoding: "utf8", env: environment });
  if (run.status !== 0) {
    console.log(`PyTorch did not run with ${python}: set NIRKIT_TORCH_PYTHON`);
    return [];
  }
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Peer);
}

await tf.setBackend("wasm");
await tf.ready();
const peers = pytorch();
const rows: object[] = [];
for (const given of cases) {
  const own = peers.filter((peer) => peer.case === given.name);
  const best = Math.min(...own.map(({ ms }) => ms ?? Number.POSITIVE_INFINITY));
  for (const kernels of ["portable", "relaxed"] as const) {
    const ms = await measure(given, kernels);
    const ratio = ms / best;
    console.log(
      `${given.title.padEnd(46)} ${kernels.padEnd(9)} ${ms.toFixed(1).padStart(7)} ms` +
        (own.length === 0
          ? ""
          : `  PyTorch ${own.map(({ loop, ms }) => `${loop} ${ms?.toFixed(1)}`).join(", ")} ms  ` +
            `ratio ${ratio.toFixed(2)} (at most ${given.target})`),
    );
    rows.push({ case: given.title, kernels, milliseconds: ms, pytorch: own, ratio, target: given.target });
  }
}
mkdirSync(results, { recursive: true });
const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  node: process.version,
  torch: peers.find(({ torch }) => torch !== undefined)?.torch,
};
writeFileSync(join(results, "train.json"), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
