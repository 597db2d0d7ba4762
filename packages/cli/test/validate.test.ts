import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { deep, hasData, nirFiles, recorded } from "./materials.ts";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

interface MalformedCase {
  readonly file: string;
  readonly level: string;
  readonly code: string;
  readonly at: string;
}

interface Verdict {
  readonly ok: boolean;
  readonly diagnostics: readonly { readonly level: string; readonly code: string; readonly path: string }[];
}

function malformed(): readonly MalformedCase[] {
  return JSON.parse(readFileSync(join(nirFiles, "malformed/malformed.json"), "utf8")).cases;
}

function pathOf({ file }: MalformedCase): string {
  return join(nirFiles, "malformed", file);
}

function expected({ file, level, code, at }: MalformedCase): readonly unknown[] {
  return [file, level === "warning", expect.arrayContaining([`${level} ${code} ${at}`])];
}

function verdictOf(verdict: Verdict | undefined): readonly [ok: unknown, said: unknown] {
  return [verdict?.ok, verdict?.diagnostics.map(({ level, code, path }) => `${level} ${code} ${path}`)];
}

/** One run in a fresh process from the sources, timed and weighed from outside: the peak of its resident memory. */
async function measured(
  argv: readonly string[],
): Promise<{ code: number | null; stdout: string; seconds: number; wall: number; megabytes: number }> {
  const source = pathToFileURL(join(import.meta.dirname, "../src/index.ts")).href;
  const text = `import { main } from ${JSON.stringify(source)}; process.exitCode = await main(process.argv.slice(1));`;
  const started = performance.now();
  const words = ["--conditions=@nirkit/source", "--input-type=module", "-e", text, "--", ...argv];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  let [stdout, peak, ticks] = ["", 0, 0];
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
  });
  const weigh = (): void => {
    // Both only grow, so the last look before the end is within a few milliseconds of the truth.
    const status = procText(child.pid, "status");
    // utime and stime are fields 14 and 15 of proc(5), the 12th and 13th after the name in parentheses.
    const [user = "0", system = "0"] =
      procText(child.pid, "stat").split(") ").at(-1)?.split(" ").slice(11) ?? [];
    ticks = Math.max(ticks, Number(user) + Number(system));
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(weigh, 4);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(timer);
  const wall = (performance.now() - started) / 1000;
  // Linux counts 100 ticks a second for processes, whatever its own clock does.
  return { code, stdout, seconds: ticks / 100, wall, megabytes: (peak * 1024) / 1e6 };
}

function procText(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

describe("validate", () => {
  test("a good file is ok with exit code 0; --json is an array", async () => {
    const cwd = await smallFolder();
    const { code, stdout } = await run(["validate", "net.nir"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toBe("net.nir: ok\n");
    expect((await run(["validate", "net.nir", "--json"], { cwd })).json()).toEqual([
      { file: "net.nir", ok: true, diagnostics: [] },
    ]);
  });

  test("a missing file does not keep the next from being checked, and the exit code is 1", async () => {
    const cwd = await smallFolder();
    const { code, json } = await run(["validate", "gone.nir", "net.nir", "--json"], { cwd });
    expect(code).toBe(1);
    expect(json()).toMatchObject([
      { file: "gone.nir", ok: false, diagnostics: [{ code: "E_FILE_READ" }] },
      { file: "net.nir", ok: true },
    ]);
  });

  test.skipIf(!hasData)(
    "all 93 malformed files give level, code and place; ok and exit code follow from the level",
    async () => {
      const cases = malformed();
      expect(cases).toHaveLength(93);
      const { code, json } = await run(["validate", ...cases.map(pathOf), "--json"]);
      expect(code).toBe(1);
      const results: readonly Verdict[] = json();
      for (const [k, wanted] of cases.entries())
        expect([wanted.file, ...verdictOf(results[k])]).toEqual(expected(wanted));
    },
  );

  test.skipIf(!hasData || !deep || !existsSync("/proc/self/status"))(
    "each malformed file in a process of its own takes less than 2 s of computing and 300 MB, exit code 1 for an error",
    { timeout: 600_000 },
    async () => {
      let [slowest, largest, longest] = [{ seconds: 0, file: "" }, { megabytes: 0, file: "" }, 0];
      for (const wanted of malformed()) {
        const { code, stdout, seconds, wall, megabytes } = await measured([
          "validate",
          pathOf(wanted),
          "--json",
        ]);
        expect([wanted.file, code]).toEqual([wanted.file, wanted.level === "error" ? 1 : 0]);
        expect([wanted.file, ...verdictOf(JSON.parse(stdout)[0])]).toEqual(expected(wanted));
        longest = Math.max(longest, wall);
        if (seconds > slowest.seconds) slowest = { seconds, file: wanted.file };
        if (megabytes > largest.megabytes) largest = { megabytes, file: wanted.file };
      }
      console.info(
        `malformed: at most ${slowest.seconds.toFixed(2)} s computing (${slowest.file}), ${longest.toFixed(2)} s by the clock, ${largest.megabytes.toFixed(0)} MB (${largest.file})`,
      );
      // The clock also counts the waiting of a busy machine, so it only tells a hang; computing is what a file causes.
      expect(longest).toBeLessThan(20);
      expect(slowest.seconds).toBeLessThan(2);
      expect(largest.megabytes).toBeLessThan(300);
    },
  );

  test.skipIf(!hasData)("the recorded networks of others are all valid", async () => {
    const names = ["digits_mlp", "digits_cnn", "cnn_sinabs", "lif_norse", "braille_noDelay_bias_zero"];
    const { code, stdout } = await run(["validate", ...names.map((name) => join(recorded, `${name}.nir`))]);
    expect(code).toBe(0);
    expect(stdout.match(/: ok/g)).toHaveLength(names.length);
  });
});
