/** Resources of an emitted design as Yosys counts them. */
import type { ToolRunner, VirtualFile } from "@nirkit/backend";
import { boardNamed } from "./boards.ts";
import { readText, said, toolError } from "./compare/synthesize.ts";
import { parseYosysStat, type SynthesizedArea } from "./compare/yosys-stat.ts";
import { emitFpga } from "./emit.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { synthesisCommand, type YosysFamily } from "./print/scripts.ts";

/** What Yosys found, and how. */
export interface DesignSynthesis extends SynthesizedArea {
  readonly family: YosysFamily;
  /** Version line of the tool: counts of different versions are not to be compared. */
  readonly tool: string;
  /** The synthesis command of the script. */
  readonly flow: string;
}

/** Options of {@link synthesizeFpga}. */
export interface SynthesizeOptions {
  /** Default: that of the plan's board; xilinx (xc7) for the generic one. */
  readonly family?: YosysFamily;
  /** For tools that can be stopped. Default 1800. */
  readonly timeoutSeconds?: number;
}

/**
 * Synthesises a design with the script that is emitted with it (`scripts/yosys_<family>.ys`) and counts its cells.
 *
 * @param tools `processTools()` of `@nirkit/backend/node`, or {@link yosysTools}
 * @throws E_FPGA_TOOL where Yosys is not there, or with its words where it fails
 */
export async function synthesizeFpga(
  plan: FpgaPlan,
  tools: ToolRunner,
  options: SynthesizeOptions = {},
): Promise<DesignSynthesis> {
  const { family = familyOf(plan), timeoutSeconds = 1800 } = options;
  const tool = await tools.version("yosys");
  if (tool === undefined) throw toolError("yosys", "it is not installed");
  const workspace = await tools.workspace();
  try {
    await workspace.write(synthesisFiles(plan, family));
    const result = await workspace.run("yosys", ["-q", "-s", "count.ys"], { timeoutSeconds });
    if (result.exitCode !== 0) throw toolError("yosys", said(result));
    const area = parseYosysStat(await readText(workspace, "stat.json"));
    return { family, tool, flow: synthesisCommand(plan, family), ...area };
  } finally {
    await workspace.dispose();
  }
}

/** Modules, images by their plain names, the emitted script, and one that writes the counts after it. */
function synthesisFiles(plan: FpgaPlan, family: YosysFamily): readonly VirtualFile[] {
  const emitted = emitFpga(plan);
  const script = emitted.find(({ path }) => path === `scripts/yosys_${family}.ys`)?.content;
  return [
    ...emitted.filter(({ path }) => path.startsWith("rtl/")),
    ...emitted
      .filter(({ path }) => path.startsWith("mem/"))
      .map(({ path, content }) => ({ path: path.slice("mem/".length), content })),
    { path: "count.ys", content: `${script as string}tee -q -o stat.json stat -json\n` },
  ];
}

function familyOf({ options }: FpgaPlan): YosysFamily {
  const { family } = boardNamed(options.board);
  return family === "ice40" || family === "ecp5" ? family : "xilinx";
}
