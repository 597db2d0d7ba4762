import { expect, test } from "vitest";

test("the first example of the README runs", async () => {
  const example = new URL("../README.example.ts", import.meta.url).pathname;
  await expect(import(/* @vite-ignore */ example)).resolves.toBeDefined();
});
