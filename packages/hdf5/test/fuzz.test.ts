import { expect, test } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";
import { seedFiles } from "./fuzz/seed-files.ts";
import { caseBytes } from "./fuzz/try-case.ts";

/** Printed by the test's title; `pnpm fuzz:nir --seed S` takes another. */
const seed = 2026;

test(`2 000 damaged files (seed ${seed}): no crash, no wait over 2 s, never over 500 MB`, async () => {
  const { findings, tried, peakMegabytes } = await fuzz({ seed, cases: 2000 });
  expect(findings).toEqual([]);
  expect(tried).toBe(2000);
  expect(peakMegabytes).toBeLessThan(500);
}, 120_000);

test("a case is the same bytes every time, and not those that it was made from", async () => {
  const files = await seedFiles("own");
  const original = new Map(files.map(({ name, bytes }) => [name, bytes().slice()]));
  let changed = 0;
  for (let index = 0; index < 200; index++) {
    const [name, bytes] = caseBytes(files, 7, index);
    expect(caseBytes(files, 7, index)).toEqual([name, bytes]);
    if (Buffer.compare(bytes, original.get(name) ?? bytes) !== 0) changed++;
  }
  expect(changed).toBeGreaterThan(150);
  for (const { name, bytes } of files) expect(bytes()).toEqual(original.get(name));
});
