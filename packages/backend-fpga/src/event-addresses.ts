/** What one event of a layer does: where it lands, how many words it asks for, how many weights it meets. */

import { type LayerArc, layerArcs } from "./layer-arc.ts";
import type { LayerPlan, PoolPlan } from "./plan-types.ts";
import { storedRows } from "./sparse-images.ts";
import { convTaps } from "./taps.ts";

/**
 * Address of the projection for every address in front of the layer; −1 where an event lies outside all windows.
 *
 * @returns undefined where there is no window sum
 */
export function pooledAddresses(pool: PoolPlan | null): Int32Array | undefined {
  if (pool === null) return undefined;
  const [channels, height, width] = pool.inShape;
  const [, outHeight, outWidth] = pool.outShape;
  const [y, x] = convTaps({ ...pool, dilation: [1, 1], groups: 1 });
  return Int32Array.from({ length: channels * height * width }, (_, index) => {
    const column = index % width;
    const row = Math.floor(index / width) % height;
    if (y.count[row] === 0 || x.count[column] === 0) return -1;
    const channel = Math.floor(index / (width * height));
    return (channel * outHeight + (y.output[row] as number)) * outWidth + (x.output[column] as number);
  });
}

/** Weight words that the core reads for an event at every address of an arc, one per cycle. */
export function eventWords(plan: LayerPlan, arc = 0): Uint32Array {
  const { conv, inputs, projection } = layerArcs(plan)[arc] as LayerArc;
  if (conv === null && projection.rows.form === "dense") return new Uint32Array(inputs).fill(plan.words);
  if (conv === null) return Uint32Array.from(storedRows(plan), (words) => words.length);
  const [, height, width] = conv.inShape;
  const [y, x] = convTaps(conv);
  return Uint32Array.from({ length: inputs }, (_, index) => {
    const taps = (y.count[Math.floor(index / width) % height] as number) * (x.count[index % width] as number);
    return taps * plan.rowWords;
  });
}

/** Row-major neuron of every lane of every word in the order of the sweep; −1 for a lane without one. */
export function sweepOrder({
  conv,
  neurons,
  lanes,
  words,
  rowWords,
}: Pick<LayerPlan, "conv" | "neurons" | "lanes" | "words" | "rowWords">): Int32Array {
  if (conv === null)
    return Int32Array.from({ length: words * lanes }, (_, place) => (place < neurons ? place : -1));
  const [channels, height, width] = conv.outShape;
  const perGroup = channels / conv.groups;
  const order = new Int32Array(words * lanes).fill(-1);
  const perPosition = rowWords * conv.groups * lanes;
  for (let position = 0; position < height * width; position++)
    for (let c = 0; c < channels; c++) {
      const place = position * perPosition + Math.floor(c / perGroup) * rowWords * lanes + (c % perGroup);
      order[place] = c * height * width + position;
    }
  return order;
}
