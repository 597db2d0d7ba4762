/** How far sums and membranes can go. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import { accumulatorBounds, type Network } from "@nirkit/network";
import { s2Diagnostic } from "../diagnostics.ts";

/** Warnings that need the sums of weights: accumulators past 16 bits, neurons that cannot fire. */
export function reachWarnings(
  network: Network,
  positive: ReadonlyMap<string, Float64Array>,
): readonly Diagnostic[] {
  const bounds = accumulatorBounds(network);
  return network.populations.flatMap(({ name, shape, neuron }): Diagnostic[] => {
    if (neuron.arithmetic !== "float32") return [];
    const path = `nodes.${name}`;
    const found: Diagnostic[] = [];
    const sum = bounds.get(name)?.acc ?? 0;
    if (sum > 32767) found.push(s2Diagnostic("W_S2_ACCUM_RISK", path, { neuron: 0, sum }));
    const drive = positive.get(name) ?? new Float64Array(sizeOf(shape));
    if (!neuron.spiking) return found;
    const at = (key: Parameters<typeof neuron.params.get>[0], i: number): number => {
      const values = neuron.params.get(key);
      return values?.[values.length === 1 ? 0 : i] ?? 0;
    };
    for (let i = 0; i < drive.length; i++) {
      const current = (drive[i] as number) / (1 - at("exc_decay", i));
      const input = current + at("i_offset", i);
      const alpha = at("alpha_decay", i);
      const reach =
        alpha >= 1 ? (input > 0 ? Number.POSITIVE_INFINITY : 0) : Math.max(0, input / (1 - alpha));
      const threshold = at("threshold", i);
      if (reach >= threshold) continue;
      found.push(s2Diagnostic("W_S2_THRESHOLD_UNREACHABLE", path, { neuron: i, reach, threshold }));
      break;
    }
    return found;
  });
}
