/** Outside programs for back ends: started without a shell, in a throw-away folder, with a time limit. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ToolResult, ToolRunner, ToolWorkspace } from "../backend.ts";
import { assertSafePaths } from "../virtual-file.ts";
import { onEarlyExit } from "./early-exit.ts";

/** Longest run of a tool whose caller names no limit. */
const defaultSeconds = 600;

/** Most bytes kept of one output stream of a tool; more means that it ran wild. */
const mostOutput = 256 * 2 ** 20;

/**
 * Starts outside programs that are on the PATH of this process, for `Backend.verify`. When the process ends early,
 * Ctrl-C included, running programs are stopped and their folders removed.
 *
 * @example const report = await backend.verify?.(deployment, { network, samples }, processTools());
 */
export function processTools(): ToolRunner {
  return { version: versionOf, workspace: openWorkspace };
}

async function versionOf(command: string): Promise<string | undefined> {
  for (const flag of ["--version", "-V"]) {
    const result = await run(command, [flag], tmpdir(), 20);
    if (result.exitCode === 127) return undefined;
    const line = `${result.stdout}\n${result.stderr}`.split("\n").find((text) => /\d+\.\d+/.test(text));
    if (line !== undefined) return line.trim();
  }
  return "unknown version";
}

async function openWorkspace(): Promise<ToolWorkspace> {
  const folder = await mkdtemp(join(tmpdir(), "nirkit-"));
  const gone = onEarlyExit(() => rmSync(folder, { recursive: true, force: true }));
  return {
    async write(files) {
      for (const file of files) {
        const target = inside(folder, file.path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, file.content);
      }
    },
    read: async (path) => readFile(inside(folder, path)),
    run: (command, args, options = {}) =>
      run(command, args, folder, options.timeoutSeconds ?? defaultSeconds),
    async dispose() {
      await rm(folder, { recursive: true, force: true });
      gone();
    },
  };
}

function inside(folder: string, path: string): string {
  assertSafePaths([{ path, content: "" }]);
  return join(folder, path);
}

/** Exit code 124 stands for "ran out of time", 127 for "could not be started". */
function run(command: string, args: readonly string[], folder: string, seconds: number): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: seconds * 1000,
    });
    const ended = onEarlyExit(() => child.kill("SIGKILL"));
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let kept = 0;
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].on("data", (chunk: Buffer) => {
        kept += chunk.length;
        if (kept > mostOutput) child.kill();
        else output[stream].push(chunk);
      });
    child.on("error", (error) => {
      ended();
      resolve({ exitCode: 127, stdout: "", stderr: error.message });
    });
    child.on("close", (code, signal) => {
      ended();
      const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString("utf8");
      const note = signal === null ? "" : `\nstopped (${signal}) after at most ${seconds} s`;
      resolve({ exitCode: code ?? 124, stdout: text(output.stdout), stderr: text(output.stderr) + note });
    });
  });
}
