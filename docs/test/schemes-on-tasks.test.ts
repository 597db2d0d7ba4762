/** The tables of schemes on real tasks: what the page says is what the script makes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeChapter } from "../../bench/schemes/chapter.ts";
import { type Chapter, chapterText } from "../../bench/schemes/page.ts";
import { hasTasks, type TaskName, taskNames } from "../../bench/schemes/tasks.ts";

const page = readFileSync(join(import.meta.dirname, "../reference/schemes-on-tasks.md"), "utf8");
const isDeep = process.env.NIRKIT_DEEP === "1";
const isThere = hasTasks();
if (!isThere && process.env.NIRKIT_STRICT === "1") throw new Error("no data of the tasks (set NIRKIT_DATA)");
if (!isThere) process.stdout.write("skipped: no data of the tasks (set NIRKIT_DATA)\n");

/** Samples that may be lost at 8 bits, and with calibrated 4-bit powers of two. */
const allowed: Readonly<Record<TaskName, readonly [uniform8: number, pot4: number]>> = {
  digits_mlp: [3, 8],
  digits_cnn: [3, 8],
  cnn_sinabs: [2, 3],
};

const lost = ({ floatRight, weights }: Chapter, words: RegExp): number[] =>
  weights.flatMap((row) =>
    words.test(row.words) ? ["refused" in row.found ? floatRight : floatRight - row.found.correct] : [],
  );

describe.runIf(isThere)("schemes on tasks", () => {
  // The other two tasks are the deep half: half a minute and several.
  test.each(isDeep ? taskNames : (["digits_mlp"] as const))(
    "%s: every row of the page comes out again to the last digit, and targets are met",
    { timeout: 1_800_000 },
    async (name) => {
      const chapter = await makeChapter(name);
      expect(page).toContain(chapterText(chapter));
      const [uniform8, pot4] = allowed[name];
      const eight = lost(chapter, /^--scheme uniform:8/);
      expect(eight).toHaveLength(2);
      expect(Math.max(...eight)).toBeLessThanOrEqual(uniform8);
      const [four = Number.NaN] = lost(chapter, /^--scheme pot:4 .*--limit/);
      expect(four).toBeLessThanOrEqual(pot4);
    },
  );
});

test.each(taskNames)("%s: 27 rows, each with its own options", (name) => {
  const at = page.indexOf(`<!-- schemes: ${name} -->`);
  const part = page.slice(at, page.indexOf(`<!-- end of ${name} -->`));
  const rows = [...part.matchAll(/^\| `(--scheme [^`]+)` \|/gm)].map(([, words]) => words);
  expect(rows).toHaveLength(27);
  expect(new Set(rows).size).toBe(27);
});
