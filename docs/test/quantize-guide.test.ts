import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = new URL("../guide/quantize.md", import.meta.url).pathname;
const examples = [...readFileSync(page, "utf8").matchAll(/```ts\n/g)].length;

test("the page has five examples", () => expect(examples).toBe(5));

for (let i = 0; i < examples; i++)
  test(`example ${i + 1} of the page on quantization runs`, async () => {
    await import(/* @vite-ignore */ `${page}.example-${i}.ts`);
  });
