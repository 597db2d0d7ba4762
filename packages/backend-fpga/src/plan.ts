/** From a network to the hardware model: widths, memories, parameters. */
import { assertNoErrors } from "@nirkit/graph";
import type { Network } from "@nirkit/network";
import { buildPlan } from "./build-plan.ts";
import { type FpgaOptions, parseFpgaOptions } from "./options.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { checkFpga } from "./refuse.ts";

/**
 * The hardware model of a network: layers, lanes, exact widths, memory images, stream formats. Plain data.
 *
 * @throws the errors of `check`, all at once
 * @example 3 inputs, weights [[64, -32, 4], [-32, 8, -2]], one lane per neuron: K = 1, AB = 8, images `e040`, `08e0`, `fe04`
 */
export function planFpga(network: Network, options: Partial<FpgaOptions> = {}): FpgaPlan {
  const chosen = parseFpgaOptions(options);
  assertNoErrors(checkFpga(network, chosen));
  return buildPlan(network, chosen);
}
