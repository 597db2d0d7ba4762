import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = new URL("../guide/spinnaker2.md", import.meta.url).pathname;
const examples = [...readFileSync(page, "utf8").matchAll(/```ts\n/g)].length;

test("the page has three examples", () => expect(examples).toBe(3));

for (let i = 0; i < examples; i++)
  test(`example ${i + 1} of the page on SpiNNaker2 runs`, async () => {
    await import(/* @vite-ignore */ `${page}.example-${i}.ts`);
  });
