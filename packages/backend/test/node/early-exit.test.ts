import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { onEarlyExit } from "../../src/node/index.ts";

const source = pathToFileURL(`${import.meta.dirname}/../../src/node/index.ts`).href;
/** Opens a workspace, starts a program that never ends in it, and prints the folder and the program's id. */
const busy = `
  import { processTools } from ${JSON.stringify(source)};
  const workspace = await processTools().workspace();
  await workspace.write([{ path: "p.cjs", content: "require('fs').writeFileSync('id', process.cwd() + ' ' + process.pid); setInterval(() => {}, 1000)" }]);
  void workspace.run(process.execPath, ["p.cjs"]);
  for (;;) {
    const id = await workspace.read("id").catch(() => new Uint8Array());
    if (id.length > 0) { console.log(new TextDecoder().decode(id)); break; }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
`;

function start(): ChildProcess {
  const words = ["--conditions=@nirkit/source", "--input-type=module", "-e", busy];
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
}

function alive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

describe("onEarlyExit", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s ends with exit code %i, stops the running program and removes its folder",
    async (signal, code) => {
      const child = start();
      const line = await new Promise<string>((resolve) =>
        child.stdout?.once("data", (d) => resolve(String(d))),
      );
      const [folder = "", id = ""] = line.trim().split(" ");
      expect(existsSync(folder)).toBe(true);
      expect(alive(Number(id))).toBe(true);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      expect(await ended).toBe(code);
      expect(existsSync(folder)).toBe(false);
      await expect.poll(() => alive(Number(id)), { timeout: 5000 }).toBe(false);
    },
  );

  test("the handlers of the process are as before once all work is done", () => {
    const count = (): number[] => ["exit", "SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
    const before = count();
    const undone: number[] = [];
    const [first, second] = [1, 2].map((k) => onEarlyExit(() => undone.push(k)));
    expect(count()).toEqual(before.map((n) => n + 1));
    first?.();
    first?.();
    expect(count()).toEqual(before.map((n) => n + 1));
    second?.();
    expect(count()).toEqual(before);
    expect(undone).toEqual([]);
  });
});
