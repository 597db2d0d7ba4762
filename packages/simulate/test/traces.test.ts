/**
 * Seeded networks, one per primitive and wiring case, against traces of an independent oracle, in every dialect that
 * has one.
 *
 * Rule: spikes are equal in every step when the trace's margin (smallest |v* − threshold|) is at least 2e-5, else at
 * most 0.1 % of a node's entries differ; everything else within 2e-5 + 2e-5·|reference|, as two runs of the oracle
 * itself differ by up to 1.1e-5.
 */
import { describe, expect, test } from "vitest";
import { compareWithTrace, hasTraces, readText, whySkipped } from "./reference-data.ts";

interface Case {
  readonly dialects: Readonly<Record<string, { readonly dt: number; readonly margin: number | null }>>;
}

const manifest: Readonly<Record<string, Case>> = hasTraces ? JSON.parse(readText("sets/manifest.json")) : {};
const runs = Object.entries(manifest).flatMap(([name, { dialects }]) =>
  Object.entries(dialects).map(([label, { dt, margin }]) => ({ name, label, dt, margin })),
);

describe.skipIf(!hasTraces)(`reference traces${whySkipped}`, () => {
  test("cover 18 networks in 42 runs of nine dialects", () => {
    const named = new Set(runs.map((run) => run.label.split(/[@+]/)[0]));
    expect([new Set(runs.map((run) => run.name)).size, runs.length, named.size]).toEqual([18, 42, 9]);
  });

  test.each(runs)("$name in $label", async ({ name, label, dt, margin }) => {
    const found = await compareWithTrace(`sets/${name}`, label, dt, margin);
    expect(found.wrong).toEqual([]);
    expect(found.compared).toBeGreaterThanOrEqual(label.startsWith("spinnaker2") ? 4 : 3);
  });
});
