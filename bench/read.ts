/**
 * Reading `.nir` files, validated and typed, beside the Python package in the same run.
 *
 * `pnpm bench:read` prints a table and writes `bench/results/read.json`. The Python package is taken from
 * `$NIRKIT_PYTHON`, or `python3` (python3 -m pip install nir h5py).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { readNirFile } from "@nirkit/hdf5/node";
import { makeSubjects, type Subject } from "./read/files.ts";
import { importTimes } from "./read/import-times.ts";
import { median } from "./read/median.ts";

interface PythonRuns {
  readonly python: string;
  readonly nir: string;
  readonly h5py: string;
  readonly runs: Readonly<Record<string, readonly number[]>>;
}

const root = resolve(import.meta.dirname, "..");
const results = join(import.meta.dirname, "results");

/** Milliseconds of every reading but the first, which starts the HDF5 library. */
async function nirkitTimes({ path, repeats }: Subject): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    const { graph } = await readNirFile(path);
    const { diagnostics } = graph.types();
    times.push(performance.now() - start);
    if (diagnostics.some((d) => d.level === "error")) throw new Error(`${path} has errors`);
  }
  return times.slice(1);
}

function pythonTimes(subjects: readonly Subject[]): PythonRuns | undefined {
  const { status, stdout, stderr } = spawnSync(
    process.env.NIRKIT_PYTHON ?? "python3",
    [join(import.meta.dirname, "read/python-read.py")],
    { input: JSON.stringify(subjects), encoding: "utf8" },
  );
  if (status === 0) return JSON.parse(stdout) as PythonRuns;
  console.error(`The Python package is missing, so there is nothing to compare with:\n${stderr}`);
  return undefined;
}

const subjects = await makeSubjects(join(results, "files"));
const first = performance.now();
await readNirFile(subjects[0]?.path ?? "");
const coldMs = performance.now() - first;
const ours = new Map<string, number[]>();
for (const subject of subjects) ours.set(subject.path, await nirkitTimes(subject));
const theirs = pythonTimes(subjects);

const rows = subjects.map(({ name, path, target }) => {
  const nirkitMs = median(ours.get(path) ?? []);
  const pythonMs = theirs === undefined ? undefined : median(theirs.runs[path] ?? []);
  const factor = pythonMs === undefined ? undefined : pythonMs / nirkitMs;
  return {
    name,
    nirkitMs,
    pythonMs,
    factor,
    target,
    met: factor === undefined ? undefined : factor >= target,
  };
});
const imports = importTimes(root, 5);

const digits = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(1));
console.table(
  rows.map(({ name, nirkitMs, pythonMs, factor, target, met }) => ({
    file: name,
    "nirkit ms": digits(nirkitMs),
    "python ms": digits(pythonMs),
    factor: digits(factor),
    "at least": target,
    met: met ?? "-",
  })),
);
console.log(`First file, with the start of the HDF5 library: ${coldMs.toFixed(0)} ms`);
console.table(imports.map(({ name, ms }) => ({ package: name, "import ms": ms.toFixed(1) })));

mkdirSync(results, { recursive: true });
const { python, nir, h5py } = theirs ?? {};
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, python, nir, h5py };
const report = { machine, coldMs, rows, imports };
writeFileSync(join(results, "read.json"), `${JSON.stringify(report, undefined, 2)}\n`);
