/** Times one scheme in this process and prints a {@link Measurement} as JSON. */
import { philox } from "@nirkit/integer";
import { subjects } from "./subjects.ts";

/** What one scheme costs. */
export interface Measurement {
  /** Best of five runs, wall clock. */
  readonly seconds: number;
  /** User and system time of the same run. */
  readonly cpuSeconds: number;
  /** Most memory beyond the input that was held at once, in sizes of the input. */
  readonly copies: number;
}

const side = 4096;

/** Gaussian weights: 2^16 drawn ones, repeated with a sign and a factor that change. */
function weights(): Float32Array {
  const random = philox(1, "bench/quantize");
  const drawn = Float32Array.from({ length: 65536 }, () => random.normal() * 0.05);
  const w = new Float32Array(side * side);
  for (let i = 0; i < w.length; i++) {
    const turn = i >>> 16;
    w[i] = (drawn[(i * 9973 + turn) & 65535] ?? 0) * (1 - turn / 1024) * (turn % 2 === 0 ? 1 : -1);
  }
  return w;
}

const name = process.argv[2] ?? "";
const run = subjects.get(name);
if (run === undefined) throw new Error(`no subject ${name}`);
const w = weights();
const collect = globalThis.gc ?? (() => {});

let seconds = Number.POSITIVE_INFINITY;
let cpuSeconds = Number.POSITIVE_INFINITY;
collect();
const before = process.memoryUsage.rss();
const most = process.resourceUsage().maxRSS * 1024;
let copies = 0;
for (let turn = 0; turn < 5; turn++) {
  collect();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { ints } = run(w, [side, side]);
  const took = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (took < seconds) {
    seconds = took;
    cpuSeconds = (user + system) / 1e6;
  }
  if (ints.length !== w.length) throw new Error(`${name} lost weights`);
  // The first run alone: later ones start while the memory of the last is not returned yet.
  if (turn === 0) {
    const peak = process.resourceUsage().maxRSS * 1024;
    copies = (Math.max(peak, most) - before) / w.byteLength;
  }
}
process.stdout.write(JSON.stringify({ seconds, cpuSeconds, copies }));
