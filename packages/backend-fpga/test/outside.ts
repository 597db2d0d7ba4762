/** Outside tools for tests: skipped with a reason where absent, a failure in strict runs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { VirtualFile } from "@nirkit/backend";

const isStrict: boolean = process.env.NIRKIT_STRICT === "1";
export const isDeep: boolean = process.env.NIRKIT_DEEP === "1";

const flags: Readonly<Record<string, string>> = { iverilog: "-V", yosys: "-V" };

/** Whether tests that need `tool` run; prints why not. */
export function hasTool(tool: string): boolean {
  const found = spawnSync(tool, [flags[tool] ?? "--version"]).error === undefined;
  if (!found && !isStrict) process.stderr.write(`skipped: ${tool} is not installed\n`);
  return found || isStrict;
}

/** Runs `use` in a folder that holds the files, the images and the bench also by their plain names. */
export function withFolder<T>(files: readonly VirtualFile[], use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-fpga-test-"));
  try {
    for (const { path, content } of files) {
      const names = /^(mem|tb)\//.test(path) ? [path, path.split("/").at(-1) as string] : [path];
      for (const name of names) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Standard output and error of a program. */
export function runTool(
  folder: string,
  command: string,
  args: readonly string[],
): { code: number; text: string } {
  const result = spawnSync(command, [...args], { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26 });
  return { code: result.status ?? 1, text: `${result.stdout ?? ""}${result.stderr ?? ""}` };
}

const modules = (files: readonly VirtualFile[]): string[] =>
  files.filter(({ path }) => path.startsWith("rtl/")).map(({ path }) => path);

/** Builds and runs the bench in Icarus; the build has to be silent. */
export function icarus(files: readonly VirtualFile[]): string {
  return withFolder(files, (folder) => {
    const built = runTool(folder, "iverilog", [
      "-g2005",
      "-Wall",
      "-s",
      "tb_top",
      "-o",
      "tb.vvp",
      "tb_top.v",
      ...modules(files),
    ]);
    if (built.text !== "") return built.text;
    return runTool(folder, "vvp", ["-n", "tb.vvp"]).text;
  });
}

/** Builds and runs the bench in Verilator. */
export function verilator(files: readonly VirtualFile[]): string {
  return withFolder(files, (folder) => {
    const built = runTool(folder, "verilator", [
      "--binary",
      "--timing",
      "-CFLAGS",
      "-O0",
      "--top-module",
      "tb_top",
      "-o",
      "tb",
      "tb_top.v",
      ...modules(files),
    ]);
    return built.code === 0 ? runTool(folder, "./obj_dir/tb", []).text : built.text;
  });
}

/** What Verilator says about the design, nothing when it is clean. */
export function lint(files: readonly VirtualFile[], top: string): string {
  return withFolder(files, (folder) => {
    const said = runTool(folder, "verilator", [
      "--lint-only",
      "-Wall",
      "--top-module",
      top,
      ...modules(files),
    ]);
    return said.text;
  });
}
