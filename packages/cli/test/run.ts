/** Runs the command line in this process, with a terminal that only remembers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { main } from "../src/index.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document of `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into field by field, with expectations
  json(): any;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
}

/** Runs `nirkit ...argv`. */
export async function run(
  argv: readonly string[],
  { cwd, env = {}, tty = false }: Surroundings = {},
): Promise<Ran> {
  const text = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    write: (part: string) => {
      text[name] += part;
    },
    isTTY: tty,
    columns: 100,
  });
  const code = await main(argv, {
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    env,
    cwd: cwd ?? scratch(),
  });
  return { code, ...text, json: () => JSON.parse(text.stdout) };
}

const folders: string[] = [];

/** A fresh folder, removed after the test file. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-test-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
