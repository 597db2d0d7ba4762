// Checks every package as npm would ship it: publint and "are the types wrong", warnings as errors.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

let failed = 0;
for (const name of readdirSync(new URL("../packages/", import.meta.url)).sort()) {
  const cwd = new URL(`../packages/${name}/`, import.meta.url).pathname;
  for (const argv of [
    ["publint", "--strict"],
    ["attw", "--pack", ".", "--profile", "esm-only", "--quiet"],
  ]) {
    const run = spawnSync(argv[0], argv.slice(1), { cwd, encoding: "utf8" });
    if (run.status === 0) continue;
    failed += 1;
    process.stderr.write(`${name}: ${argv[0]} failed\n${run.stdout}${run.stderr}\n`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
