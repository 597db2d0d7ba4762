/** A weight image as what one event adds to the accumulators. */
import { sweepOrder } from "./event-addresses.ts";
import { layerArcs } from "./layer-arc.ts";
import { memoryValues } from "./manifest.ts";
import type { ConvPlan, LayerPlan } from "./plan-types.ts";
import { storedRows } from "./sparse-images.ts";
import { convTaps } from "./taps.ts";

/** The weights of one projection by source. */
export interface Spread {
  /** Adds w · value << shift to every accumulator that the address reaches; row-major neurons. */
  add(acc: Float64Array, address: number, value: number): void;
  /** Non-zero weights by address. */
  readonly synapses: Uint32Array;
}

/** Decodes one weight image of a layer: the recurrent one, or that of an arc. */
export function createSpread(plan: LayerPlan, from: "recurrent" | number): Spread {
  const isReplay = from === "recurrent";
  const arc = isReplay ? undefined : layerArcs(plan)[from];
  const projection = isReplay ? plan.projections[1] : arc?.projection;
  const factor = 2 ** (projection?.shift ?? 0);
  const stored = memoryValues(plan, isReplay ? "recurrent" : "weights", isReplay ? 0 : from) as Float64Array;
  const isSparse = projection?.rows.form === "bitmask" || projection?.rows.form === "rle";
  const weights = (isSparse ? denseRowsOf(plan, stored) : stored).map((weight) => weight * factor);
  if (arc?.conv != null) return kernelSpread({ plan, conv: arc.conv, inputs: arc.inputs }, weights);
  const sources = arc?.inputs ?? plan.neurons;
  return plan.conv === null ? rowSpread(plan, sources, weights) : placedSpread(plan, sources, weights);
}

/** Every word of every row, those that are not stored as zeros. */
function denseRowsOf(plan: LayerPlan, stored: Float64Array): Float64Array {
  const { inputs, rowWords, lanes } = plan;
  const values = new Float64Array(inputs * rowWords * lanes);
  storedRows(plan).forEach((words, row) => {
    for (const { word, stored: at } of words)
      values.set(stored.subarray(at * lanes, (at + 1) * lanes), (row * rowWords + word) * lanes);
  });
  return values;
}

function rowSpread(plan: LayerPlan, sources: number, weights: Float64Array): Spread {
  const stride = plan.words * plan.lanes;
  const synapses = new Uint32Array(sources);
  for (let source = 0; source < sources; source++)
    synapses[source] = countNonZero(weights, source * stride, plan.neurons);
  return {
    synapses,
    add(acc, source, value) {
      const base = source * stride;
      for (let i = 0; i < acc.length; i++)
        acc[i] = (acc[i] as number) + (weights[base + i] as number) * value;
    },
  };
}

/** Rows of a full matrix over the places of a sweep. */
function placedSpread(plan: LayerPlan, sources: number, weights: Float64Array): Spread {
  const order = sweepOrder(plan);
  const synapses = new Uint32Array(sources);
  for (let source = 0; source < sources; source++)
    synapses[source] = countNonZero(weights, source * order.length, order.length);
  return {
    synapses,
    add(acc, source, value) {
      const base = source * order.length;
      order.forEach((neuron, place) => {
        if (neuron >= 0) acc[neuron] = (acc[neuron] as number) + (weights[base + place] as number) * value;
      });
    },
  };
}

function kernelSpread(
  { plan, conv, inputs }: { readonly plan: LayerPlan; readonly conv: ConvPlan; readonly inputs: number },
  weights: Float64Array,
): Spread {
  const [channelsIn, height, width] = conv.inShape;
  const [channelsOut, outHeight, outWidth] = conv.outShape;
  const [, kernelWidth] = conv.kernel;
  const taps = conv.kernel[0] * kernelWidth;
  const perGroupIn = channelsIn / conv.groups;
  const perGroupOut = channelsOut / conv.groups;
  const stride = plan.rowWords * plan.lanes;
  const positions = outHeight * outWidth;
  const [y, x] = convTaps(conv);

  /** Visits the first weight and the first neuron of every kernel position that an address reaches. */
  const visit = (address: number, each: (weight: number, neuron: number) => void): void => {
    const column = address % width;
    const row = Math.floor(address / width) % height;
    const channel = Math.floor(address / (width * height));
    const group = Math.floor(channel / perGroupIn);
    for (let j = 0; j < (y.count[row] as number); j++)
      for (let i = 0; i < (x.count[column] as number); i++) {
        const ky = (y.first[row] as number) + j * y.kernelStep;
        const kx = (x.first[column] as number) + i * x.kernelStep;
        const oy = (y.output[row] as number) - j * y.outputStep;
        const ox = (x.output[column] as number) - i * x.outputStep;
        const place = channel * taps + ky * kernelWidth + kx;
        each(place * stride, group * perGroupOut * positions + oy * outWidth + ox);
      }
  };
  const perPlace = Uint32Array.from({ length: weights.length / stride }, (_, place) =>
    countNonZero(weights, place * stride, perGroupOut),
  );
  const synapses = new Uint32Array(inputs);
  for (let address = 0; address < inputs; address++)
    visit(address, (weight) => {
      synapses[address] = (synapses[address] as number) + (perPlace[weight / stride] as number);
    });
  return {
    synapses,
    add(acc, address, value) {
      visit(address, (weight, neuron) => {
        for (let o = 0; o < perGroupOut; o++) {
          const at = neuron + o * positions;
          acc[at] = (acc[at] as number) + (weights[weight + o] as number) * value;
        }
      });
    },
  };
}

function countNonZero(weights: Float64Array, start: number, length: number): number {
  let count = 0;
  for (let k = start; k < start + length; k++) if (weights[k] !== 0) count++;
  return count;
}
