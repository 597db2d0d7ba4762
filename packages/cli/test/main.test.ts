import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";

const commands = [
  "inspect",
  "validate",
  "convert",
  "diff",
  "support",
  "simulate",
  "evaluate",
  "quantize",
  "compile",
  "verify",
  "demo",
];
/** What bin/nirkit.js does with the built files, from the sources. */
const source = pathToFileURL(join(import.meta.dirname, "../src/index.ts")).href;
const code = `import { main } from ${JSON.stringify(source)}; process.exitCode = await main(process.argv.slice(1));`;
const fromSource = ["--conditions=@nirkit/source", "--input-type=module", "-e", code, "--"];

function spawn(...argv: string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [...fromSource, ...argv], { encoding: "utf8" });
}

describe("help", () => {
  test("nirkit --help lists every command and the exit codes on standard output", async () => {
    const { code, stdout, stderr } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout).toContain("Exit codes: 0 done, 1 input or result not acceptable, 2 wrong usage");
  });

  test.each(commands)(
    "%s --help has a summary, the global flags, one example and the exit codes",
    async (name) => {
      const { code, stdout } = await run([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: nirkit ${name}`);
      expect(stdout).toContain("--json");
      expect(stdout).toMatch(new RegExp(`Example:\n {2}nirkit ${name}`));
      expect(stdout).toMatch(/Exit codes:\n {2}0 {2}done\n {2}1 {2}\S.+\n {2}2 {2}wrong usage/);
    },
  );

  test("no command prints the help on standard error and is wrong usage", async () => {
    const { code, stdout, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Commands:");
  });

  test("--help --json is one document too", async () => {
    expect((await run(["--help", "--json"])).json()).toMatchObject({
      ok: true,
      text: expect.stringContaining("Usage: nirkit"),
    });
  });
});

describe("wrong usage", () => {
  test.each([
    ["inspct x.nir", "Did you mean inspect?"],
    ["valdate x.nir", "Did you mean validate?"],
    ["inspect x.nir --jsn", "Did you mean --json?"],
  ])("nirkit %s suggests the nearest word", async (line, hint) => {
    const { code, stderr } = await run(line.split(" "));
    expect(code).toBe(2);
    expect(stderr).toContain("E_USAGE");
    expect(stderr).toContain(hint);
  });

  test.each([
    ["inspect", "Missing required argument 'file'"],
    ["evaluate x.nir", "Required option '--data <data>' not specified"],
    ["evaluate x.nir --data y.npz --dt 0", "A number greater than 0 is needed"],
    ["evaluate x.nir --data y.npz --limit 0.5", "An integer of at least 1 is needed"],
    ["simulate x.nir --input y.npz --out z.npz --record spikes", "spikes"],
    ["inspect a.nir b.nir", "Too many arguments"],
    ["--seed -1 inspect a.nir", "An integer from 0 to 4294967295 is needed"],
  ])("nirkit %s is refused with exit code 2: %s", async (line, message) => {
    const { code, stdout, stderr } = await run(line.split(" "));
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });

  test("with --json the refusal is the one document on standard output, and standard error stays empty", async () => {
    const { code, stderr, json } = await run(["evaluate", "x.nir", "--json"]);
    expect(code).toBe(2);
    expect(stderr).toBe("");
    expect(json()).toMatchObject({
      ok: false,
      diagnostics: [{ code: "E_USAGE", level: "error", path: "nirkit" }],
    });
  });
});

describe("failure", () => {
  test("a file that is not there is E_FILE_READ with exit code 1 and no stack", async () => {
    const { code, stderr, stdout } = await run(["inspect", "nowhere.nir"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^E_FILE_READ .*nowhere\.nir: Cannot be read: there is no such file\.\n$/);
  });

  test("--debug adds the stack", async () => {
    expect((await run(["inspect", "nowhere.nir", "--debug"])).stderr).toContain("    at ");
  });

  test("codes are colored on a terminal alone, and not with NO_COLOR or --no-color", async () => {
    const red = "\u001b[31mE_FILE_READ\u001b[39m";
    expect((await run(["inspect", "x.nir"], { tty: true })).stderr).toContain(red);
    for (const bare of [
      await run(["inspect", "x.nir"]),
      await run(["inspect", "x.nir"], { tty: true, env: { NO_COLOR: "1" } }),
      await run(["inspect", "x.nir", "--no-color"], { tty: true }),
    ])
      expect(bare.stderr).not.toContain("\u001b[");
  });
});

describe("as a process", () => {
  test("nirkit --version prints the version of package.json", () => {
    expect(spawn("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("the exit code of wrong usage is 2, and nothing is on standard output", () => {
    const { status, stdout } = spawn("nonsense");
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });

  test("a reader that goes away does not change the exit code", () => {
    const line = '"$@" | true; echo $PIPESTATUS';
    const words = ["-c", line, "bash", process.execPath, ...fromSource, "quantize", "--help"];
    expect(execFileSync("bash", words, { encoding: "utf8" })).toBe("0\n");
  });

  test("help loads commander, and neither zod nor HDF5 nor any other package of nirkit", () => {
    const spy =
      'import { registerHooks } from "node:module"; registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });';
    const load = ["--import", `data:text/javascript,${encodeURIComponent(spy)}`, ...fromSource];
    const { stderr } = spawnSync(process.execPath, [...load, "--help"], { encoding: "utf8" });
    expect(stderr).toContain("commander");
    expect(stderr).not.toMatch(/zod|h5wasm|packages\/(?!cli\/)/);
  });
});
