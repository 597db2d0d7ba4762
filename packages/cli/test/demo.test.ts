import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerifyRun } from "@nirkit/backend";
import { describe, expect, test } from "vitest";
import { run, scratch } from "./run.ts";

describe("demo", () => {
  test("runs the whole path, writes its folder over an earlier demo alone, and ends with a table and the report", async () => {
    const cwd = scratch();
    const { code, stdout, stderr } = await run(["demo"], { cwd });
    expect(code).toBe(0);
    for (const step of [1, 2, 3, 4, 5, 6, 7, 8]) expect(stderr).toContain(`[${step}/8] `);
    expect(stdout).toMatch(/^float +199\/200 /m);
    expect(stdout).toMatch(/^8-bit integers +\d+\/200 /m);
    expect(stdout).toMatch(/^4-bit powers of two +\d+\/200 /m);
    expect(stdout).toMatch(/^simulated SpiNNaker2 +\d+\/200 /m);
    expect(stdout).toMatch(/^emitted files, loaded +\d+\/200 /m);
    expect(stdout).toContain(`Report: ${join(cwd, "nirkit-demo/report.html")}`);
    const page = readFileSync(join(cwd, "nirkit-demo/report.html"), "utf8");
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(8);
    for (const words of [
      "Network",
      "Accuracy",
      "Spikes",
      "Precision at 8 bit",
      "Precision at 4 bit",
      "Precision with 4-bit powers of two",
      "Hardware",
      "SpiNNaker2",
      "cycles",
    ])
      expect(page).toContain(words);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/);
    for (const target of ["fpga", "spinnaker2"]) {
      const verified = await run(["verify", `nirkit-demo/${target}`, "--tools", "none"], { cwd });
      expect(verified.code).toBe(0);
    }
    writeFileSync(join(cwd, "nirkit-demo/notes.txt"), "mine");
    const again = await run(["demo"], { cwd });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("E_FOREIGN_FILES");
    expect(readFileSync(join(cwd, "nirkit-demo/notes.txt"), "utf8")).toBe("mine");
  }, 120_000);

  test("--json is one document; a missing tool is told with how to get it, and the rest is done", async () => {
    const cwd = scratch();
    const path = process.env.PATH;
    process.env.PATH = "/nowhere";
    const { code, json, stderr } = await run(["demo", "--json", "--out", "shown"], { cwd }).finally(() => {
      process.env.PATH = path;
    });
    expect(code).toBe(0);
    expect(stderr).not.toContain("W_TOOL_MISSING");
    const { ok, float, integer, verify, spinnaker2, diagnostics } = json();
    expect({ ok, float }).toEqual({ ok: true, float: { samples: 200, correct: 199, accuracy: 0.995 } });
    expect(integer.map((part: { scheme: string; bits: number }) => `${part.scheme}:${part.bits}`)).toEqual([
      "uniform:8",
      "uniform:4",
      "pot:4",
    ]);
    expect(spinnaker2).toMatchObject({ samples: 200, verify: [{ engine: "load", ok: true }] });
    for (const part of integer) expect(part.correct).toBeGreaterThanOrEqual(191);
    const skipped = verify.runs.filter((r: VerifyRun) => r.skipped !== undefined);
    expect(skipped.map((r: VerifyRun) => r.engine)).toEqual(["verilator", "icarus"]);
    expect(diagnostics).toMatchObject([
      { code: "W_TOOL_MISSING", path: "verilator", hint: expect.stringContaining("apt install verilator") },
      { code: "W_TOOL_MISSING", path: "icarus", hint: expect.stringContaining("apt install iverilog") },
    ]);
    expect(existsSync(join(cwd, "shown/report.html"))).toBe(true);
  });

  test("asking for a tool that is missing is an error", async () => {
    const cwd = scratch();
    const path = process.env.PATH;
    await run(["demo", "--quiet", "--json"], { cwd });
    process.env.PATH = "/nowhere";
    const { code, stderr } = await run(["verify", "nirkit-demo/fpga", "--tools", "verilator"], {
      cwd,
    }).finally(() => {
      process.env.PATH = path;
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /E_TOOL_MISSING verilator: verilator is not installed.*Hint: Get it with apt install verilator/,
    );
  }, 120_000);
});
