import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, tensor } from "@nirkit/graph";
import { conv3d, conv3dNode } from "@nirkit/graph/extensions";
import { writeNir } from "@nirkit/hdf5";
import { beforeAll, describe, expect, test } from "vitest";
import { writeArrays } from "./networks.ts";
import { run, scratch } from "./run.ts";

const extensions = [conv3d];
const folder = scratch();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const weight = tensor(
    "float32",
    [2, 1, 3, 3, 3],
    Array.from({ length: 54 }, (_, i) => i / 54),
  );
  const net = graph({ extensions })
    .input("in", [1, 8, 5, 5])
    .node("c", conv3dNode({ weight }))
    .lif("l", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
    .output("out")
    .build();
  writeFileSync(at("c.nir"), await writeNir(net, { extensions }));
});

describe("a network with a nirkit:Conv3d", () => {
  test("is valid, with W_EXTENSION and the flag that lowers it", async () => {
    const { code, stdout } = await run(["validate", at("c.nir")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/W_EXTENSION \/node\/nodes\/c: .*nirkit convert --lower-extensions/);
  });

  test("is inspected with its shapes: [1, 8, 5, 5] to [2, 6, 3, 3], stride (1, 1, 1)", async () => {
    const { code, stdout } = await run(["inspect", at("c.nir")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/nirkit:Conv3d +\[1, 8, 5, 5\] +\[2, 6, 3, 3\]/);
    expect(stdout).toContain("stride (1, 1, 1)");
    const json = (await run(["inspect", at("c.nir"), "--json"])).json() as {
      nodes: Record<string, { output_type: unknown; params: Record<string, { shape: unknown }> }>;
    };
    expect(json.nodes.c?.output_type).toEqual({ output: [2, 6, 3, 3] });
    expect(json.nodes.c?.params.weight?.shape).toEqual([2, 1, 3, 3, 3]);
  });

  test("goes to .nir.json and back to the same bytes", async () => {
    expect((await run(["convert", at("c.nir"), at("c.nir.json")])).code).toBe(0);
    expect((await run(["convert", at("c.nir.json"), at("back.nir")])).code).toBe(0);
    expect(Buffer.compare(readFileSync(at("back.nir")), readFileSync(at("c.nir")))).toBe(0);
  });

  test("is lowered to plain nodes that need no warning", async () => {
    expect((await run(["convert", at("c.nir"), at("plain.nir"), "--lower-extensions"])).code).toBe(0);
    const { code, stdout } = await run(["validate", at("plain.nir")]);
    expect(code).toBe(0);
    expect(stdout).not.toContain("W_EXTENSION");
  });

  test("is simulated, quantized and asked about in plain nodes that compute the same", async () => {
    const x = tensor("uint8", [1, 4, 1, 8, 5, 5], new Array<number>(800).fill(1));
    writeArrays(at("x.npz"), { x });
    const simulated = await run([
      "simulate",
      at("c.nir"),
      "--input",
      at("x.npz"),
      "--dt",
      "1e-3",
      "--node",
      "l",
      "--out",
      at("y.npz"),
    ]);
    expect(simulated.code).toBe(0);
    expect(simulated.stderr).toContain("H_EXTENSION_LOWERED");
    const flags = ["--scheme", "uniform:8", "--dt", "1e-3", "-o", at("q.nir")];
    expect((await run(["quantize", at("c.nir"), ...flags])).code).toBe(0);
    const { stdout } = await run(["support", at("c.nir"), "--dt", "1e-3"]);
    expect(stdout).toMatch(/^fpga +target +(yes|yes, but)/m);
  });
});
