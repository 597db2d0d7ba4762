/** The files that are read: a real one, a long chain, and one large tensor plain and compressed. */
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Edge, NirGraph, type NirNode, tensor } from "@nirkit/graph";
import { writeNirFile } from "@nirkit/hdf5/node";
import { philox } from "@nirkit/integer";

/** One file, and how often it is read. */
export interface Subject {
  readonly name: string;
  readonly path: string;
  readonly repeats: number;
  /** How many times faster than the Python package nirkit has to be. */
  readonly target: number;
  /** Whether it has arrays that can stay in the file. */
  readonly large: boolean;
}

export async function makeSubjects(folder: string): Promise<Subject[]> {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const real = resolve(process.env.NIRKIT_DATA ?? "../shared/data", "nir/real/cnn_sinabs.nir");
  const force = { force: true } as const;
  await writeNirFile(at("chain-2002.nir"), chain(2000), force);
  await writeNirFile(at("dense-4096x4096-plain.nir"), dense(4096), { ...force, compression: "none" });
  await writeNirFile(at("dense-4096x4096-gzip.nir"), dense(4096), force);
  const made: Subject[] = [
    { name: "chain of 2 002 nodes", path: at("chain-2002.nir"), repeats: 7, target: 5, large: false },
    {
      name: "dense 4096 x 4096, plain",
      path: at("dense-4096x4096-plain.nir"),
      repeats: 15,
      target: 1,
      large: true,
    },
    {
      name: "dense 4096 x 4096, gzip",
      path: at("dense-4096x4096-gzip.nir"),
      repeats: 7,
      target: 1,
      large: true,
    },
  ];
  const published = { name: "cnn_sinabs.nir", path: real, repeats: 15, target: 1, large: false };
  return existsSync(real) ? [published, ...made] : made;
}

/** Input, `length` nodes (Affine and LIF in turn, 8 neurons), Output. */
function chain(length: number): NirGraph {
  const size = 8;
  const vector = (value: number) => tensor("float32", [size], Array<number>(size).fill(value));
  const weight = tensor(
    "float32",
    [size, size],
    Array.from({ length: size * size }, (_, i) => (i % 7) / 7),
  );
  const nodes: [string, NirNode][] = [["input", { type: "Input", shape: [size] }]];
  for (let i = 0; i < length; i++)
    nodes.push([
      `n${i}`,
      i % 2 === 0
        ? { type: "Affine", weight, bias: vector(0) }
        : {
            type: "LIF",
            tau: vector(0.01),
            r: vector(1),
            vLeak: vector(0),
            vThreshold: vector(1),
            vReset: vector(0),
          },
    ]);
  nodes.push(["output", { type: "Output", shape: [size] }]);
  const edges = nodes.slice(1).map(([to], i): Edge => [nodes[i]?.[0] ?? "", to]);
  return NirGraph.from({ nodes, edges });
}

/** One weight of n x n random float32, 24 bits of entropy each: gzip gains next to nothing, as with trained weights. */
function dense(n: number): NirGraph {
  const random = philox(1, "bench/dense");
  const data = Float32Array.from({ length: n * n }, () => random.uniform() - 0.5);
  return NirGraph.from({
    nodes: [
      ["input", { type: "Input", shape: [n] }],
      ["fc", { type: "Linear", weight: { dtype: "float32", shape: [n, n], data } }],
      ["output", { type: "Output", shape: [n] }],
    ],
    edges: [
      ["input", "fc"],
      ["fc", "output"],
    ],
  });
}
