/**
 * The golden integer simulator: its kernels beside its plain TypeScript reference, in the same run on the same data.
 *
 * `pnpm bench:golden` prints tables and writes `bench/results/golden.json`. Times are the least of many runs
 * on one core; one synaptic operation is a non-zero weight met by an event.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { convLayer, denseChain, type GoldenCase, spikesFor } from "./golden/networks.ts";
import { type Race, race } from "./golden/race.ts";

const results = join(import.meta.dirname, "results");

/** Times both engines on every case and prints a row for each. */
function table(title: string, cases: readonly GoldenCase[]): Race[] {
  const rows = cases.map((one) => race(one));
  console.log(`\n${title}`);
  console.table(
    rows.map(({ name, plainMs, kernelsMs, scalarMs, ratio, kernelsGops, plainGops }) => ({
      network: name,
      "plain ms": plainMs.toFixed(2),
      "kernels ms": kernelsMs.toFixed(3),
      "times faster": ratio.toFixed(1),
      "than scalar kernels": (scalarMs / kernelsMs).toFixed(1),
      "G synops/s": kernelsGops.toFixed(2),
      "plain G synops/s": plainGops.toFixed(2),
    })),
  );
  return rows;
}

const dense = (width: number, density: number, steps: number): GoldenCase => ({
  name: `${width}-${width} T=${steps} density ${density}`,
  network: denseChain([width, width]),
  inputs: [spikesFor([width], steps, density)],
});
const mlp = (steps: number, batch: number): GoldenCase => ({
  name: `784-512-256-10 T=${steps} batch ${batch}`,
  network: denseChain([784, 512, 256, 10]),
  inputs: Array.from({ length: batch }, (_, seed) => spikesFor([784], steps, 0.1, seed)),
});
const conv = (channels: number, size: number, density: number, steps: number): GoldenCase => ({
  name: `conv ${channels}@${size}x${size} 3x3 T=${steps} density ${density}`,
  network: convLayer(channels, size),
  inputs: [spikesFor([channels, size, size], steps, density)],
});

const tables = {
  required: table("Required: dense at least 6 times, convolution at least 5 times the plain reference", [
    dense(1024, 0.2, 50),
    conv(32, 32, 0.2, 10),
  ]),
  density: table("Spike density", [
    ...[0.01, 0.05, 0.2, 0.5, 1].map((density) => dense(1024, density, 50)),
    ...[0.01, 0.05, 0.2, 0.5, 1].map((density) => conv(32, 32, density, 10)),
  ]),
  width: table("Layer width", [
    ...[128, 512, 2048].map((width) => dense(width, 0.1, 50)),
    ...[8, 16, 64].map((channels) => conv(channels, 32, 0.1, 10)),
  ]),
  steps: table(
    "Steps",
    [1, 25, 100, 400].map((steps) => mlp(steps, 1)),
  ),
  batch: table(
    "Batch",
    [1, 8, 64].map((batch) => mlp(25, batch)),
  ),
};
const [denseRow, convRow] = tables.required;
console.log(
  `dense ${denseRow?.ratio.toFixed(1)} times (at least 6), convolution ${convRow?.ratio.toFixed(1)} times (at least 5), ` +
    `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
);
mkdirSync(results, { recursive: true });
writeFileSync(
  join(results, "golden.json"),
  `${JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, tables }, undefined, 2)}\n`,
);
