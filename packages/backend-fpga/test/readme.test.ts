import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

test("the first example of the README runs", async () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const code =
    /```ts\n([\s\S]*?)```/.exec(readFileSync(`${folder}../README.md`, "utf8"))?.[1] ??
    "throw new Error('no example')";
  const file = `${folder}readme-example.ts`;
  writeFileSync(file, code);
  try {
    await expect(import(/* @vite-ignore */ pathToFileURL(file).href)).resolves.toBeDefined();
  } finally {
    rmSync(file);
  }
});
