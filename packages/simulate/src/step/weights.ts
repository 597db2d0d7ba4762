/** Weights and biases of dense layers and convolutions as a dialect uses them. */
import type { Tensor } from "@nirkit/graph";
import { constants, type FloatArray, finiteValues } from "../float-array.ts";
import type { StepContext } from "./step.ts";

/**
 * Weights as they are, or as `weightQuant: int8-trunc-127` has them: multiplied by the scale of the population they
 * lead to, cut toward zero.
 *
 * @throws E_NON_FINITE, E_CONSTANT
 */
export function weightValues(
  weight: Tensor,
  { name, precision, dialect, projection }: StepContext,
): FloatArray {
  const path = `nodes.${name}.weight`;
  const values = finiteValues(weight, path);
  const scale = projection?.weightScale;
  const scaled =
    dialect.weightQuant === "none" || scale === undefined ? values : values.map((w) => Math.trunc(w * scale));
  return constants(precision, scaled, "weight", path);
}

/** False where the dialect leaves the bias out, or adds it to the membrane instead. */
export function addsBias({ dialect, recurrent }: StepContext): boolean {
  if (dialect.biasPath === "membrane") return false;
  return !(recurrent && dialect.recurrentBias === "dropped");
}
