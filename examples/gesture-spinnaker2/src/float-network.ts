/** How the float network is run: forward Euler, a spike at the threshold, which is then subtracted. */
import type { NirGraph, PassContext, Sample, Tensor } from "@nirkit/graph";
import type { Convention } from "@nirkit/quantize";
import {
  argmax,
  createSimulator,
  type Dialect,
  parseDialect,
  type Simulator,
  spikeCount,
} from "@nirkit/simulate";
import { stepSeconds } from "./samples.ts";

/** What NIR leaves open, as the chip does it. */
export const convention: Pick<Convention, "leak" | "compare" | "reset"> = {
  leak: "euler",
  compare: "ge",
  reset: "subtract",
};

const dialect: Dialect = { ...parseDialect("nir-euler"), name: "gesture", ...convention };

/** A simulator of a float network in that dialect. */
export function floatSimulator(graph: NirGraph): Simulator {
  return createSimulator(graph, { dialect, dt: stepSeconds });
}

/** The same as the quantizer asks for it; one simulator per graph. */
export function floatRuns(): NonNullable<PassContext["simulate"]> {
  const simulators = new WeakMap<NirGraph, Simulator>();
  return (graph, input, record) => {
    const known = simulators.get(graph) ?? floatSimulator(graph);
    simulators.set(graph, known);
    return known.run(input, record);
  };
}

/** The class of an output: most spikes, the lowest where several have as many. */
export function classOf(outputs: ReadonlyMap<string, Tensor>): number {
  const [output] = outputs.values();
  if (output === undefined) throw new Error("The network has no output");
  return argmax(spikeCount(output));
}

/** Samples whose class is their label. */
export function correctSamples(graph: NirGraph, samples: readonly Sample[]): number {
  const simulator = floatSimulator(graph);
  return samples.filter(({ input, label }) => classOf(simulator.run(input).outputs) === label).length;
}
