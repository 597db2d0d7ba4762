import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeToolRunner } from "../src/node/index.ts";

const node = process.execPath;

describe("nodeToolRunner", () => {
  test("a program that is not there has no version and exit code 127", async () => {
    expect(await nodeToolRunner().version("no-such-program-here")).toBeUndefined();
    const workspace = await nodeToolRunner().workspace();
    expect((await workspace.run("no-such-program-here", [])).exitCode).toBe(127);
    await workspace.dispose();
  });

  test("files are written, programs run beside them without a shell, and the folder is gone afterwards", async () => {
    const workspace = await nodeToolRunner().workspace();
    await workspace.write([{ path: "a/b.txt", content: "spikes" }]);
    expect(new TextDecoder().decode(await workspace.read("a/b.txt"))).toBe("spikes");
    const result = await workspace.run(node, [
      "-e",
      "console.log(process.argv[1], process.cwd())",
      "$HOME; ls",
    ]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toMatch(/^\$HOME; ls /);
    const folder = result.stdout.trim().split(" ").at(-1) as string;
    expect(existsSync(folder)).toBe(true);
    await workspace.dispose();
    expect(existsSync(folder)).toBe(false);
  });

  test("a program that runs too long is ended with exit code 124", async () => {
    const workspace = await nodeToolRunner().workspace();
    const result = await workspace.run(node, ["-e", "setInterval(() => {}, 1000)"], { timeoutSeconds: 0.2 });
    expect(result.exitCode).toBe(124);
    await workspace.dispose();
  });

  test("a path outside the folder is refused", async () => {
    const workspace = await nodeToolRunner().workspace();
    await expect(workspace.write([{ path: "../x", content: "" }])).rejects.toThrow(/E_UNSAFE_PATH/);
    await workspace.dispose();
  });
});
