/** Surrogates as the kernels take them: by formula, or as a table over d/θ. */
import type { SurrogateOptions } from "@nirkit/kernels/train";
import { type Surrogate, surrogateDerivative } from "../../surrogate/surrogate.ts";
import type { Workspace } from "./workspace.ts";

const entries = 2048;

/** True where a kernel knows the formula. */
export function hasFormula({ kind }: Surrogate): boolean {
  return (
    kind !== "gaussian" && kind !== "multiGaussian" && kind !== "periodicExponential" && kind !== "custom"
  );
}

/** The surrogate for thresholds `theta` (tables hold for one threshold alone). */
export function kernelSurrogate(given: Surrogate, theta: number): SurrogateOptions {
  const { levels = 1 } = given;
  const common = { levels, normalize: given.normalize === "threshold" };
  switch (given.kind) {
    case "gaussian":
    case "multiGaussian":
    case "periodicExponential":
    case "custom":
      return { kind: "table", values: tableOf(given, theta), ...common };
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

/** h of one level over d/θ from −4 to levels + 4. */
function tableOf(given: Surrogate, theta: number): Float32Array {
  const { levels = 1, normalize = "none" } = given;
  const single = { ...given, levels: 1, normalize: "none" as const };
  const unit = normalize === "threshold" ? 1 : theta;
  return Float32Array.from({ length: entries }, (_, entry) => {
    const ratio = -4 + (entry * (levels + 8)) / (entries - 1);
    return surrogateDerivative(single, (ratio + 1) * unit, unit);
  });
}
