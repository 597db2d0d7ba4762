/** Counts by synthesis, with and without an installed Yosys; the archive of a deployment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { filesBelow } from "../src/output-folder.ts";
import { toolsWithYosys } from "../src/yosys-runner.ts";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

async function compiled(flags = ""): Promise<string> {
  const cwd = await smallFolder();
  await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
  const { code } = await run(line(`compile q.nir --target fpga --board hx8k -o build${flags}`), { cwd });
  expect(code).toBe(0);
  return cwd;
}

describe("estimate --yosys", () => {
  test("wasm counts LUT, FF and memories, and every figure names tool and command", {
    timeout: 180_000,
  }, async () => {
    const cwd = await compiled();
    const { code, json } = await run(line("estimate build --yosys wasm --json"), { cwd });
    expect(code).toBe(0);
    const counted = json().figures.filter(({ name }: { name: string }) => name.endsWith(", synthesized"));
    expect(counted.map(({ name }: { name: string }) => name.split(",")[0])).toEqual([
      "LUT",
      "FF",
      "carry",
      "DSP",
      "block memories",
      "LUT memories",
    ]);
    expect(counted[0].value).toBeGreaterThan(50);
    for (const { source, method } of counted) {
      expect(source).toMatch(/^Yosys \d.*@yowasp\/yosys, WebAssembly/);
      expect(method).toContain("synth_ice40 -top snn_top");
    }
  });

  test("for another target it is wrong usage; native without an installed Yosys says both ways to get one", async () => {
    const cwd = await compiled();
    await run(line("compile q.nir --target spinnaker2 -o chip"), { cwd });
    const chip = await run(line("estimate chip --yosys auto"), { cwd });
    expect({ code: chip.code, said: chip.stderr.includes("--yosys: Is not known for spinnaker2") }).toEqual({
      code: 2,
      said: true,
    });
    const path = process.env.PATH;
    process.env.PATH = "";
    try {
      const { code, stderr } = await run(line("estimate build --yosys native"), { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(/E_FPGA_TOOL .*not installed.*on the PATH or from npm \(@yowasp\/yosys\)/s);
    } finally {
      process.env.PATH = path;
    }
  });
});

test("without the package, wasm is refused with E_YOSYS_PACKAGE and how to get it", async () => {
  await expect(toolsWithYosys("wasm", "/", "@yowasp/not-there")).rejects.toThrow(
    /E_YOSYS_PACKAGE --yosys: @yowasp\/not-there is not installed.*npm install @yowasp\/not-there/s,
  );
});

describe("compile --zip", () => {
  test("the archive holds every file of the folder, byte for byte, and is not written over", async () => {
    const cwd = await compiled(" --zip design.zip");
    const archive = unzipSync(readFileSync(join(cwd, "design.zip")));
    const paths = await filesBelow(join(cwd, "build"));
    expect(Object.keys(archive).sort()).toEqual([...paths].sort());
    for (const path of paths)
      expect(Buffer.from(archive[path] as Uint8Array).equals(readFileSync(join(cwd, "build", path)))).toBe(
        true,
      );
    expect(strFromU8(archive["rtl/snn_top.v"] as Uint8Array)).toContain("module snn_top");
    const again = await run(line("compile q.nir --target fpga -o other --zip design.zip"), { cwd });
    expect(again.stderr).toContain("E_EXISTS");
    expect(again.code).toBe(1);
    const study = await run(line("compile net.nir --target fpga --compare pot-vs-uniform -o s --zip s.zip"), {
      cwd,
    });
    expect({ code: study.code, said: study.stderr.includes("--zip: Is of a deployment") }).toEqual({
      code: 2,
      said: true,
    });
  });
});
