/** Counts of synthesis as figures, each with the command and the version of the tool that made it. */
import type { CostFigure, Deployment } from "@nirkit/backend";
import type { FpgaPlan } from "@nirkit/backend-fpga";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage-error.ts";
import type { YosysChoice } from "./yosys-runner.ts";

/**
 * Synthesises a deployment for the family of its board.
 *
 * @throws UsageError for another target than fpga; NirkitError `E_YOSYS_PACKAGE`, `E_FPGA_TOOL`
 */
export async function synthesizedFigures(
  invocation: Invocation,
  deployment: Deployment<unknown>,
  choice: YosysChoice,
): Promise<readonly CostFigure[]> {
  if (deployment.backend !== "fpga")
    throw usageError("--yosys", `Is not known for ${deployment.backend}`, "Leave it out");
  const { toolsWithYosys } = await import("./yosys-runner.ts");
  const { synthesizeFpga } = await import("@nirkit/backend-fpga");
  const tools = await toolsWithYosys(choice, invocation.terminal.cwd);
  const version = await tools.version("yosys");
  if (version !== undefined) invocation.say(`synthesis with ${version}`);
  const counted = await synthesizeFpga(deployment.mapping as FpgaPlan, tools);
  const figure = (name: string, value: number, unit: string): CostFigure => ({
    name,
    value,
    unit,
    method: `cells of the whole design after ${counted.flow}`,
    source: counted.tool,
  });
  return [
    figure("LUT, synthesized", counted.lut, "cells"),
    figure("FF, synthesized", counted.ff, "cells"),
    figure("carry, synthesized", counted.carry, "cells"),
    figure("DSP, synthesized", counted.dsp, "cells"),
    figure("block memories, synthesized", counted.memory, "cells"),
    figure("LUT memories, synthesized", counted.lutMemory, "cells"),
  ];
}
