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
import { readNirFile, type TensorReading } from "@nirkit/hdf5/node";
import { makeSubjects, type Subject } from "./read/files.ts";
import { importTimes } from "./read/import-times.ts";
import { median } from "./read/median.ts";
import { nirkitTimes, type ReadTimes } from "./read/nirkit-read.ts";

interface PythonRuns {
  readonly python: string;
  readonly nir: string;
  readonly h5py: string;
  readonly read: Readonly<Record<string, readonly number[]>>;
  readonly summed: Readonly<Record<string, readonly number[]>>;
}

interface Row {
  readonly name: string;
  /** `read` gives a graph that was validated and typed; `summed` takes the sum of every array besides. */
  readonly work: keyof ReadTimes;
  readonly tensors: TensorReading;
  readonly nirkitMs: number;
  readonly pythonMs: number | undefined;
  /** How many times faster than the Python package. */
  readonly factor: number | undefined;
  readonly target: number | undefined;
}

const root = resolve(import.meta.dirname, "..");
const results = join(import.meta.dirname, "results");

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
const theirs = pythonTimes(subjects);

const rows: Row[] = [];
for (const subject of subjects)
  for (const tensors of subject.large ? (["eager", "lazy"] as const) : (["eager"] as const)) {
    const ours = await nirkitTimes(subject, tensors);
    for (const work of ["read", "summed"] as const) {
      const nirkitMs = median(ours[work]);
      const pythonMs = theirs === undefined ? undefined : median(theirs[work][subject.path] ?? []);
      const factor = pythonMs === undefined ? undefined : pythonMs / nirkitMs;
      const target = work === "read" ? subject.target : undefined;
      rows.push({ name: subject.name, work, tensors, nirkitMs, pythonMs, factor, target });
    }
  }
const imports = importTimes(root, 5);

const digits = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(1));
const met = ({ factor, target }: Row): boolean | undefined =>
  factor === undefined || target === undefined ? undefined : factor >= target;
console.table(
  rows.map((row) => ({
    file: row.name,
    work: row.work,
    tensors: row.tensors,
    "nirkit ms": digits(row.nirkitMs),
    "python ms": digits(row.pythonMs),
    factor: digits(row.factor),
    "at least": row.target ?? "",
    met: met(row) ?? "",
  })),
);
console.log(
  "read: a graph, every value checked, every type inferred; summed: that, and the sum of every array.\n" +
    "eager: all arrays in memory; lazy: large arrays stay in the file, and summing loads them.",
);
console.log(`First file in a fresh process: ${coldMs.toFixed(0)} ms`);
console.table(imports.map(({ name, ms }) => ({ package: name, "import ms": ms.toFixed(1) })));

mkdirSync(results, { recursive: true });
const { python, nir, h5py } = theirs ?? {};
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, python, nir, h5py };
const report = { machine, coldMs, rows: rows.map((row) => ({ ...row, met: met(row) })), imports };
writeFileSync(join(results, "read.json"), `${JSON.stringify(report, undefined, 2)}\n`);
