/**
 * What every scheme makes of real labelled tasks: accuracy of the golden integer network, SQNR, memory, operations.
 *
 * `pnpm bench:schemes` writes the tables into `docs/reference/schemes-on-tasks.md`; `pnpm bench:schemes digits_mlp`
 * those of one task alone. Calibration is on training samples only. Everything is deterministic: no time is measured.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeChapter } from "./schemes/chapter.ts";
import { withChapter } from "./schemes/page.ts";
import { hasTasks, taskNames } from "./schemes/tasks.ts";

if (!hasTasks()) throw new Error("no data of the tasks (set NIRKIT_DATA)");
const file = join(import.meta.dirname, "../docs/reference/schemes-on-tasks.md");
const only = process.argv.slice(2);
for (const name of taskNames.filter((one) => only.length === 0 || only.includes(one))) {
  const chapter = await makeChapter(name, ({ words, found }) =>
    console.log(name, words, "refused" in found ? found.refused : found.correct),
  );
  writeFileSync(file, withChapter(readFileSync(file, "utf8"), chapter));
}
