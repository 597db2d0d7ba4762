/** Small networks and data of the tests, written into scratch folders. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph, type Tensor, tensor } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { writeNpz } from "@nirkit/npy";
import { scratch } from "./run.ts";

/** Two inputs, three hidden LIF, two classes: class k fires when input k does. tau 4, dt 1, r 4: an input of 1 adds w. */
export function smallNetwork(): NirGraph {
  return graph()
    .input("in", [2])
    .affine("fc1", {
      weight: [
        [0.9, -0.35],
        [-0.6, 0.8],
        [0.5, 0.5],
      ],
      bias: [0, 0, 0.05],
    })
    .lif("hidden", { tau: 4, r: 4, vThreshold: 0.75 })
    .linear("fc2", {
      weight: [
        [0.9, -0.2, 0.1],
        [-0.3, 0.9, 0.1],
      ],
    })
    .lif("classes", { tau: 4, r: 4, vThreshold: 0.5 })
    .output("out")
    .build();
}

/** Four samples of six steps: input 0 alone, input 1 alone, both halves, silence. Labels 0, 1, 0, 1. */
export const smallX: Tensor = tensor(
  "uint8",
  [4, 6, 2],
  [
    ...[1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
    ...[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
    ...[1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ],
);

/** Labels of {@link smallX}. */
export const smallY: Tensor = tensor("int64", [4], [0, 1, 0, 1]);

/** A folder with `net.nir` and `data.npz`. */
export async function smallFolder(network: NirGraph = smallNetwork()): Promise<string> {
  const folder = scratch();
  writeFileSync(join(folder, "net.nir"), await writeNir(network));
  writeArrays(join(folder, "data.npz"), { x: smallX, y: smallY });
  return folder;
}

/** Writes an `.npz`. */
export function writeArrays(path: string, arrays: Readonly<Record<string, Tensor>>): void {
  writeFileSync(path, writeNpz(new Map(Object.entries(arrays))));
}
