import { graph, NirkitError, tensor } from "@nirkit/graph";
import { expect, test } from "vitest";
import { inspectNir, readNir, sidecar, writeNir } from "../src/index.ts";

const built = graph()
  .input("in", [64])
  .linear("fc", {
    weight: tensor(
      "float16",
      [32, 64],
      Array.from({ length: 2048 }, (_, i) => i / 8),
    ),
  })
  .lif("lif", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
  .output("out")
  .build();

test("a graph is written and read in the browser, with the same bytes again", async () => {
  const bytes = await writeNir(built);
  const { graph: read, diagnostics } = await readNir(bytes);
  expect(diagnostics).toEqual([]);
  expect(read.equals(built)).toBe(true);
  expect(await writeNir(read)).toEqual(bytes);
  expect(sidecar(read).node_order).toEqual(["fc", "in", "lif", "out"]);
});

test("the hash of a graph is that of Node, which hashes and encodes by other means", () => {
  expect(built.hash()).toBe("4d33ef19de1a940a9c7f8fa5a241919a55eec68c405ea2ddcfb32fde58e9f073");
});

test("a damaged file is refused, and the next one is read", async () => {
  const bytes = await writeNir(built);
  const { diagnostics, graph: none } = await inspectNir(bytes.subarray(0, 4000));
  expect(none).toBeUndefined();
  expect(diagnostics.map((d) => d.code)).toEqual(["E_HDF5_CORRUPT"]);
  await expect(readNir(new TextEncoder().encode("{}"))).rejects.toBeInstanceOf(NirkitError);
  expect((await readNir(bytes)).graph.equals(built)).toBe(true);
});
