/** Three-dimensional windows seen from the input: which outputs one voxel reaches, and through which weight. */
import type { Shape } from "@nirkit/graph";
import type { Conv3dOp } from "./network.ts";

/**
 * Visits the targets of one voxel of y[o,z,p,q] = sum W[o,c,u,i,j] · x[c, z·sD − padD + u·dD, p·sH − …, q·sW − …].
 *
 * @param weightShape `[O, I/groups, kd, kh, kw]`
 * @param source row-major index in `inShape`
 * @param visit gets the row-major index in `outShape` and the index of the weight
 */
export function eachVolumeSynapse(
  op: Conv3dOp,
  weightShape: Shape,
  source: number,
  visit: (target: number, weight: number) => void,
): void {
  const [channelsIn, depth, height, width] = op.inShape;
  const [channelsOut, ...out] = op.outShape;
  const [kd = 1, kh = 1, kw = 1] = weightShape.slice(2);
  const perGroupIn = channelsIn / op.groups;
  const perGroupOut = channelsOut / op.groups;
  const channel = Math.floor(source / (depth * height * width));
  const place = [
    Math.floor(source / (height * width)) % depth,
    Math.floor(source / width) % height,
    source % width,
  ];
  const firstOut = Math.floor(channel / perGroupIn) * perGroupOut;
  const at = (axis: 0 | 1 | 2, tap: number): number => position(op, axis, place[axis] as number, tap);
  for (let u = 0; u < kd; u++) {
    const z = at(0, u);
    if (z < 0 || z >= out[0]) continue;
    for (let i = 0; i < kh; i++) {
      const p = at(1, i);
      if (p < 0 || p >= out[1]) continue;
      for (let j = 0; j < kw; j++) {
        const q = at(2, j);
        if (q < 0 || q >= out[2]) continue;
        for (let o = firstOut; o < firstOut + perGroupOut; o++) {
          const row = o * perGroupIn + (channel % perGroupIn);
          visit(((o * out[0] + z) * out[1] + p) * out[2] + q, ((row * kd + u) * kh + i) * kw + j);
        }
      }
    }
  }
}

/** Output coordinate along one axis, or −1 where the stride skips it. */
function position(op: Conv3dOp, axis: 0 | 1 | 2, input: number, tap: number): number {
  const distance = input + op.padding[axis] - tap * op.dilation[axis];
  return distance >= 0 && distance % op.stride[axis] === 0 ? distance / op.stride[axis] : -1;
}
