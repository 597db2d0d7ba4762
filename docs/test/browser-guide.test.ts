import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = new URL("../guide/browser.md", import.meta.url).pathname;
const examples = [...readFileSync(page, "utf8").matchAll(/```ts\n/g)].length;

test("the page has one example", () => expect(examples).toBe(1));

test("the way from a file to an archive of the page on browsers runs", async () => {
  await import(/* @vite-ignore */ `${page}.example-0.ts`);
});
