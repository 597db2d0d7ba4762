/** Outside programs in throw-away folders of the system's temporary directory. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assertSafePaths, type ToolResult, type ToolRunner, type ToolWorkspace } from "@nirkit/backend";

const defaultTimeoutSeconds = 600;
/** More output than any bench writes. */
const outputLimit = 16 * 2 ** 20;

/**
 * Starts programs found on PATH, without a shell and with a time limit. A program that cannot be started gives exit code
 * 127, one that runs out of time 124.
 */
export function nodeToolRunner(): ToolRunner {
  return {
    async version(command) {
      const result = await execute(command, [command === "iverilog" ? "-V" : "--version"], tmpdir(), 30);
      if (result.exitCode === 127) return undefined;
      const line = `${result.stdout}\n${result.stderr}`.split("\n").find((text) => /\d+\.\d+/.test(text));
      return line?.trim() ?? command;
    },
    async workspace() {
      return openWorkspace(await mkdtemp(join(tmpdir(), "nirkit-fpga-")));
    },
  };
}

function openWorkspace(folder: string): ToolWorkspace {
  return {
    async write(files) {
      assertSafePaths(files);
      for (const { path, content } of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
    },
    async read(path) {
      assertSafePaths([{ path, content: "" }]);
      return new Uint8Array(await readFile(join(folder, path)));
    },
    run: (command, args, options = {}) =>
      execute(command, args, folder, options.timeoutSeconds ?? defaultTimeoutSeconds),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  seconds: number,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const out = { stdout: "", stderr: "" };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, seconds * 1000);
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        out[stream] += text;
        if (out[stream].length > outputLimit) child.kill("SIGKILL");
      });
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ exitCode: 127, stdout: out.stdout, stderr: error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ exitCode: timedOut ? 124 : (code ?? 1), ...out });
    });
  });
}
