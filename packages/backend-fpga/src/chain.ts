/** A network read as a chain of layers: one input, each layer fed by the one before, one output. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import type { IntegerNeuron, Network, OutputPort, Population, Port, Projection } from "@nirkit/network";
import { fpgaDiagnostic } from "./diagnostics.ts";

/** One layer of the chain. */
export interface ChainLayer {
  readonly population: Population;
  readonly neuron: IntegerNeuron;
  readonly inputs: number;
  readonly neurons: number;
  readonly feedForward: readonly Projection[];
  /** Self-connections that arrive one step later. */
  readonly recurrent: readonly Projection[];
}

/** The chain, or why there is none. */
export interface ChainResult {
  readonly input?: Port;
  readonly output?: OutputPort;
  readonly layers: readonly ChainLayer[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a valid network as a chain; every deviation is named. */
export function readChain(network: Network): ChainResult {
  const diagnostics: Diagnostic[] = [];
  const refuse = (path: string, found: string, expected: string): void => {
    diagnostics.push(fpgaDiagnostic("E_FPGA_UNSUPPORTED_TOPOLOGY", path, { found, expected }));
  };
  const [input, ...moreInputs] = network.inputs;
  const [output, ...moreOutputs] = network.outputs;
  if (input === undefined || moreInputs.length > 0)
    refuse("inputs", `The network has ${network.inputs.length} inputs`, "exactly one input");
  if (output === undefined || moreOutputs.length > 0)
    refuse("outputs", `The network has ${network.outputs.length} outputs`, "exactly one output");
  if (network.populations.length === 0)
    refuse("populations", "The network has no population", "at least one layer");

  const layers: ChainLayer[] = [];
  let source: { readonly name: string; readonly size: number; readonly spiking: boolean } | undefined =
    input === undefined ? undefined : { name: input.name, size: sizeOf(input.shape), spiking: true };
  for (const population of network.populations) {
    const { neuron } = population;
    const path = `populations.${population.name}`;
    if (neuron.arithmetic === "float32") {
      diagnostics.push(fpgaDiagnostic("E_FPGA_NON_INTEGER_PLAN", path, { model: neuron.model }));
      continue;
    }
    const incoming = network.projections.filter((p) => p.target === population.name);
    const feedForward = incoming.filter((p) => p.delay === 0);
    const recurrent = incoming.filter((p) => p.delay > 0);
    if (source !== undefined) {
      if (feedForward.length === 0)
        refuse(path, "Nothing reaches it within the step", `fed by "${source.name}"`);
      for (const p of feedForward)
        if (p.source !== source.name)
          refuse(
            `projections.${p.name}`,
            `It leads from "${p.source}" to "${p.target}"`,
            `from "${source.name}"`,
          );
      if (!source.spiking) refuse(path, `"${source.name}" sends states`, "spikes");
    }
    for (const p of recurrent) {
      if (p.source !== population.name || p.delay !== 1)
        refuse(
          `projections.${p.name}`,
          `It leads from "${p.source}" to "${p.target}" with a delay of ${p.delay}`,
          "a delayed projection leads from a layer to itself, one step late",
        );
      else if (!neuron.spiking) refuse(path, `"${population.name}" sends states to itself`, "spikes");
    }
    const neurons = sizeOf(population.shape);
    layers.push({ population, neuron, inputs: source?.size ?? 0, neurons, feedForward, recurrent });
    source = { name: population.name, size: neurons, spiking: neuron.spiking };
  }
  const last = network.populations.at(-1)?.name;
  if (
    output !== undefined &&
    last !== undefined &&
    !(output.sources.length === 1 && output.sources[0] === last)
  )
    refuse(`outputs.${output.name}`, `It is fed by ${output.sources.join(", ")}`, `fed by "${last}" alone`);
  return {
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    layers,
    diagnostics,
  };
}
