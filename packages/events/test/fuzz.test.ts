import { gunzip, readEvents, readIdx, readMat, readTouchEvents, zipFiles } from "@nirkit/events";
import { readShd } from "@nirkit/events/shd";
import { NirkitError } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { everyFormat } from "./made-files.ts";
import { hasSampleFiles, sampleFile } from "./sample-files.ts";

const shdCases = process.env.NIRKIT_DEEP === "1" ? 2000 : 60;
const cases = process.env.NIRKIT_DEEP === "1" ? 20_000 : 600;

/** Files that are damaged: those made here, and the first 40 kB of the real ones. */
function seeds(): readonly (readonly [string, Uint8Array])[] {
  const made = [...everyFormat()];
  if (!hasSampleFiles()) return made;
  const names = [
    "dvs128_quiet.aedat4",
    "gen3_evt2.raw",
    "gen41_evt3.raw",
    "ncars_sample.dat",
    "stmnist_sample.mat",
  ];
  const real = names.map((name) => [name, sampleFile(`events/formats/${name}`).slice(0, 40_000)] as const);
  return [...made, ...real, ["gt.npy.gz", sampleFile("hsi/salinasa_gt_u8.npy.gz")]];
}

/** One to eight changes: bytes, whole words of extremes, cuts, repeats. */
function damage(bytes: Uint8Array, random: ReturnType<typeof philox>): Uint8Array {
  let result = bytes.slice();
  for (let k = 1 + random.integer(8); k > 0 && result.length > 8; k--) {
    // Headers decide most: half of the changes fall into the first 300 bytes.
    const at = random.integer(random.integer(2) === 0 ? Math.min(300, result.length - 4) : result.length - 4);
    const kind = random.integer(5);
    if (kind === 0) result[at] = random.integer(256);
    else if (kind === 1) result[at] = (result[at] ?? 0) ^ (1 << random.integer(8));
    else if (kind === 2)
      new DataView(result.buffer).setUint32(
        at,
        [0, 0xffffffff, 0x7fffffff, 0x80000000][random.integer(4)] ?? 0,
        true,
      );
    else if (kind === 3) result = result.slice(0, Math.max(8, at));
    else {
      const end = Math.min(result.length, at + 1 + random.integer(64));
      result = Uint8Array.from([...result.subarray(0, end), ...result.subarray(at)]);
    }
  }
  return result;
}

const readers: readonly ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => readEvents(bytes),
  (bytes) => readEvents(bytes, { lenient: true, width: 4000, height: 4000 }),
  (bytes) => readMat(bytes),
  (bytes) => readTouchEvents(bytes),
  (bytes) => readIdx(bytes),
  (bytes) => gunzip(bytes),
  (bytes) => zipFiles(bytes),
];

test(`${cases} damaged files: every reader gives a result or diagnostics, none takes 2 s, memory stays below 500 MB more`, () => {
  const files = seeds();
  const random = philox(2026, "fuzz");
  const before = process.memoryUsage().rss;
  let [slowest, refused, read] = [0, 0, 0];
  for (let n = 0; n < cases; n++) {
    const [name, bytes] = files[n % files.length] as readonly [string, Uint8Array];
    const damaged = damage(bytes, random);
    const start = performance.now();
    for (const reader of readers)
      try {
        reader(damaged);
        read++;
      } catch (error) {
        if (!(error instanceof NirkitError))
          throw new Error(`case ${n}, ${name}: ${String(error)}`, { cause: error });
        refused++;
      }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect([read > cases / 20, refused > cases]).toEqual([true, true]);
  expect(slowest).toBeLessThan(2000);
  expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
}, 600_000);

describe.skipIf(!hasSampleFiles())("SHD", () => {
  test(`${shdCases} damaged HDF5 files: samples or diagnostics, and the next file is read`, async () => {
    const whole = sampleFile("events/shd/shd_layout_synthetic.h5");
    const random = philox(2026, "fuzz-shd");
    let refused = 0;
    for (let n = 0; n < shdCases; n++)
      try {
        for await (const sample of await readShd(damage(whole, random)))
          expect(sample.label).toBeLessThan(20);
      } catch (error) {
        if (!(error instanceof NirkitError)) throw new Error(`case ${n}: ${String(error)}`, { cause: error });
        refused++;
      }
    expect(refused).toBeGreaterThan(shdCases / 10);
    expect((await readShd(whole)).length).toBe(40);
  }, 300_000);
});
