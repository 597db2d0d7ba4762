import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

const folder = fileURLToPath(new URL("./guide-examples/", import.meta.url));
const guide = readFileSync(new URL("../../../docs/guide/events.md", import.meta.url), "utf8");
const examples = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code);

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

test("the guide has five examples", () => {
  expect(examples.length).toBe(5);
});

test.each(examples.map((code, k) => [k + 1, code] as const))(
  "example %i of the guide runs, and all it asserts holds",
  async (k, code) => {
    const failed = vi.spyOn(console, "assert").mockImplementation((condition?: boolean) => {
      if (condition !== true) throw new Error("an assertion of the guide fails");
    });
    const file = `${folder}example-${k}.ts`;
    writeFileSync(file, code);
    try {
      await import(/* @vite-ignore */ pathToFileURL(file).href);
      expect(failed.mock.calls.length).toBeGreaterThan(0);
    } finally {
      failed.mockRestore();
    }
  },
);
