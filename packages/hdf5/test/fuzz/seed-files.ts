/** What the fuzzer starts from: files that nirkit writes, and those of the corpus where it is there. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { graph, NirGraph, type NirNode, tensor, withMetadata } from "@nirkit/graph";
import { type NirGraphData, writeNir, writeNirData } from "../../src/index.ts";
import { corpusBytes, corpusFiles, corpusFolder } from "../corpus.ts";

/** One file to mutate. */
export interface SeedFile {
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

/** Larger files add time and no structure. */
const largest = 100_000;

/** The files in a fixed order; `own` leaves the corpus out, so that case numbers mean the same without it. */
export async function seedFiles(which: "all" | "own"): Promise<SeedFile[]> {
  const own: SeedFile[] = [];
  for (const [name, written] of Object.entries(await ownFiles())) own.push({ name, bytes: () => written });
  if (which === "own") return own;
  const folders = ["primitives", "graphs", "naming_metadata", "hdf5", "lenient", "legacy"];
  const nir = [...folders.map((folder) => `conformance/${folder}`), "real"].flatMap((at) =>
    corpusFiles(at, ".nir"),
  );
  const files = [...nir, ...corpusFiles("conformance/nirdata", ".h5")];
  const small = files.filter((file) => statSync(resolve(corpusFolder, file)).size <= largest);
  return [...own, ...small.map((name) => ({ name, bytes: () => corpusBytes(name) }))];
}

async function ownFiles(): Promise<Record<string, Uint8Array>> {
  const neurons = { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 };
  const layer = graph()
    .input("in", [3])
    .affine("fc", { weight: [1, 2, 3].map((n) => [n, 0, -n]), bias: [0, 1, 2] })
    .lif("lif", neurons)
    .output("out")
    .build();
  const image = graph()
    .input("in", [2, 8, 8])
    .conv2d("conv", { weight: tensor("float32", [4, 2, 3, 3], Array(72).fill(0.5)), padding: [1, 1] })
    .sumPool2d("pool", { kernelSize: [2, 2] })
    .flatten("flat")
    .linear("fc", { weight: tensor("float32", [32, 64], Array(2048).fill(0.25)) })
    .output("out")
    .build();
  const noted = [...layer.nodes()].map(([name, node]): [string, NirNode] => [
    name,
    withMetadata(node, [
      ["note", "a text"],
      ["list", ["one", "two"]],
      ["on", true],
      ["half", tensor("float16", [2], [1, 2])],
      ["map", new Map([["k", 0.5]])],
    ]),
  ]);
  const nested = NirGraph.from({
    nodes: [
      ["block", { type: "NIRGraph", graph: layer }],
      ["input", { type: "Input", shape: [3] }],
      ["output", { type: "Output", shape: [3] }],
    ],
    edges: [
      ["input", "block"],
      ["block", "output"],
    ],
  });
  const grid = {
    type: "TimeGriddedData",
    data: tensor("bool", [1, 3, 2], [1, 0, 0, 1, 1, 1]),
    dt: 0.001,
  } as const;
  const observed: NirGraphData = {
    type: "NIRGraphData",
    nodes: new Map([["lif", { type: "NIRNodeData", observables: new Map([["spikes", grid]]) }]]),
  };
  return {
    "own/layer.nir": await writeNir(layer),
    "own/image.nir": await writeNir(image),
    "own/noted.nir": await writeNir(NirGraph.from({ nodes: noted, edges: layer.edges() })),
    "own/nested.nir": await writeNir(nested),
    "own/observed.h5": await writeNirData(observed),
  };
}
