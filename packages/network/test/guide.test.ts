/** The guide's page on integer networks: its code is the example beside this test, and runs. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const page = resolve(import.meta.dirname, "../../../docs/guide/integer-network.md");

test("the page shows the example as it stands, and the example runs to its end", async () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(readFileSync(page, "utf8"))?.[1];
  expect(shown).toBe(readFileSync(join(import.meta.dirname, "guide-example.ts"), "utf8"));
  await import("./guide-example.ts");
});
