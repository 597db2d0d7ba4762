/**
 * The float simulator beside bare PyTorch, snnTorch, Norse and Sinabs: the same networks and inputs, one core, each in
 * a process of its own.
 *
 * `pnpm bench:simulate` prints tables and writes `bench/results/simulate.json`. The peers run in `$NIRKIT_PEERS_PYTHON`
 * (pip install torch snntorch norse sinabs nir); without it nirkit is measured alone. `$NIRKIT_DATA` holds the networks
 * of the NIR paper. Times are the least of many runs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type Case, makeCases } from "./simulate/cases.ts";
import { scalingRows } from "./simulate/scaling.ts";

interface Measured {
  readonly ms: number;
  readonly medianMs: number;
  readonly runs: number;
  readonly spikes: number;
  readonly peakMb: number;
}

type Outcome = Measured | { readonly unable: string };

const here = import.meta.dirname;
const results = join(here, "results");
const seconds = process.env.NIRKIT_BENCH_SECONDS ?? "4";
const python = process.env.NIRKIT_PEERS_PYTHON;
const peers = ["torch", "snntorch", "norse", "sinabs"] as const;
const pinned = spawnSync("taskset", ["-c", "0", "true"]).status === 0 ? ["taskset", "-c", "0"] : [];

function measure(command: readonly string[]): Outcome {
  const [program = "", ...argv] = [...pinned, ...command];
  const env = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8", env });
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("{"))
    return { unable: stderr.trim().split("\n").at(-1) ?? `exit ${status}` };
  return JSON.parse(line) as Outcome;
}

function nirkit({ graph, input, dt }: Case, engine: "auto" | "plain"): Outcome {
  const script = join(here, "simulate/run-nirkit.ts");
  return measure([process.execPath, ...process.execArgv, script, graph, input, String(dt), seconds, engine]);
}

function run(each: Case) {
  const ours = nirkit(each, "auto");
  const plain = nirkit(each, "plain");
  const theirs = peers.map((peer): [string, Outcome] => [
    peer,
    python === undefined
      ? { unable: "NIRKIT_PEERS_PYTHON is not set" }
      : measure([python, join(here, "simulate/peers.py"), each.kind, peer, each.graph, each.input, seconds]),
  ]);
  const able = theirs.filter((entry): entry is [string, Measured] => "ms" in entry[1]);
  const best = able.reduce<[string, Measured] | undefined>(
    (a, b) => (a === undefined || b[1].ms < a[1].ms ? b : a),
    undefined,
  );
  const ratio = best === undefined || "unable" in ours ? undefined : ours.ms / best[1].ms;
  const met = ratio === undefined ? undefined : ratio <= each.target;
  return {
    name: each.name,
    target: each.target,
    nirkit: ours,
    plain,
    peers: Object.fromEntries(theirs),
    best: best?.[0],
    ratio,
    met,
  };
}

const text = (outcome: Outcome | undefined): string =>
  outcome === undefined ? "-" : "ms" in outcome ? outcome.ms.toFixed(outcome.ms < 1 ? 3 : 2) : "-";
const memory = (outcome: Outcome | undefined): string =>
  outcome !== undefined && "ms" in outcome ? outcome.peakMb.toFixed(0) : "-";

const cases = await makeCases(
  join(results, "files"),
  resolve(here, "..", process.env.NIRKIT_DATA ?? "../shared/data"),
);
const rows = cases.map(run);
console.log("Milliseconds per run, least of many; one core");
console.table(
  rows.map(({ name, nirkit: ours, plain, peers: theirs, ratio, target, met }) => ({
    case: name,
    nirkit: text(ours),
    "plain TS": text(plain),
    ...Object.fromEntries(peers.map((peer) => [peer, text(theirs[peer])])),
    ratio: ratio?.toFixed(4) ?? "-",
    "at most": target.toFixed(3),
    met: met ?? "-",
  })),
);
console.log("Peak memory of the process, MiB");
console.table(
  rows.map(({ name, nirkit: ours, peers: theirs }) => ({
    case: name,
    nirkit: memory(ours),
    ...Object.fromEntries(peers.map((peer) => [peer, memory(theirs[peer])])),
  })),
);
for (const { name, peers: theirs } of rows)
  for (const [peer, outcome] of Object.entries(theirs))
    if ("unable" in outcome) console.log(`${name}: ${peer} does not run: ${outcome.unable}`);
const scaling = scalingRows();
console.log("width-width-10, T 50, density 0.05, batch 1, and one of them changed");
console.table(
  scaling.map(({ what, value, ms, gSynops }) => ({
    what,
    value,
    ms: ms.toFixed(3),
    "G synops/s": gSynops.toFixed(2),
  })),
);

mkdirSync(results, { recursive: true });
const machine = { cpu: cpus()[0]?.model, node: process.version, pinned: pinned.length > 0 };
writeFileSync(
  join(results, "simulate.json"),
  `${JSON.stringify({ machine, rows, scaling }, undefined, 2)}\n`,
);
