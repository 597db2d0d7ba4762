/** Random input of a network, for a verification without data. */
import { type Sample, sizeOf, type Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import type { Network, Port } from "@nirkit/network";

/** Share of ones in random spikes: dense enough to make neurons fire, sparse enough to let them rest. */
const spikeRate = 0.25;

/**
 * Samples that use the whole range of every input: spikes with a rate of 1/4, integers drawn evenly times their scale.
 * The same seed gives the same samples.
 *
 * @param steps time steps of each sample
 */
export function randomSamples(
  network: Network,
  samples: number,
  steps: number,
  seed: number,
): readonly Sample[] {
  return Array.from({ length: samples }, (_, k) => ({
    input: new Map(network.inputs.map((port) => [port.name, randomInput(port, steps, seed, k)])),
  }));
}

function randomInput(port: Port, steps: number, seed: number, sample: number): Tensor {
  const random = philox(seed, `verify/${port.name}/${sample}`);
  const shape = [steps, ...port.shape];
  const size = sizeOf(shape);
  if (port.bits === 1)
    return {
      dtype: "uint8",
      shape,
      data: Uint8Array.from({ length: size }, () => (random.uniform() < spikeRate ? 1 : 0)),
    };
  const levels = 2 ** port.bits;
  const least = port.signed ? -levels / 2 : 0;
  const data = Float64Array.from({ length: size }, () => (least + random.integer(levels)) * port.scale);
  return { dtype: "float64", shape, data };
}
