import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const sandbox = mkdtempSync(join(tmpdir(), "nirkit-layers-"));
afterAll(() => rmSync(sandbox, { recursive: true, force: true }));

/** A small workspace with the project's rules; `files` maps path to source. */
function rulesBrokenBy(files: Readonly<Record<string, string>>): string[] {
  rmSync(join(sandbox, "packages"), { recursive: true, force: true });
  for (const name of [".dependency-cruiser.cjs", "tsconfig.base.json"])
    cpSync(join(root, name), join(sandbox, name));
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(sandbox, path)), { recursive: true });
    writeFileSync(join(sandbox, path), source);
  }
  const run = spawnSync(
    join(root, "node_modules/.bin/depcruise"),
    ["packages", "--config", ".dependency-cruiser.cjs", "--output-type", "json"],
    { cwd: sandbox, encoding: "utf8" },
  );
  const report = JSON.parse(run.stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return [...new Set(report.summary.violations.map((v) => v.rule.name))].sort();
}

symlinkSync(join(root, "node_modules"), join(sandbox, "node_modules"));
const graph = "packages/graph/src/index.ts";
const cli = "packages/cli/src/index.ts";
const clean = {
  [graph]: "export const a: number = 1;\n",
  [cli]: 'export { a } from "../../graph/src/index.ts";\n',
};

test("an import from a lower layer is fine", () => {
  expect(rulesBrokenBy(clean)).toEqual([]);
});

test("an import from a higher layer breaks the rule of its layer", () => {
  expect(
    rulesBrokenBy({
      [cli]: "export const b = 1;\n",
      [graph]: 'export { b } from "../../cli/src/index.ts";\n',
    }),
  ).toEqual(["layer-1"]);
});

test("an import from the same layer breaks the rule of that layer", () => {
  const network = { "packages/network/src/index.ts": "export const n = 1;\n" };
  expect(
    rulesBrokenBy({
      ...network,
      "packages/simulate/src/index.ts": 'export { n } from "../../network/src/index.ts";\n',
    }),
  ).toEqual(["layer-3"]);
});

test("a deep import, a node module in a browser package and a missing module are found", () => {
  const deep = { "packages/graph/src/inner.ts": "export const c = 1;\n" };
  expect(rulesBrokenBy({ ...deep, [cli]: 'export { c } from "../../graph/src/inner.ts";\n' })).toEqual([
    "no-deep-import",
  ]);
  expect(
    rulesBrokenBy({ [graph]: 'import { readFileSync } from "node:fs";\nexport const r = readFileSync;\n' }),
  ).toEqual(["node-only-at-the-edges"]);
  expect(rulesBrokenBy({ [graph]: 'export { x } from "@nirkit/nowhere";\n' })).toEqual(["no-unresolvable"]);
});

test("a package without a layer is refused", () => {
  expect(
    rulesBrokenBy({
      "packages/extra/src/index.ts": 'export * from "./more.ts";\n',
      "packages/extra/src/more.ts": "",
    }),
  ).toEqual(["known-package"]);
});
