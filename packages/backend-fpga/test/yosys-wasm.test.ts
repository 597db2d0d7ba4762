import { processTools } from "@nirkit/backend/node";
import * as yosys from "@yowasp/yosys";
import { describe, expect, test } from "vitest";
import {
  type DesignSynthesis,
  planFpga,
  synthesizeFpga,
  type YosysModule,
  yosysTools,
} from "../src/index.ts";
import { areaDesigns } from "./area/designs.ts";
import { hasTool, isDeep } from "./outside.ts";

const wasm: YosysModule = yosys;

const planOf = (name: string, board: "hx8k" | "ulx3s-85" | "arty-a7-35") => {
  const design = areaDesigns().find((one) => one.name === name) ?? areaDesigns()[0];
  if (design === undefined) throw new Error("no design");
  return planFpga(design.network, { ...design.options, board });
};

const first = areaDesigns()[0]?.name ?? "";

describe("Yosys as WebAssembly", () => {
  // The core is 31 MB: its first run takes seconds. Synthesis for Xilinx takes a minute.
  const boards = isDeep ? (["hx8k", "ulx3s-85", "arty-a7-35"] as const) : (["hx8k"] as const);
  test.skipIf(!hasTool("yosys")).each(boards)(
    "%s: counts FF and memories as the installed one does, LUTs within 30 %, and both say their version",
    { timeout: 400_000 },
    async (board) => {
      const plan = planOf(first, board);
      const found = await synthesizeFpga(plan, yosysTools(wasm));
      const native = await synthesizeFpga(plan, processTools());
      process.stdout.write(`${board} ${line(found)}\n${board} ${line(native)}\n`);
      expect(found.tool).toBe(`Yosys ${wasm.version} (@yowasp/yosys, WebAssembly)`);
      expect(native.tool).toMatch(/^Yosys \d/);
      expect(found.flow).toBe(native.flow);
      expect([found.ff, found.dsp, found.memory]).toEqual([native.ff, native.dsp, native.memory]);
      expect(Math.abs(found.lut - native.lut)).toBeLessThanOrEqual(0.3 * native.lut);
    },
  );

  test("a script that fails ends with code 1 and Yosys' words, and leaves the files as they were", async () => {
    const workspace = await yosysTools(wasm).workspace();
    await workspace.write([{ path: "sub/a.ys", content: "read_verilog missing.v\n" }]);
    const { exitCode, stderr } = await workspace.run("yosys", ["-q", "-s", "sub/a.ys"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("missing.v");
    expect(new TextDecoder().decode(await workspace.read("sub/a.ys"))).toBe("read_verilog missing.v\n");
    await expect(workspace.read("other.v")).rejects.toThrow("E_FPGA_TOOL");
  });

  test("other tools are those of the runner beside it, which sees what Yosys wrote; without one they are missing", async () => {
    const alone = yosysTools(wasm);
    expect(await alone.version("iverilog")).toBeUndefined();
    expect((await (await alone.workspace()).run("cat", ["x"])).exitCode).toBe(127);
    const both = await yosysTools(wasm, processTools()).workspace();
    await both.write([{ path: "x.v", content: "module x(input a, output b); assign b = ~a; endmodule\n" }]);
    await both.run("yosys", ["-q", "-p", "read_verilog x.v; write_verilog -noattr out.v"]);
    expect((await both.run("cat", ["out.v"])).stdout).toContain("module x(a, b);");
    await both.dispose();
  });

  test("a folder out of the workspace is refused", async () => {
    const workspace = await yosysTools(wasm).workspace();
    await expect(workspace.write([{ path: "../x", content: "" }])).rejects.toThrow("E_UNSAFE_PATH");
  });
});

const line = ({ tool, lut, ff, carry, memory, lutMemory }: DesignSynthesis): string =>
  `LUT ${lut}, FF ${ff}, carry ${carry}, memory ${memory}, LUT memory ${lutMemory}: ${tool}`;
