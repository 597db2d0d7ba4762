import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { assertSafePaths, checkPaths } from "../src/index.ts";

const codes = (...paths: string[]): string[] =>
  checkPaths(paths.map((path) => ({ path, content: "" }))).map((d) => d.code);

describe("paths of emitted files", () => {
  test("relative POSIX paths pass", () => {
    expect(codes("deployment.json", "rtl/layer_0.v", "mem/w0.hex", "a-b_c.d/e")).toEqual([]);
  });

  test.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    "a\\b",
    "C:/x",
    "C:x",
    "a\u0000b",
    "a\nb",
    "a\u202eb",
    "a?b",
    "con",
    "rtl/NUL.v",
    "a.",
    "a /b",
    "x".repeat(201),
  ])("%j is refused", (path) => {
    expect(codes(path)).toContain("E_UNSAFE_PATH");
  });

  test("two paths that differ in letter case or in Unicode form alone collide", () => {
    expect(codes("rtl/Top.v", "rtl/top.v")).toEqual(["E_PATH_COLLISION"]);
    expect(codes("\u00e9", "e\u0301")).toEqual(["E_PATH_COLLISION"]);
  });

  test("a file that is a folder of another collides", () => {
    expect(codes("rtl", "rtl/top.v")).toEqual(["E_PATH_COLLISION"]);
  });

  test("assertSafePaths throws all of them", () => {
    const files = ["../a", "/b"].map((path) => ({ path, content: "" }));
    expect(() => assertSafePaths(files)).toThrow(NirkitError);
    expect(() => assertSafePaths(files)).toThrow(/\.\.\/a[\s\S]*\/b/);
  });
});
