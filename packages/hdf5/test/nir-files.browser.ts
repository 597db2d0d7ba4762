import { graph, NirGraph, NirkitError, type NirNode, tensor, withMetadata } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { loadLibrary } from "../src/hdf5-library.ts";
import {
  gridToEvents,
  type NirGraphData,
  readNir,
  readNirData,
  writeNir,
  writeNirData,
} from "../src/index.ts";
import { inspect } from "../src/read.ts";

const neurons = { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 };
const layer = graph().input("in", [3]).lif("lif", neurons).output("out").build();
const image = graph()
  .input("in", [2, 16, 16])
  .conv2d("conv", { weight: tensor("float32", [8, 2, 3, 3], Array(144).fill(0.5)), padding: [1, 1] })
  .sumPool2d("pool", { kernelSize: [2, 2] })
  .flatten("flat")
  .linear("fc", {
    weight: tensor(
      "float64",
      [4, 512],
      Float64Array.from({ length: 2048 }, (_, i) => i / 7),
    ),
  })
  .output("out")
  .build();
const nested = NirGraph.from({
  nodes: [
    ["bløck", { type: "NIRGraph", graph: layer }],
    ["input", { type: "Input", shape: [3] }],
    ["output", { type: "Output", shape: [3] }],
  ],
  edges: [
    ["input", "bløck"],
    ["bløck", "output"],
  ],
});
const noted = NirGraph.from({
  nodes: [...layer.nodes()].map(([name, node]): [string, NirNode] => [
    name,
    withMetadata(node, [
      ["text", "ü"],
      ["texts", ["a", "b"]],
      ["on", true],
      ["half", tensor("float16", [2], [0.5, -65504])],
      ["wide", 2n ** 60n],
      ["map", new Map([["k", 0.5]])],
    ]),
  ]),
  edges: layer.edges(),
});

describe("in the browser", () => {
  test.each([
    ["a layer", layer],
    ["convolution, pool, Flatten", image],
    ["a nested graph", nested],
    ["metadata of every kind", noted],
  ] as const)(
    "%s: plain and gzip are read directly and by the library, and give the same bytes again",
    async (_, built) => {
      for (const compression of ["none", { gzip: 4 }] as const) {
        const bytes = await writeNir(built, { compression });
        for (const libraryOnly of [false, true]) {
          const { graph: read, diagnostics } = await inspect(bytes, {}, { libraryOnly });
          expect(diagnostics.filter((d) => d.level === "error")).toEqual([]);
          expect(read?.equals(built)).toBe(true);
          if (read !== undefined) expect(await writeNir(read, { compression })).toEqual(bytes);
        }
      }
    },
  );

  test("observables are written and read", async () => {
    const grid = {
      type: "TimeGriddedData",
      data: tensor("bool", [1, 2, 2], [1, 0, 0, 1]),
      dt: 0.001,
    } as const;
    const data: NirGraphData = {
      type: "NIRGraphData",
      nodes: new Map([
        ["lif", { type: "NIRNodeData", observables: new Map([["spikes", gridToEvents(grid)]]) }],
      ]),
    };
    expect((await readNirData(await writeNirData(data))).data).toEqual(data);
  });

  test("a text that claims to be 2 GB long is refused", async () => {
    const bytes = await writeNir(layer);
    const view = new DataView(bytes.buffer);
    const heap = bytes.findIndex((_, i) =>
      [0x47, 0x43, 0x4f, 0x4c].every((byte, k) => bytes[i + k] === byte),
    );
    for (let at = 0; at + 12 < bytes.length; at += 4)
      if (view.getUint32(at, true) === 8 && view.getBigUint64(at + 4, true) === BigInt(heap))
        view.setUint32(at, 0x7fff_ffff, true);
    await expect(readNir(bytes)).rejects.toBeInstanceOf(NirkitError);
    expect((await loadLibrary()).module.HEAPU8.length).toBeLessThan(2 ** 27);
  });

  test("after a trap inside the library a page reads ordinary files still, and says what has to be done for others", async () => {
    const plain = await writeNir(image, { compression: "none" });
    const library = await loadLibrary();
    const trap = (): never => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    expect(() => library.call("/here", trap)).toThrow();
    expect(library.usable).toBe(false);
    expect((await readNir(plain)).graph.equals(image)).toBe(true);
    const { diagnostics } = await inspect(plain, {}, { libraryOnly: true });
    expect(diagnostics.map((d) => d.code)).toEqual(["E_HDF5_UNAVAILABLE"]);
  });
});
