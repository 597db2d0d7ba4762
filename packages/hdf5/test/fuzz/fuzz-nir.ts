/**
 * `pnpm fuzz:nir [--cases N] [--seed S] [--own]` tries N damaged files; `--case SEED:INDEX [--save FILE]` tries one again, in
 * this process, and keeps it.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { inspectNir } from "../../src/index.ts";
import { fuzz } from "./fuzz.ts";
import { seedFiles } from "./seed-files.ts";
import { caseBytes, tryCase } from "./try-case.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    seed: { type: "string" },
    own: { type: "boolean", default: false },
    case: { type: "string" },
    save: { type: "string" },
  },
});
const files = values.own ? "own" : "all";
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

if (values.case === undefined) {
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  say(`seed ${seed}, ${values.cases} cases`);
  const processes = Math.min(4, availableParallelism());
  const result = await fuzz({ seed, cases: Number(values.cases), files, processes });
  for (const { id, file, what } of result.findings) say(`case ${id} (${file}): ${what}`);
  const { tried, slowestMs, peakMegabytes, findings } = result;
  say(
    `${tried} tried, ${findings.length} findings, slowest ${slowestMs.toFixed(0)} ms, at most ${peakMegabytes.toFixed(0)} MB`,
  );
  process.exitCode = findings.length === 0 ? 0 : 1;
} else {
  const [seed = 0, index = 0] = values.case.split(":").map(Number);
  const [file, bytes] = caseBytes(await seedFiles(files), seed, index);
  if (values.save !== undefined) writeFileSync(values.save, bytes);
  const start = performance.now();
  const wrong = await tryCase(file, bytes);
  say(
    `${file}, ${bytes.length} bytes: ${wrong ?? "all is well"} (${(performance.now() - start).toFixed(0)} ms)`,
  );
  for (const { code, path, message } of (await inspectNir(bytes)).diagnostics)
    say(`  ${code} ${path} ${message}`);
}
