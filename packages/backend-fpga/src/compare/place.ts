/** Place and route with nextpnr, for the clock alone. */
import type { ToolRunner, ToolWorkspace } from "@nirkit/backend";
import * as z from "zod";
import { readText } from "./synthesize.ts";

const reportSchema = z.object({ fmax: z.record(z.string(), z.object({ achieved: z.number() })) });

/**
 * Highest clock of `pnr.json` on an iCE40 HX8K, MHz; undefined where nextpnr-ice40 is not installed, or the design does
 * not fit.
 */
export async function placedFmax(tools: ToolRunner, workspace: ToolWorkspace): Promise<number | undefined> {
  if ((await tools.version("nextpnr-ice40")) === undefined) return undefined;
  const flags = ["--hx8k", "--package", "ct256", "--seed", "1", "--pcf-allow-unconstrained", "--quiet"];
  const placed = await workspace.run(
    "nextpnr-ice40",
    [...flags, "--json", "pnr.json", "--report", "pnr_report.json"],
    { timeoutSeconds: 600 },
  );
  if (placed.exitCode !== 0) return undefined;
  return parseNextpnrReport(await readText(workspace, "pnr_report.json"));
}

/**
 * The slowest clock of nextpnr's `--report`.
 *
 * @example parseNextpnrReport('{"fmax":{"clk":{"achieved":120.5,"constraint":12}}}') // 120.5
 */
export function parseNextpnrReport(json: string): number | undefined {
  const { fmax } = reportSchema.parse(JSON.parse(json));
  const clocks = Object.values(fmax).map(({ achieved }) => achieved);
  return clocks.length === 0 ? undefined : Math.min(...clocks);
}
