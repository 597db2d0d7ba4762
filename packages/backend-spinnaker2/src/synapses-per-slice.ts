/** Synapses of each source that end on one PE. */
import { int8From, uint32From } from "./base64.ts";
import { convFanOut } from "./engine/convolution.ts";
import type { S2Projection, S2Slice } from "./map/mapping.ts";

/** One entry per source neuron. */
export function synapsesPerSlice({ list, conv }: S2Projection, slice: S2Slice): Uint32Array {
  if (conv !== undefined && slice.channels !== undefined) {
    const [first, last] = slice.channels;
    const [channelsIn, channelsOut, height, width] = conv.shape;
    const kernel = height * width;
    const weights = int8From(conv.weights);
    const own = new Int8Array(channelsIn * (last - first) * kernel);
    for (let c = 0; c < channelsIn; c++) {
      const from = (c * channelsOut + first) * kernel;
      own.set(weights.subarray(from, from + (last - first) * kernel), c * (last - first) * kernel);
    }
    const shape = [channelsIn, last - first, height, width] as const;
    return convFanOut({ shape, params: conv.params, weights: own }).synapses;
  }
  const start = uint32From(list?.start ?? "");
  const target = uint32From(list?.target ?? "");
  const counts = new Uint32Array(Math.max(0, start.length - 1));
  for (let s = 0; s < counts.length; s++)
    for (let k = start[s] as number; k < (start[s + 1] as number); k++) {
      const at = target[k] as number;
      if (at >= slice.start && at < slice.stop) counts[s] = (counts[s] as number) + 1;
    }
  return counts;
}
