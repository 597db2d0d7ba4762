/** What a design has to hold whose weights are loaded at run time, whatever they are. */
import type { Diagnostic } from "@nirkit/graph";
import { accumulatorBounds, type Network, type Projection } from "@nirkit/network";
import type { ChainLayer } from "./chain.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { mostArcs } from "./image-writes.ts";
import type { GraphLayer } from "./network-graph.ts";
import type { FpgaOptions } from "./options.ts";
import { hasAxiLite } from "./readout.ts";

/** Images that one register names. */
const mostLayers = 16;

/** The largest weight that a scheme can make, of all projections. */
export function largestLevel(projections: readonly Projection[]): number {
  return projections.reduce((most, { weights, shift = 0 }) => {
    // Powers of two end at half of the range of their integers.
    const isPower = ["pot", "deepshift", "inq"].includes(weights.scheme);
    const level = isPower ? 2 ** (weights.intBits - 2) : 2 ** (weights.intBits - 1) - 1;
    return Math.max(most, level * (projections.length > 1 ? 2 ** shift : 1));
  }, 1);
}

/**
 * A network with every weight at the end of its range, and biases as large as the sums that they make: what the widths of
 * a loadable design have to hold.
 */
export function fullNetwork(network: Network): Network {
  const projections = network.projections.map((projection) => {
    const { weights } = projection;
    const ints = new Int32Array(weights.ints.length).fill(largestLevel([projection]));
    return { ...projection, weights: { ...weights, ints } };
  });
  const bare = network.populations.map((population) => ({
    ...population,
    bias: new Int32Array(population.bias.length),
  }));
  const bounds = accumulatorBounds({ ...network, projections, populations: bare });
  const populations = network.populations.map((population) => {
    const { neuron, name, bias } = population;
    const bits =
      (bounds.get(name)?.accBits ?? 1) - 1 + (neuron.arithmetic === "integer" ? neuron.fracBits : 0);
    return { ...population, bias: new Int32Array(bias.length).fill(2 ** Math.min(bits, 31) - 1) };
  });
  return { ...network, projections, populations };
}

/** What keeps weights from being loaded. */
export function loadableErrors(
  options: FpgaOptions,
  layers: readonly ChainLayer[],
  graph: readonly GraphLayer[] = [],
): Diagnostic[] {
  if (options.weights !== "ram") return [];
  const refuse = (found: string, hint: string): Diagnostic =>
    fpgaDiagnostic("E_FPGA_LOADABLE", "options.weights", { found, hint });
  const found: Diagnostic[] = [];
  if (!hasAxiLite(options))
    found.push(refuse("axiLite is off", "Turn axiLite on: they come over its registers"));
  if (options.sparse !== "none" || options.skipZeroRows)
    found.push(
      refuse(
        "rows are stored without their zeros",
        "Leave sparse and skipZeroRows off: other weights have other zeros",
      ),
    );
  if (layers.length > mostLayers)
    found.push(refuse(`there are ${layers.length} layers, at most ${mostLayers}`, 'Choose weights "rom"'));
  for (const { population, arcs } of graph)
    if (arcs.length > mostArcs)
      found.push(
        refuse(`"${population.name}" has ${arcs.length} arcs, at most ${mostArcs}`, 'Choose weights "rom"'),
      );
  if (layers.some(({ neuron }) => neuron.kind === "delay"))
    found.push(refuse("a Delay differs between its neurons", 'Choose weights "rom"'));
  return found;
}
