import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import {
  checkDeploymentFiles,
  contentSha256,
  deploymentJson,
  readDeployment,
  type VirtualFile,
} from "../src/index.ts";

const parts = {
  backend: "json",
  version: "1.0.0",
  graphHash: "ab",
  options: { wide: true },
  mapping: { layers: [1, 2] },
};
const files: readonly VirtualFile[] = [
  { path: "b.txt", content: "abc" },
  { path: "a.bin", content: Uint8Array.of(1, 2, 3) },
];

function codesOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof NirkitError) return error.diagnostics.map((d) => `${d.code} ${d.path}`);
    throw error;
  }
  return [];
}

describe("deployment.json", () => {
  test("lists every file with its SHA-256, sorted by path", () => {
    const document = JSON.parse(String(deploymentJson(parts, files).content));
    expect(document).toEqual({
      schema: "nirkit-deployment/1",
      ...parts,
      files: [
        { path: "a.bin", sha256: "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81" },
        { path: "b.txt", sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
      ],
    });
    expect(contentSha256("abc")).toBe(document.files[1].sha256);
  });

  test("reads back what it wrote, from text and from bytes", () => {
    const file = deploymentJson(parts, files);
    const bytes = { ...file, content: new TextEncoder().encode(String(file.content)) };
    expect(readDeployment([...files, file])).toEqual(readDeployment([bytes]));
    expect(readDeployment([bytes]).mapping).toEqual(parts.mapping);
  });

  test("the order of the files does not change a byte", () => {
    expect(deploymentJson(parts, [...files].reverse())).toEqual(deploymentJson(parts, files));
  });

  test("a changed and a missing file are named", () => {
    const document = readDeployment([deploymentJson(parts, files)]);
    expect(checkDeploymentFiles(document, files)).toEqual([]);
    const changed = checkDeploymentFiles(document, [{ path: "b.txt", content: "abd" }]);
    expect(changed.map((d) => `${d.code} ${d.path}`)).toEqual([
      "E_FILE_MISSING a.bin",
      "E_FILE_CHANGED b.txt",
    ]);
  });

  test.each([
    [{ x: [0, Int8Array.of(1)] }, "E_NOT_PLAIN mapping.x[1]"],
    [{ x: new Map() }, "E_NOT_PLAIN mapping.x"],
    [{ x: undefined }, "E_NOT_PLAIN mapping.x"],
    [{ x: Number.NaN }, "E_NOT_PLAIN mapping.x"],
    [Symbol.iterator, "E_NOT_PLAIN mapping"],
  ])("a mapping that JSON would change is refused: %2$s", (mapping, expected) => {
    expect(codesOf(() => deploymentJson({ ...parts, mapping }, files))).toEqual([expected]);
  });

  test("an unsafe file name is refused on writing and on reading", () => {
    expect(codesOf(() => deploymentJson(parts, [{ path: "../a", content: "" }]))).toEqual([
      "E_UNSAFE_PATH files",
    ]);
    const text = String(deploymentJson(parts, files).content).replace("a.bin", "../a.bin");
    expect(codesOf(() => readDeployment([{ path: "deployment.json", content: text }]))).toEqual([
      "E_UNSAFE_PATH files",
    ]);
  });

  test.each([
    ["absent", []],
    ["no JSON", [{ path: "deployment.json", content: "{" }]],
    ["no UTF-8", [{ path: "deployment.json", content: Uint8Array.of(255) }]],
    ["another schema", [{ path: "deployment.json", content: '{"schema":"nirkit-deployment/2"}' }]],
  ])("a document that is %s is refused", (_, given) => {
    expect(codesOf(() => readDeployment(given))).toEqual(["E_BAD_DEPLOYMENT deployment.json"]);
  });
});
