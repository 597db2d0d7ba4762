import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processTools } from "../../src/node/index.ts";

const tools = processTools();

describe("processTools", () => {
  test("the version of a tool is its first line with a number; a missing tool has none", async () => {
    expect(await tools.version(process.execPath)).toBe(process.version);
    expect(await tools.version("nirkit-has-no-such-tool")).toBeUndefined();
  });

  test("files go into a folder of their own, come back as bytes, and the folder is gone after dispose", async () => {
    const workspace = await tools.workspace();
    await workspace.write([
      { path: "a.txt", content: "one" },
      { path: "mem/b.bin", content: Uint8Array.of(1, 2, 255) },
    ]);
    const show =
      "console.log(process.cwd()); require('fs').writeFileSync('c.txt', require('fs').readFileSync('a.txt'))";
    const { exitCode, stdout, stderr } = await workspace.run(process.execPath, ["-e", show]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.trim()).toContain(join(tmpdir(), "nirkit-"));
    expect(await workspace.read("c.txt")).toEqual(Buffer.from("one"));
    expect([...(await workspace.read("mem/b.bin"))]).toEqual([1, 2, 255]);
    await workspace.dispose();
    expect(existsSync(stdout.trim())).toBe(false);
  });

  test("arguments reach the tool as they are: no shell reads them", async () => {
    const workspace = await tools.workspace();
    const hostile = '"; touch evil; $(touch evil) `touch evil` x); $finish; //';
    const { stdout } = await workspace.run(process.execPath, ["-e", "console.log(process.argv[1])", hostile]);
    expect(stdout).toBe(`${hostile}\n`);
    await expect(workspace.read("evil")).rejects.toThrow();
    await workspace.dispose();
  });

  test("a tool that runs too long is stopped with exit code 124 and says so", async () => {
    const workspace = await tools.workspace();
    const result = await workspace.run(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], {
      timeoutSeconds: 0.3,
    });
    expect(result.exitCode).toBe(124);
    expect(result.stderr).toContain("stopped (SIGTERM) after at most 0.3 s");
    await workspace.dispose();
  });

  test.each(["../x", "/tmp/x", "a/../../x"])("the path %s cannot leave the folder", async (path) => {
    const workspace = await tools.workspace();
    await expect(workspace.write([{ path, content: "" }])).rejects.toThrow("E_UNSAFE_PATH");
    await expect(workspace.read(path)).rejects.toThrow("E_UNSAFE_PATH");
    await workspace.dispose();
  });
});
