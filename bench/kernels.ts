/**
 * The kernels beside their TypeScript references, on one thread: `pnpm bench:kernels` prints a table and writes
 * `bench/results/kernels.json`. A time is the least of many runs.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { loadKernels, supportsBuild } from "@nirkit/kernels";
import type { Work } from "./kernels/work.ts";
import { works } from "./kernels/works.ts";

const builds = (["plain", "simd", "relaxed"] as const).filter(supportsBuild);
const results = join(import.meta.dirname, "results");

/** Least milliseconds of one run, of at least three runs and about `budgetMs`. */
function leastMs(run: () => void, budgetMs: number): number {
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + budgetMs;
  for (let i = 0; i < 3 || performance.now() < end; i++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function measure(work: Work): Record<string, number> {
  const times: Record<string, number> = {};
  for (const build of builds) {
    const kernels = loadKernels({ build });
    const run = work.prepare(kernels);
    // Short work is repeated, so that the clock's step does not matter.
    const repeats = Math.max(1, Math.floor((build === "plain" ? 2e5 : 2e6) / work.operations));
    const repeated = (): void => {
      for (let i = 0; i < repeats; i++) run();
    };
    times[build] = leastMs(repeated, build === "plain" ? 300 : 500) / repeats;
  }
  return times;
}

const rows = works().map((work) => {
  const times = measure(work);
  const rate = (build: string): string =>
    times[build] === undefined ? "" : (work.operations / times[build] / 1e6).toFixed(2);
  const ratio = (times.plain ?? 0) / (times.simd ?? 1);
  console.log(
    `${work.name.padEnd(58)} ${work.unit.padEnd(10)} plain ${rate("plain").padStart(6)}  simd ${rate("simd").padStart(6)}  ` +
      `relaxed ${rate("relaxed").padStart(6)}  ${ratio.toFixed(1).padStart(5)}x plain  ${(times.simd ?? 0).toFixed(4)} ms`,
  );
  return { name: work.name, unit: work.unit, operations: work.operations, milliseconds: times, ratio };
});
mkdirSync(results, { recursive: true });
const machine = { cpu: cpus()[0]?.model ?? "unknown", node: process.version };
writeFileSync(join(results, "kernels.json"), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
