/** Tier 2: what a vendor's tool says about power. */
import type { ImportedPower } from "./comparison.ts";

/**
 * The totals of Vivado's `report_power`; undefined where the text is none.
 *
 * @example "| Total On-Chip Power (W)  | 0.231 |" // totalW 0.231
 */
export function parseVivadoPower(text: string): ImportedPower | undefined {
  const cell = (name: string): string | undefined =>
    new RegExp(`\\|\\s*${name}\\s*\\|\\s*([^|]+?)\\s*\\|`).exec(text)?.[1];
  const total = Number(cell("Total On-Chip Power \\(W\\)"));
  const dynamic = Number(cell("Dynamic \\(W\\)"));
  if (!Number.isFinite(total) || !Number.isFinite(dynamic)) return undefined;
  const tool = /\|\s*Tool Version\s*:\s*([^|\n]+)/.exec(text)?.[1]?.trim() ?? "Vivado";
  const device = /\|\s*Device\s*:\s*([^|\n]+)/.exec(text)?.[1]?.trim() ?? "";
  return { tool, device, totalW: total, dynamicW: dynamic };
}
