import { describe, expect, test } from "vitest";
import { type LaneArray, laneArrayFiles, laneArrayTop } from "../../src/compare/lane-array.ts";
import { synthesisFlow } from "../../src/compare/synthesize.ts";
import { parseYosysStat } from "../../src/index.ts";
import { hasTool, isDeep, runTool, withFolder } from "../outside.ts";

const array = (code: "integer" | "pot", bits: number): LaneArray => ({
  lanes: 16,
  code,
  bits,
  valueBits: 8,
  accBits: 24,
});

function luts(lanes: LaneArray, family: "xc7" | "ice40"): number {
  const files = laneArrayFiles(lanes);
  return withFolder(files, (folder) => {
    const script = `read_verilog ${files.map(({ path }) => path).join(" ")}; ${synthesisFlow(family, laneArrayTop, false)}; tee -q -o stat.json stat -json`;
    const { code, text } = runTool(folder, "yosys", ["-q", "-p", script]);
    if (code !== 0) throw new Error(text);
    return parseYosysStat(runTool(folder, "cat", ["stat.json"]).text).lut;
  });
}

describe.skipIf(!hasTool("yosys"))("16 lanes with a registered tree, values of 8 bits", () => {
  // Synthesis for Xilinx takes a minute.
  test.each(isDeep ? (["xc7", "ice40"] as const) : (["ice40"] as const))(
    "%s: shift-accumulate of 4 bits takes at most 0.90 of the LUTs of 4 x 8 multipliers and 0.5 of 8 x 8",
    { timeout: 240_000 },
    (family) => {
      const bac = luts(array("pot", 4), family);
      expect(bac).toBeLessThanOrEqual(0.9 * luts(array("integer", 4), family));
      expect(bac).toBeLessThanOrEqual(0.5 * luts(array("integer", 8), family));
    },
  );
});
