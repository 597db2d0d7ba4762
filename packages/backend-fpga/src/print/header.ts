/** Header of every emitted text file: what it belongs to, no date. */
import { commentName } from "../legalize-name.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { planReadout } from "../readout.ts";
import { comment } from "./literal.ts";

/** Lines with a comment lead such as `//` or `#`. */
export function header(plan: FpgaPlan, lead: string, what: string): string[] {
  const { options } = plan;
  const chosen = [
    options.lanes !== undefined ? `lanes ${commentName(options.lanes)}` : undefined,
    options.pe !== undefined ? `pe ${options.pe}` : undefined,
    options.reuse !== undefined ? `reuse ${options.reuse}` : undefined,
    `memStyle ${options.memStyle}`,
    `mul ${options.mul ?? "lut"}`,
    `fifoDepth ${options.fifoDepth}`,
    `holdInput ${options.holdInput}`,
    `streamWidth ${options.streamWidth}`,
    ...(plan.registers === undefined ? [] : [`axiLite, readout ${planReadout(plan)}`]),
  ].filter((entry) => entry !== undefined);
  return [
    `${lead} ${what}`,
    `${lead} Made by ${plan.generator}`,
    `${lead} graph   ${/^[0-9a-f]{1,64}$/.test(plan.graphHash) ? plan.graphHash : "unknown"}`,
    `${lead} plan    ${plan.planHash}`,
    ...comment(`options ${chosen.join(", ")}`, lead),
  ];
}
