import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = new URL("../guide/quantizers.md", import.meta.url).pathname;
const examples = [...readFileSync(page, "utf8").matchAll(/```ts\n/g)].length;

test("the page has four examples", () => expect(examples).toBe(4));

for (let i = 0; i < examples; i++)
  test(`example ${i + 1} of the page on quantizers runs`, async () => {
    await import(/* @vite-ignore */ `${page}.example-${i}.ts`);
  });
