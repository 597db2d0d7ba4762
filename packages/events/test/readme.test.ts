import { expect, test } from "vitest";

test("the example of the README runs", async () => {
  const file = new URL("../README.example.ts", import.meta.url).pathname;
  await expect(import(/* @vite-ignore */ file)).resolves.toBeDefined();
});
