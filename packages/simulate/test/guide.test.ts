/** Every `ts` block of the guide runs as it stands, and its table has every dialect. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { dialects } from "../src/index.ts";

const guide = readFileSync(new URL("../../../docs/guide/simulate.md", import.meta.url), "utf8");
let title = "";
const examples = [...guide.matchAll(/## ([^\n]*)\n|```ts\n([\s\S]*?)```/g)].flatMap(([, heading, code]) => {
  title = heading ?? title;
  return code === undefined ? [] : [{ title, code }];
});
const folder = join(import.meta.dirname, "../.tmp/guide");

describe("the guide", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("has seven examples", () => {
    expect(examples.length).toBe(7);
  });

  test.each(examples.map((example, k) => ({ ...example, k })))("$title ($k)", async ({ code, k }) => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `example-${k}.ts`);
    writeFileSync(file, code);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await import(file);
    } finally {
      log.mockRestore();
    }
  });

  test("lists every dialect with its summary", () => {
    for (const { name, summary } of dialects.values())
      expect(guide).toContain(`| ${`\`${name}\``.padEnd(18)} | ${summary}`);
  });
});
