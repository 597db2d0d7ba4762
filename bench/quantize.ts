/**
 * Quantising one layer of 4096 x 4096 weights with every scheme: seconds and memory.
 *
 * `pnpm bench:quantize` prints a table and writes `bench/results/quantize.json`. Each scheme runs in a process of its
 * own, so that its peak memory is its own. The goal is one second and three copies of the input beyond the input; it is
 * judged by processor time, which other work on the machine does not change: everything runs in one thread.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Measurement } from "./quantize/measure.ts";
import { subjects } from "./quantize/subjects.ts";

const results = join(import.meta.dirname, "results");
const goal = { seconds: 1, copies: 3 };

function measure(name: string): Measurement {
  const script = join(import.meta.dirname, "quantize/measure.ts");
  // --expose-gc: the peak must not count what is garbage already.
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script, name], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name} failed:\n${stderr}`);
  return JSON.parse(stdout) as Measurement;
}

const only = process.argv.slice(2);
const rows = [...subjects.keys()]
  .filter((name) => only.length === 0 || only.includes(name))
  .map((name) => ({ name, ...measure(name) }))
  .map((row) => ({ ...row, met: row.cpuSeconds < goal.seconds && row.copies <= goal.copies }));

console.table(
  rows.map(({ name, seconds, cpuSeconds, copies, met }) => ({
    scheme: name,
    "s (best of 5)": seconds.toFixed(2),
    "CPU s": cpuSeconds.toFixed(2),
    "copies beyond the input": copies.toFixed(2),
    met,
  })),
);

mkdirSync(results, { recursive: true });
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
writeFileSync(
  join(results, "quantize.json"),
  `${JSON.stringify({ machine, weights: 4096 * 4096, goal, rows }, undefined, 2)}\n`,
);
