import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, NirGraph, NirkitError } from "@nirkit/graph";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readNirDataFile, readNirFile, writeNirDataFile, writeNirFile } from "../src/node/index.ts";

const small = graph()
  .input("in", [2])
  .linear("fc", { weight: [[1, 2]] })
  .output("out")
  .build();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nirkit-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function codesOf(promise: Promise<unknown>): Promise<string[]> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof NirkitError)) throw new Error(`no NirkitError: ${String(error)}`);
  return error.diagnostics.map((d) => d.code);
}

test("what is written is read, and nothing else is left in the folder", async () => {
  const path = join(folder, "a.nir");
  await writeNirFile(path, small);
  expect((await readNirFile(path)).graph.equals(small)).toBe(true);
  expect(readdirSync(folder)).toEqual(["a.nir"]);
});

test("a file that exists is kept without force, and replaced with it", async () => {
  const path = join(folder, "a.nir");
  writeFileSync(path, "mine");
  expect(await codesOf(writeNirFile(path, small))).toEqual(["E_FILE_EXISTS"]);
  expect(readFileSync(path, "utf8")).toBe("mine");
  await writeNirFile(path, small, { force: true });
  expect((await readNirFile(path)).graph.equals(small)).toBe(true);
  expect(readdirSync(folder)).toEqual(["a.nir"]);
});

test("a graph that is refused leaves no file", async () => {
  const slashed = NirGraph.unchecked({ nodes: [["a/b", { type: "Input", shape: [1] }]], edges: [] });
  expect(await codesOf(writeNirFile(join(folder, "a.nir"), slashed))).toContain("E_NOT_WRITABLE");
  expect(readdirSync(folder)).toEqual([]);
});

test("a missing file, a folder, and a folder that is missing are named", async () => {
  expect(await codesOf(readNirFile(join(folder, "none.nir")))).toEqual(["E_FILE_ACCESS"]);
  expect(await codesOf(readNirFile(folder))).toEqual(["E_FILE_ACCESS"]);
  expect(await codesOf(writeNirFile(join(folder, "no", "a.nir"), small))).toEqual(["E_FILE_ACCESS"]);
});

test("observables are kept in files by the same rules", async () => {
  const path = join(folder, "a.h5");
  const data = { type: "NIRGraphData", nodes: new Map() } as const;
  await writeNirDataFile(path, data);
  expect((await readNirDataFile(path)).data).toEqual(data);
  expect(await codesOf(writeNirDataFile(path, data))).toEqual(["E_FILE_EXISTS"]);
  await writeNirDataFile(path, data, { force: true });
  expect(await codesOf(readNirDataFile(join(folder, "none.h5")))).toEqual(["E_FILE_ACCESS"]);
  expect(readdirSync(folder)).toEqual(["a.h5"]);
});
