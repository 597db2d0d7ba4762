/** Everything that keeps a network from the chip, found before any work. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import type { Float32Neuron, Network, Population } from "@nirkit/network";
import { s2Diagnostic } from "../diagnostics.ts";
import type { S2Options } from "../options.ts";
import { populationErrors } from "./draft-network.ts";

/** What can be said without drafting. */
export function networkErrors(network: Network, options: S2Options): readonly Diagnostic[] {
  const feeding = new Set(network.projections.map(({ source }) => source));
  const found: Diagnostic[] = [];
  for (const { name, bits, signed, scale } of network.inputs)
    if (bits !== 1 || signed || scale !== 1)
      found.push(
        s2Diagnostic("E_S2_INPUT_RANGE", `inputs.${name}`, {
          found: `The input takes ${signed ? "signed" : "unsigned"} integers of ${bits} bits, a spike list holds spikes`,
          count: 1,
        }),
      );
  for (const { name, op, gate } of network.projections)
    if (gate !== undefined || op.kind === "conv3d")
      found.push(
        s2Diagnostic("E_S2_UNSUPPORTED_OP", `nodes.${name}`, {
          op: gate === undefined ? op.kind : "dynamically masked",
        }),
      );
  for (const population of network.populations) {
    found.push(...populationErrors(population, feeding.has(population.name), options));
    if (population.neuron.arithmetic === "float32")
      found.push(...neuronErrors(population, population.neuron, network));
  }
  return found;
}

function neuronErrors({ name, shape }: Population, neuron: Float32Neuron, network: Network): Diagnostic[] {
  const path = `nodes.${name}`;
  const size = sizeOf(shape);
  const at = (values: Float64Array | undefined, i: number): number =>
    values?.[values.length === 1 ? 0 : i] ?? 0;
  const found: Diagnostic[] = [];
  const first = (wrong: (i: number) => boolean): number => {
    for (let i = 0; i < size; i++) if (wrong(i)) return i;
    return -1;
  };
  const { params, stateScale, biasOffset } = neuron;
  const alpha = params.get("alpha_decay");
  const slow = first((i) => at(alpha, i) <= 0);
  if (slow >= 0) found.push(timeConstant(path, "tau", at(alpha, slow), network.dt));
  const decay = params.get("exc_decay");
  const fast = decay === undefined ? -1 : first((i) => at(decay, i) < 0);
  if (fast >= 0) found.push(timeConstant(path, "tau_syn", at(decay, fast), network.dt));
  const flipped = first((i) => !(at(stateScale, i) > 0));
  if (flipped >= 0)
    found.push(s2Diagnostic("E_S2_SIGN", path, { neuron: flipped, scale: at(stateScale, flipped) }));
  const threshold = params.get("threshold");
  const high = neuron.spiking ? first((i) => !(at(threshold, i) > 0 && at(threshold, i) <= 2 ** 24)) : -1;
  if (high >= 0)
    found.push(
      s2Diagnostic("E_S2_THRESHOLD", path, {
        neuron: high,
        value: at(threshold, high),
        nir: at(threshold, high) * at(stateScale, high),
      }),
    );
  const biased = neuron.model === "lif_curr_exp" ? first((i) => at(biasOffset, i) !== 0) : -1;
  if (biased >= 0) {
    const steps = 1 / (1 - at(decay, biased));
    found.push(s2Diagnostic("W_S2_BIAS_TRANSIENT", path, { steps: Math.ceil(steps * 100) / 100 }));
  }
  return found;
}

/** Forward Euler with a step that is not shorter than the time constant: decay = 1 − dt/tau. */
function timeConstant(path: string, name: string, decay: number, dt: number): Diagnostic {
  return s2Diagnostic("E_S2_TIME_CONSTANT", path, { name, decay, tau: dt / (1 - decay), dt });
}
