import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withTranscripts } from "../scripts/guide-transcripts.ts";

function installed(tool: string, flag: string): boolean {
  try {
    execFileSync(tool, [flag], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** File sizes change with every comment in an emitted file; that they are listed is what the guide shows. */
function withoutSizes(guide: string): string {
  return guide.replaceAll(/^(\S+\.\w+) +[\d ]+$/gm, "$1 (size)").replaceAll(/^file +bytes$|^-[- ]+$/gm, "");
}

test("every command of the guide prints what the guide says (the proof only where Verilator and Icarus are)", async () => {
  const guide = await readFile(new URL("../guide/first-light.md", import.meta.url), "utf8");
  const tools = installed("verilator", "--version") && installed("iverilog", "-V");
  if (!tools && process.env.NIRKIT_STRICT === "1") throw new Error("The guide needs verilator and iverilog");
  const shown = tools ? guide : guide.slice(0, guide.indexOf("## 5. Prove it"));
  expect(guide).toContain("## 5. Prove it");
  expect(withoutSizes(await withTranscripts(shown))).toBe(withoutSizes(shown));
}, 120_000);
