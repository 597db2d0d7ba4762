/** `run_s2.py`: the network for py-spinnaker2, with integer weights and the spikes that the chip has to give. */
import { sizeOf } from "@nirkit/graph";
import type { S2Mapping, S2Population } from "../map/mapping.ts";
import { programBody } from "./program-body.ts";
import { type PythonValue, pythonComment, pythonValue } from "./python-text.ts";

/** Path of a parameter that differs between neurons. */
export function parameterFile({ id }: Pick<S2Population, "id">, parameter: string): string {
  return `parameters/${id}_${parameter}.npy`;
}

/** The program: what is built stands in tables on top, the code below is the same for every network. */
export function printProgram(mapping: S2Mapping): string {
  return [...header(mapping), "", ...tables(mapping), "", programBody].join("\n");
}

function header({ generator, graphHash, populations, latency, options }: S2Mapping): string[] {
  const slices = populations.reduce((sum, population) => sum + population.slices.length, 0);
  const neurons = populations.reduce(
    (sum, { role, shape }) => sum + (role === "input" ? 0 : sizeOf(shape)),
    0,
  );
  return [
    "#!/usr/bin/env python3",
    `"""Spiking network for SpiNNaker2: ${neurons} neurons on ${slices} PEs, tick ${options.tickMs} ms.`,
    "",
    "A spike that is sent in step t is felt in step t + 1 + delay field. Weights are integers; a membrane",
    "counts in them. The output of input step t appears in step t + LATENCY or later, so run LATENCY steps",
    "more than the input has.",
    "",
    "Depends on numpy and py-spinnaker2 alone. Weights and parameters stand beside it in weights/ and",
    "parameters/; --selfcheck compares every spike with selfcheck/expected.json.",
    '"""',
    pythonComment(`${generator}, graph ${graphHash}`),
    pythonComment(`latency ${latency}`),
  ];
}

function tables(mapping: S2Mapping): string[] {
  const { populations, projections, latency, options, steps } = mapping;
  const inputs = mapping.inputs.map(({ populations: [first] }) => populations[first ?? 0]?.id ?? "");
  const outputs = [
    ...new Set(mapping.outputs.flatMap((port) => port.populations.map((k) => populations[k]?.id ?? ""))),
  ];
  return [
    `STEPS = ${steps}`,
    `LATENCY = ${latency}`,
    `TICK = ${options.tickMs / 1000}`,
    `INPUTS = ${pythonValue(inputs)}`,
    `OUTPUTS = ${pythonValue(outputs)}`,
    "",
    "# name: of the node in the model; id: of the population here; scale: volts of the node per unit of",
    "# the membrane, one or one per neuron; lists in params are files.",
    "POPULATIONS = [",
    ...populations.map((population) => `    ${pythonValue(populationTable(population))},`),
    "]",
    "",
    "# pre, post: positions in POPULATIONS. dense: rows [pre, post, weight]; conv2d: [c_in, c_out, k_h, k_w].",
    "PROJECTIONS = [",
    ...projections.map(({ pre, post, kind, delay, file, conv }) => {
      const common = { pre, post, kind, delay, file };
      return `    ${pythonValue(conv === undefined ? common : { ...common, params: { ...conv.params } })},`;
    }),
    "]",
  ];
}

function populationTable(population: S2Population): { readonly [key: string]: PythonValue } {
  const { id, name, model, size, params, slices, record, recordVoltage, vScale } = population;
  const own = Object.entries(params).map(
    ([key, values]) => [key, typeof values === "number" ? values : parameterFile(population, key)] as const,
  );
  const recorded = [...(record ? ["spikes"] : []), ...(recordVoltage ? ["v"] : [])];
  const common = { id, name, model, size, atoms: atomsOf(population, slices.length) };
  if (model === "spike_list") return common;
  return {
    ...common,
    params: { ...Object.fromEntries(own), reset: population.reset },
    record: recorded,
    scale: vScale.length === 1 || vScale.every((v) => v === vScale[0]) ? (vScale[0] ?? 1) : [...vScale],
    readout: population.readout,
  };
}

/** What cuts the population into as many pieces as the mapping: ceil(n / pieces), whole channels for a convolution. */
function atomsOf({ size, slices }: S2Population, pieces: number): number {
  const largest = Math.max(...slices.map(({ start, stop }) => stop - start));
  return slices[0]?.channels === undefined ? Math.ceil(size / pieces) : largest;
}
