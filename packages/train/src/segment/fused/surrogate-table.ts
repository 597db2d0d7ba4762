/** Surrogates as the kernels take them: by formula, or as a table over d/θ. */
import type { SurrogateOptions } from "@nirkit/kernels/train";
import { type Surrogate, surrogateDerivative } from "../../surrogate/surrogate.ts";
import type { Workspace } from "./workspace.ts";

const entries = 8192;
/** Thresholds that the table reaches beyond the first and the last: functions with long skirts are cut there. */
const reach = 16;

/** True where a kernel knows the formula: everything but a function of one's own. */
export function hasFormula({ kind }: Surrogate): boolean {
  return kind !== "custom";
}

/** The surrogate for thresholds `theta` (tables hold for one threshold alone). */
export function kernelSurrogate(given: Surrogate, theta: number): SurrogateOptions {
  const { levels = 1 } = given;
  const common = { levels, normalize: given.normalize === "threshold" };
  switch (given.kind) {
    case "custom":
      return { kind: "table", values: tableOf(given, theta), reach, ...common };
    default: {
      const { normalize: _, levels: __, ...formula } = given;
      return { ...formula, ...common };
    }
  }
}

/** Writes the table of a surrogate anew for another threshold. */
export function rewriteTable({ f32, u32 }: Workspace, ptr: number, given: Surrogate, theta: number): void {
  if (!hasFormula(given)) f32(u32(ptr, 6)[5] as number, entries).set(tableOf(given, theta));
}

/** h of one level over d/θ from −reach to levels + reach. */
function tableOf(given: Surrogate, theta: number): Float32Array {
  const { levels = 1, normalize = "none" } = given;
  const single = { ...given, levels: 1, normalize: "none" as const };
  const unit = normalize === "threshold" ? 1 : theta;
  return Float32Array.from({ length: entries }, (_, entry) => {
    const ratio = -reach + (entry * (levels + 2 * reach)) / (entries - 1);
    return surrogateDerivative(single, (ratio + 1) * unit, unit);
  });
}
