/**
 * The table of docs/reference/exactness.md: everything that other simulators, chips and an independent oracle left
 * behind, against nirkit. The file is what this test writes (`vitest -u`), and is compared with it otherwise.
 */
import { describe, expect, test } from "vitest";
import { brailleOracle, brailleRecordings, brailleSynthetic } from "./exactness/braille.ts";
import { lifRows } from "./exactness/lif-platforms.ts";
import { type ExactnessRow, exactnessTable } from "./exactness/row.ts";
import { setRows } from "./exactness/sets.ts";
import { digitRows, nmnistRows, saccadeRows } from "./exactness/tasks.ts";
import { hasTraces, whySkipped } from "./reference-data.ts";

const sections: readonly (readonly [title: string, rows: () => Promise<readonly ExactnessRow[]>])[] = [
  ["Small seeded networks", setRows],
  ["One neuron on ten platforms", lifRows],
  ["Braille reading: recordings of frameworks and of the chip", brailleRecordings],
  ["Braille reading: the oracle", brailleOracle],
  ["Braille reading: 24 more inputs", brailleSynthetic],
  ["Handwritten digits", digitRows],
  ["A convolutional network on moving digits", saccadeRows],
  ["A convolutional network on real recordings", nmnistRows],
];

describe.skipIf(!hasTraces)(`exactness${whySkipped}`, () => {
  const done = new Map<string, readonly ExactnessRow[]>();

  test.each(sections)(
    "%s: every row holds",
    async (title, rows) => {
      const found = await rows();
      done.set(title, found);
      expect(found.filter(({ ok }) => !ok)).toEqual([]);
      expect(found.length).toBeGreaterThan(2);
    },
    60_000,
  );

  test("the page says what was found", async () => {
    expect(done.size).toBe(sections.length);
    await expect(page(done)).toMatchFileSnapshot("../../../docs/reference/exactness.md");
  });
});

function page(done: ReadonlyMap<string, readonly ExactnessRow[]>): string {
  const head = `# Exactness

What the float simulator puts out, beside what frameworks, chips and an independent oracle put out for the same network
and input. A spike is compared with a spike, step by step and neuron by neuron; membranes, currents and sums are
compared as numbers. The tests of \`@nirkit/simulate\` write this page, and fail where it would change.

`;
  return (
    head + sections.map(([title]) => `## ${title}\n\n${exactnessTable(done.get(title) ?? [])}`).join("\n")
  );
}
