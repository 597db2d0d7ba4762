import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const packages = new URL("../../packages/", import.meta.url).pathname;
const headings = ["## Install", "## Use", "## Exports", "## Dependencies", "## Limits"];

for (const name of readdirSync(packages).sort()) {
  const readme = `${packages}${name}/README.md`;
  test(`the README of ${name} has the five headings`, () => {
    expect(existsSync(readme), readme).toBe(true);
    const found = readFileSync(readme, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("## "));
    expect(found).toEqual(headings);
  });
  test(`the example in the README of ${name} runs`, async () => {
    expect(readFileSync(readme, "utf8")).toMatch(/```ts\n/);
    await import(/* @vite-ignore */ `${packages}${name}/README.example.ts`);
  });
}
