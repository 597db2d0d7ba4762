/** A process that tries cases one after the other, each announced before and reported after. */

import { seedFiles } from "./seed-files.ts";
import { caseBytes, tryCase } from "./try-case.ts";

/** From the worker: a case begins; a case is done. */
export interface Report {
  readonly index: number;
  readonly file: string;
  readonly done?: { readonly ms: number; readonly megabytes: number; readonly wrong?: string };
}

const [seed = 0, first = 0, step = 1, cases = 0] = process.argv.slice(2, 6).map(Number);
const files = await seedFiles(process.argv[6] === "own" ? "own" : "all");
const tell = (report: Report): void => {
  process.send?.(report);
};
for (let index = first; index < cases; index += step) {
  const [file, bytes] = caseBytes(files, seed, index);
  tell({ index, file });
  const start = performance.now();
  const wrong = await tryCase(file, bytes);
  const ms = performance.now() - start;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  tell({ index, file, done: { ms, megabytes, ...(wrong === undefined ? {} : { wrong }) } });
}
process.disconnect();
