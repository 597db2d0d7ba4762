/** How many weights one event meets: what synaptic operations are counted with. */
import { sizeOf } from "@nirkit/graph";
import type { NodeSpec } from "../model/node-spec.ts";

/** Fan-out of each input element in the order of the file, or one number for all; 0 for nodes without weights. */
export function fanOut(spec: NodeSpec): number | Int32Array {
  if (spec.kind === "dense") return spec.outputs;
  if (spec.kind !== "conv") return 0;
  const { input, output, groups } = spec.geometry;
  const [, h, w] = input;
  const down = taps(spec, 0);
  const across = taps(spec, 1);
  const perTap = output[0] / groups;
  const counts = new Int32Array(sizeOf(input));
  for (let at = 0; at < counts.length; at++)
    counts[at] = (down[Math.floor(at / w) % h] as number) * (across[at % w] as number) * perTap;
  return counts;
}

/** Number of windows along an axis that hold each position. */
function taps({ geometry }: Extract<NodeSpec, { kind: "conv" }>, axis: 0 | 1): Int32Array {
  const { input, output, kernel, stride, padding, dilation } = geometry;
  const counts = new Int32Array(input[1 + axis] as number);
  for (let o = 0; o < (output[1 + axis] as number); o++)
    for (let k = 0; k < kernel[axis]; k++) {
      const at = o * stride[axis] - padding[axis] + k * dilation[axis];
      if (at >= 0 && at < counts.length) counts[at] = (counts[at] as number) + 1;
    }
  return counts;
}
