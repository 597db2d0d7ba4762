import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { graph } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { hasChromium, useLivePage } from "./live-page.ts";

const root = join(import.meta.dirname, "../..");

/** Unpacks an archive and proves it with the command line, by the files alone and in Icarus where it is installed. */
async function verifyArchive(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nirkit-live-"));
  try {
    for (const [path, content] of Object.entries(unzipSync(bytes))) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const program = join(root, "packages/cli/bin/nirkit.js");
    const words = [
      "--conditions=@nirkit/source",
      program,
      "verify",
      folder,
      "--tools",
      "icarus",
      "--samples",
      "1",
    ];
    return (await promisify(execFile)(process.execPath, words)).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!hasChromium)("the page on FPGAs, in Chromium (skipped without Chromium)", () => {
  const live = useLivePage("/live/fpga");

  async function compiled(): Promise<void> {
    await live.page.click("#compile");
    await live.page.waitForSelector("#design", { timeout: 60_000 });
  }

  test("the sample in powers of two: 10 digits equal to the golden network, and an archive that nirkit verifies", {
    timeout: 120_000,
  }, async () => {
    const { page } = live;
    await page.click("#sample");
    await page.waitForSelector("#network");
    await compiled();
    const rows = await page.locator("#runs tbody tr").allInnerTexts();
    expect(rows).toHaveLength(10);
    for (const [k, row] of rows.entries()) {
      const [name, label, active, , , verdict] = row.split("\t");
      expect([name, label, verdict]).toEqual([`sample ${k + 1}`, String(k), "equal"]);
      expect(active).toBe(label);
    }
    expect(await page.textContent("#cost")).toContain("LUT");
    await live.shoot("live-fpga");
    const download = page.waitForEvent("download");
    await page.click("#download");
    const file = await download;
    expect(file.suggestedFilename()).toBe("glyphs-mlp-fpga.zip");
    expect(await verifyArchive(await readFile(await file.path()))).toContain("verified:");
  });

  test("every control of the way from the sample to the archive is reached and worked with the keyboard alone", {
    timeout: 120_000,
  }, async () => {
    const { page } = live;
    const reach = async (id: string): Promise<void> => {
      for (let presses = 0; presses < 120; presses++) {
        if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`#${id} is not reached`);
    };
    await reach("sample");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#network");
    for (const id of ["scheme", "bits", "scales", "dt", "reset", "input", "board", "lanes"]) await reach(id);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#design", { timeout: 60_000 });
    await reach("synthesize");
    const download = page.waitForEvent("download");
    await reach("download");
    await page.keyboard.press("Space");
    expect((await download).suggestedFilename()).toMatch(/\.zip$/);
  });

  test("Yosys as WebAssembly is fetched when it is asked for and counts the sample for iCE40, named with its version", {
    timeout: 400_000,
  }, async () => {
    const { page } = live;
    const fetched: string[] = [];
    page.context().on("request", (request) => fetched.push(request.url()));
    const small = graph()
      .input("in", [3])
      .linear("fc", { weight: [[0.9, -0.4, 0.1]] })
      .if("if", { r: 1, vThreshold: 1 })
      .output("out")
      .build();
    await live.upload("#file", "small.nir", await writeNir(small));
    await page.waitForSelector("#network");
    await page.fill("#dt", "1");
    await page.selectOption("#board", "hx8k");
    await page.fill("#lanes", "1");
    await compiled();
    expect(fetched.filter((url) => url.endsWith(".wasm"))).toEqual([]);
    await page.click("#synthesize");
    await page.waitForSelector("#counted, #failure, #diagnostics .error", { timeout: 380_000 });
    expect(await page.textContent("#tool")).toMatch(/^Yosys \d.*WebAssembly\): synth_ice40 -top snn_top$/);
    const [lut, ff] = (await page.locator("#counted td").allTextContents()).map(Number);
    expect(lut).toBeGreaterThan(20);
    expect(ff).toBeGreaterThan(20);
    expect(fetched.filter((url) => url.endsWith(".wasm")).length).toBeGreaterThan(0);
    await live.shoot("live-fpga-counted");
  });

  test("a text file, a missing time step and samples that are none are diagnostics; hostile names stay text", {
    timeout: 120_000,
  }, async () => {
    const { page } = live;
    await live.upload("#file", "notes.txt", new TextEncoder().encode("weights: 1 2 3\n"));
    await page.waitForSelector("#diagnostics");
    expect(await page.textContent("#diagnostics")).toContain("E_NOT_HDF5");
    expect(await page.locator("#network").count()).toBe(0);
    await live.upload("#file", "evil <img src=x onerror=alert(1)>.nir", await writeNir(hostile()));
    await page.waitForSelector("#network");
    expect(await page.locator("#network img").count()).toBe(0);
    await page.click("#compile");
    await page.waitForSelector("#diagnostics .error");
    expect(await page.textContent("#diagnostics")).toContain("E_DT_MISSING");
    expect(await page.textContent("#diagnostics")).not.toContain(".ts:");
    await page.fill("#dt", "0.001");
    await live.upload("#samples", "x.npz", new TextEncoder().encode("no archive"));
    await page.click("#compile");
    await page.waitForFunction(() => document.querySelector("#diagnostics")?.textContent?.includes("E_NPZ"));
    await live.shoot("live-fpga-refused");
  });
});

function hostile() {
  return graph()
    .input("in", [2])
    .linear("x); $finish; {{ 7 * 7 }}", { weight: [[0.5, -0.5]] })
    .lif("</script><img src=x onerror=alert(1)>".replaceAll("/", "|"), { tau: 5e-3, r: 5, vThreshold: 1 })
    .output("out")
    .build();
}
