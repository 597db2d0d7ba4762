/** The stored Yosys runs, made anew: NIRKIT_WRITE_AREA=1 writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { designSources, synthesisFlow } from "../../src/compare/synthesize.ts";
import { planFpga } from "../../src/plan.ts";
import { hasTool, isDeep, runTool, withFolder } from "../outside.ts";
import { areaDesigns } from "./designs.ts";

const file = new URL("yosys.json", import.meta.url);

interface StoredRuns {
  readonly tool: string;
  readonly flow: string;
  readonly counted: string;
  readonly designs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Cells of one design on xc7. */
function synthesized({ network, options }: ReturnType<typeof areaDesigns>[number]): Record<string, number> {
  const plan = planFpga(network, { ...options, mul: "lut" });
  const sources = designSources(plan);
  const modules = sources.flatMap(({ path }) => (path.endsWith(".v") ? [path] : []));
  const flow = synthesisFlow("xc7", `${plan.design}_top`, false);
  return withFolder(sources, (folder) => {
    const script = `read_verilog ${modules.join(" ")}; ${flow}; check -assert; tee -q -o stat.json stat -json`;
    const { code, text } = runTool(folder, "yosys", ["-q", "-p", script]);
    if (code !== 0) throw new Error(text);
    const stat = readFileSync(join(folder, "stat.json"), "utf8");
    const { num_cells_by_type: cells } = JSON.parse(stat.slice(stat.indexOf("{"))).design as {
      num_cells_by_type: Record<string, number>;
    };
    const count = (pattern: RegExp): number =>
      Object.entries(cells).reduce((sum, [type, n]) => sum + (pattern.test(type) ? n : 0), 0);
    return {
      lut: count(/^(LUT[1-6]|INV)$/),
      ff: count(/^FD/),
      ramb36: count(/^RAMB36/) + count(/^RAMB18/) / 2,
      lutRam: count(/^RAM32M$/),
      carry4: count(/^CARRY4$/),
    };
  });
}

describe.runIf(isDeep && hasTool("yosys"))("the stored runs of Yosys", () => {
  test("31 designs synthesise again to the same cells", () => {
    const designs: Record<string, Record<string, number>> = {};
    for (const design of [...areaDesigns()].sort((a, b) => (a.name < b.name ? -1 : 1)))
      designs[design.name] = synthesized(design);
    const stored = JSON.parse(readFileSync(file, "utf8")) as StoredRuns;
    const tool = runTool(".", "yosys", ["-V"])
      .text.trim()
      .replace(/ \(git sha1 (\w+).*/, " (git sha1 $1)");
    if (process.env.NIRKIT_WRITE_AREA === "1")
      writeFileSync(file, `${JSON.stringify({ ...stored, tool, designs }, null, 2)}\n`);
    // Another version of the tool counts otherwise.
    else if (tool === stored.tool) expect(designs).toEqual(stored.designs);
  }, 3_600_000);
});
