/**
 * Reading, binning and making of event data: million events per second.
 *
 * `pnpm bench:events` prints a table and writes `bench/results/events.json`. Files are made here from the synthetic
 * gestures; recordings of `$NIRKIT_DATA` are added where they are. The peer is the Python package expelliarmus, from
 * `$NIRKIT_PYTHON_EVENTS` or `python3`, with a warm file cache on both sides; its time includes opening the file, as
 * ours does.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import {
  binEvents,
  type EventStream,
  readEvents,
  synthesizeGesture,
  type WritableFormat,
  writeEvents,
} from "@nirkit/events";

interface Subject {
  readonly name: string;
  readonly path: string;
  readonly repeats: number;
  /** Name of the encoding in expelliarmus. */
  readonly peer: string | null;
}

const root = resolve(import.meta.dirname, "..");
const results = join(import.meta.dirname, "results");
const repeats = 9;

/** One second of gesture, repeated in time to two million events. */
function longStream(): EventStream {
  const once = synthesizeGesture({ seed: 1, user: 1, label: 10, steps: 1000 });
  const copies = Math.ceil(2_000_000 / once.t.length);
  const n = once.t.length * copies;
  const long = { t: new Float64Array(n), x: new Uint16Array(n), y: new Uint16Array(n), p: new Uint8Array(n) };
  for (let k = 0; k < copies; k++) {
    long.t.set(
      once.t.map((t) => t + k * 1_000_000),
      k * once.t.length,
    );
    long.x.set(once.x, k * once.t.length);
    long.y.set(once.y, k * once.t.length);
    long.p.set(once.p, k * once.t.length);
  }
  return { width: 128, height: 128, ...long };
}

function madeFiles(stream: EventStream): readonly Subject[] {
  const folder = join(results, "events");
  mkdirSync(folder, { recursive: true });
  const peers: Partial<Record<WritableFormat, string>> = { dat: "dat", evt2: "evt2" };
  const formats: readonly WritableFormat[] = ["aedat3", "dat", "evt2", "npz", "npy"];
  return formats.map((format) => {
    // expelliarmus goes by the ending.
    const path = join(folder, `made-${format}.${format === "evt2" ? "raw" : format}`);
    writeFileSync(path, writeEvents(stream, format));
    return { name: `made ${format}`, path, repeats, peer: peers[format] ?? null };
  });
}

function recordings(): readonly Subject[] {
  const folder = join(resolve(root, process.env.NIRKIT_DATA ?? "../shared/data"), "events/formats");
  const files: readonly (readonly [string, string | null])[] = [
    ["davis240c_imu_boxes_aedat2.aedat", null],
    ["dvs128_wave.aedat4", null],
    ["gen3_evt2.raw", "evt2"],
    ["gen41_evt3.raw", "evt3"],
  ];
  return files
    .map(([name, peer]) => ({ name, path: join(folder, name), repeats, peer }))
    .filter(({ path }) => existsSync(path));
}

/** Shortest of the repetitions, in milliseconds: what other processes add is not ours. */
function shortest(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < repeats; k++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function peerTimes(
  subjects: readonly Subject[],
): Readonly<Record<string, { seconds: number[]; events: number }>> {
  const python = process.env.NIRKIT_PYTHON_EVENTS ?? "python3";
  const script = join(import.meta.dirname, "events/python-read.py");
  const { status, stdout, stderr } = spawnSync(python, [script], {
    input: JSON.stringify(subjects),
    encoding: "utf8",
  });
  if (status === 0) return JSON.parse(stdout);
  console.error(`expelliarmus is missing, so there is nothing to compare with:\n${stderr}`);
  return {};
}

const stream = longStream();
const subjects = [...madeFiles(stream), ...recordings()];
const peers = peerTimes(subjects);
const rows = subjects.map(({ name, path }) => {
  let events = 0;
  const ms = shortest(() => {
    events = readEvents(new Uint8Array(readFileSync(path))).stream.t.length;
  });
  const peer = peers[path];
  const peerMs = peer === undefined ? undefined : Math.min(...peer.seconds) * 1000;
  if (peer !== undefined && peer.events !== events)
    console.error(`${name}: ${events} events, expelliarmus has ${peer.events}`);
  return {
    name,
    events,
    ms,
    rate: events / ms / 1000,
    peerMs,
    factor: peerMs === undefined ? undefined : peerMs / ms,
  };
});
const million = stream.t.length / 1e6;
const other = [
  ["bin 1 ms, 2 x 128 x 128", shortest(() => binEvents(stream, { by: { us: 1000 } }))],
  [
    "bin 50 ms, 2 x 32 x 32",
    shortest(() => binEvents(stream, { by: { us: 50_000 }, downsample: { factor: 4 } })),
  ],
] as const;
const scene = shortest(() => synthesizeGesture({ seed: 2, user: 2, label: 3, steps: 100 }));

const digits = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(1));
console.table(
  rows.map(({ name, events, ms, rate, peerMs, factor }) => ({
    file: name,
    events,
    ms: digits(ms),
    "M events/s": digits(rate),
    "expelliarmus ms": digits(peerMs),
    factor: digits(factor),
  })),
);
console.table(
  other.map(([name, ms]) => ({ binning: name, ms: digits(ms), "M events/s": digits(million / (ms / 1000)) })),
);
console.log(`Synthetic scene: ${(scene / 100).toFixed(2)} ms per step of 1 ms`);

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
const report = {
  machine,
  rows,
  binning: other.map(([name, ms]) => ({ name, ms })),
  sceneMsPerStep: scene / 100,
};
writeFileSync(join(results, "events.json"), `${JSON.stringify(report, undefined, 2)}\n`);
