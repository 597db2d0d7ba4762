/** Overflow `wrap` is sound only where the static bound proves that it never happens. */
import type { Diagnostic } from "@nirkit/graph";
import { accumulatorBounds } from "../bounds.ts";
import { networkDiagnostic } from "../diagnostics.ts";
import type { Network } from "../network.ts";

/** E_WRAP_REACHABLE for every wrapping population whose state may leave its bits. */
export function wrapErrors(network: Network): readonly Diagnostic[] {
  const bounds = accumulatorBounds(network);
  return network.populations.flatMap(({ name, neuron }) => {
    if (neuron.arithmetic !== "integer" || neuron.overflow !== "wrap") return [];
    const reach = bounds.get(name)?.reach ?? Number.POSITIVE_INFINITY;
    const bits = neuron.stateBits;
    if (reach < 2 ** (bits - 1)) return [];
    return [
      networkDiagnostic("E_WRAP_REACHABLE", `nodes.${name}`, {
        bits,
        reach: Number.isFinite(reach) ? reach : null,
      }),
    ];
  });
}
