/** The loaded artefacts against the golden network, population by population. */
import type { Mismatch } from "@nirkit/backend";
import type { Sample, Signal } from "@nirkit/graph";
import type { NetworkSimulator, NetworkTrace } from "@nirkit/network";
import { sweepOrder } from "./event-addresses.ts";
import { inputSteps } from "./input-stream.ts";
import { layerArcs } from "./layer-arc.ts";
import { unpackWords } from "./memory-image.ts";
import type { FpgaPlan, LayerPlan, MemoryPlan } from "./plan-types.ts";
import type { FpgaSimulator, FpgaTrace } from "./simulate.ts";
import { decodeWeight } from "./weight-code.ts";

/** In the order in which a step computes them, so that the first difference is the cause. */
const signals: readonly Signal[] = ["i", "vpre", "v", "out"];

/** Runs one sample in both; the first difference by step, layer, signal and neuron, and the golden trace. */
export function compareSample(
  plan: FpgaPlan,
  engines: { readonly golden: NetworkSimulator; readonly loaded: FpgaSimulator },
  { input }: Sample,
  sample: number,
): { readonly golden: NetworkTrace; readonly mismatch: Mismatch | undefined } {
  const golden = engines.golden.run(input, { record: { nodes: "all", signals } });
  const loaded = engines.loaded.run(input, { level: "step", record: { populations: "all", signals } });
  return { golden, mismatch: firstDifference(plan, golden, loaded, sample) };
}

function firstDifference(
  plan: FpgaPlan,
  golden: NetworkTrace,
  loaded: FpgaTrace,
  sample: number,
): Mismatch | undefined {
  for (let step = 0; step < golden.steps; step++)
    for (const layer of plan.layers)
      for (const signal of signals) {
        const expected = golden.records.get(`${layer.path}/${signal}`)?.data;
        const got = loaded.records.get(`${layer.path}/${signal}`)?.data;
        if (expected === undefined || got === undefined) continue;
        for (let neuron = 0; neuron < layer.neurons; neuron++) {
          const at = step * layer.neurons + neuron;
          if (Number(expected[at]) !== Number(got[at]))
            return {
              sample,
              layer: layer.path,
              step,
              neuron,
              signal,
              expected: Number(expected[at]),
              got: Number(got[at]),
            };
        }
      }
  return undefined;
}

/**
 * The first word of a memory that differs from the golden network's, even where no sample shows it.
 *
 * `step` and `sample` are the first in which the weight's source is active, or −1 where none of the samples uses it.
 */
export function compareImages(
  golden: FpgaPlan,
  loaded: FpgaPlan,
  samples: readonly Sample[],
): Mismatch | undefined {
  for (const [l, layer] of golden.layers.entries()) {
    const other = loaded.layers[l];
    for (const memory of layer.memories) {
      const image = other?.memories.find((m) => m.role === memory.role && m.arc === memory.arc);
      const found = image === undefined ? undefined : firstValue(layer, memory, image);
      if (found === undefined) continue;
      const { row, neuron, expected, got } = found;
      const use =
        golden.graph === undefined &&
        l === 0 &&
        layer.conv === null &&
        layer.pool === null &&
        memory.role === "weights"
          ? firstUse(golden, row, samples)
          : { sample: -1, step: -1 };
      return { ...use, layer: layer.path, neuron, signal: `${memory.role} of source ${row}`, expected, got };
    }
  }
  return undefined;
}

function firstValue(
  layer: LayerPlan,
  golden: MemoryPlan,
  loaded: MemoryPlan,
): { row: number; neuron: number; expected: number; got: number } | undefined {
  const { lanes } = layer;
  const word = golden.words.findIndex((text, k) => text !== loaded.words[k]);
  if (word < 0) return undefined;
  const format = { lanes, laneBits: golden.laneBits, signed: golden.signed };
  const expected = unpackWords([golden.words[word] as string], format);
  const got = unpackWords([loaded.words[word] ?? "0"], format);
  const lane = expected.findIndex((value, k) => value !== got[k]);
  const coding = { code: golden.code, bits: golden.laneBits, slots: golden.slots };
  const weights = [expected[lane], got[lane]].map((pattern) => decodeWeight(pattern as number, coding));
  // The unused pattern of zero reads as zero too; then the patterns are what differs.
  const [want, have] = weights[0] === weights[1] ? [expected[lane], got[lane]] : weights;
  return {
    ...placeOf(layer, golden, word * lanes + lane),
    expected: want as number,
    got: have as number,
  };
}

/**
 * The row, by source or by input channel and kernel position, and the neuron that an entry of an image belongs to: its
 * first one where all of a channel share the entry.
 */
function placeOf(
  layer: LayerPlan,
  { role, arc = 0 }: Pick<MemoryPlan, "role" | "arc">,
  place: number,
): { row: number; neuron: number } {
  const { lanes, rowWords, words } = layer;
  const conv = layerArcs(layer)[arc]?.conv ?? null;
  const row0 = Math.floor(place / (words * lanes));
  if (layer.conv === null) return { row: row0, neuron: place % (words * lanes) };
  const order = sweepOrder(layer);
  if (role !== "weights") return { row: 0, neuron: order[place] ?? -1 };
  if (conv === null) return { row: row0, neuron: order[place % (words * lanes)] ?? -1 };
  const perRow = rowWords * lanes;
  const row = Math.floor(place / perRow);
  const [channels, height, width] = conv.outShape;
  const channel = Math.floor(row / (conv.kernel[0] * conv.kernel[1]));
  const group = Math.floor((channel * conv.groups) / conv.inShape[0]);
  return { row, neuron: ((group * channels) / conv.groups + (place % perRow)) * height * width };
}

function firstUse(plan: FpgaPlan, row: number, samples: readonly Sample[]): { sample: number; step: number } {
  for (const [sample, { input }] of samples.entries()) {
    const step = inputSteps(plan, input).findIndex(({ address }) => address.includes(row));
    if (step >= 0) return { sample, step };
  }
  return { sample: -1, step: -1 };
}
