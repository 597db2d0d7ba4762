import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { checkQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { flattened } from "../src/commands/convert.ts";
import { hasData, nirFiles } from "./materials.ts";
import { smallFolder, smallNetwork } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

async function read(...path: string[]): Promise<NirGraph> {
  return (await readNir(readFileSync(join(...path)))).graph;
}

/** `block/lif` inside, and a node that already bears the name it is written under. */
function nested(): NirGraph {
  const block = graph().input("x", [2]).lif("lif", { tau: 1, vThreshold: 1 }).output("y").build();
  return graph()
    .input("in", [2])
    .subgraph("block", block)
    .scale("block.lif", { scale: [2, 2] })
    .output("out")
    .build();
}

describe("convert", () => {
  test(".nir to .nir.json and back gives the same bytes", async () => {
    const cwd = await smallFolder();
    expect(await run(line("convert net.nir net.nir.json"), { cwd })).toMatchObject({ code: 0, stderr: "" });
    expect((await run(line("convert net.nir.json back.nir"), { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "back.nir")).equals(readFileSync(join(cwd, "net.nir")))).toBe(true);
  });

  test("a quantized network is still verified after JSON, --complete and other compression", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:4 --per-channel --dt 1 -o q.nir"), { cwd });
    await run(line("convert q.nir q.nir.json --complete"), { cwd });
    await run(line("convert q.nir.json back.nir --compress none --flatten"), { cwd });
    const back = await read(cwd, "back.nir");
    expect(checkQuantized(back)).toEqual([]);
    expect(back.hash()).toBe((await read(cwd, "q.nir")).hash());
    const { json } = await run(line("evaluate back.nir --data data.npz --engine integer --json"), { cwd });
    expect(json()).toMatchObject({ samples: 4, engine: "integer" });
  });

  test("--flatten joins names with a point and numbers one that is taken: block.lif_1", async () => {
    const flat = flattened(nested());
    expect([...flat.nodes().keys()].sort()).toEqual(["block.lif", "block.lif_1", "in", "out"]);
    expect([...flat.edges()].sort()).toEqual([
      ["block.lif", "out"],
      ["block.lif_1", "block.lif"],
      ["in", "block.lif_1"],
    ]);
    const plain = smallNetwork();
    expect(flattened(plain)).toBe(plain);
  });

  test("--compress none is larger than gzip:9 for 16 kB of one number", async () => {
    const cwd = scratch();
    const wide = graph()
      .input("in", [64])
      .linear("w", { weight: tensor("float32", [64, 64], new Float32Array(4096).fill(0.5)) })
      .output("out")
      .build();
    writeFileSync(join(cwd, "net.nir"), await writeNir(wide));
    for (const how of ["none", "gzip:9"])
      await run(["convert", "net.nir", `${how}.nir`, "--compress", how], { cwd });
    const size = (name: string): number => readFileSync(join(cwd, name)).length;
    expect(size("none.nir") - size("gzip:9.nir")).toBeGreaterThan(12_000);
    expect((await read(cwd, "gzip:9.nir")).equals(await read(cwd, "none.nir"))).toBe(true);
  });

  test("--target-version 1.0.5 writes no v_reset where all are 0, and refuses the rest; nothing is written", async () => {
    const cwd = await smallFolder();
    expect((await run(line("convert net.nir old.nir --target-version 1.0.5"), { cwd })).code).toBe(0);
    const reset = graph()
      .input("in", [1])
      .lif("l", { tau: 1, vThreshold: 1, vReset: 0.5 })
      .output("out")
      .build();
    writeFileSync(join(cwd, "r.nir"), await writeNir(reset));
    const refused = await run(line("convert r.nir no.nir --target-version 1.0.5"), { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("v_reset");
    expect(readdirSync(cwd).sort()).toEqual(["data.npz", "net.nir", "old.nir", "r.nir"]);
  });

  test("what the Python package cannot read is told: a kernel of 3 x 5", async () => {
    const cwd = scratch();
    const weight = tensor("float32", [1, 1, 3, 5], new Float32Array(15));
    const conv = graph()
      .input("in", [1, 8, 8])
      .conv2d("c", { weight, bias: [0] })
      .output("out")
      .build();
    writeFileSync(join(cwd, "c.nir"), await writeNir(conv));
    const { code, stderr } = await run(line("convert c.nir d.nir"), { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain("W_PYTHON_CANNOT_READ /node/nodes/c");
  });

  test("a file is replaced with --force alone, also by itself", async () => {
    const cwd = await smallFolder();
    const before = readFileSync(join(cwd, "net.nir"));
    const { code, stderr } = await run(line("convert net.nir net.nir"), { cwd });
    expect([code, stderr.split(" ")[0]]).toEqual([1, "E_EXISTS"]);
    expect((await run(line("convert net.nir net.nir --force"), { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "net.nir")).equals(before)).toBe(true);
  });

  test.each([
    ["convert net.nir out.pt", "names no form that nirkit writes"],
    ["convert net.nir out.nir.json --compress none", "--compress: Is for .nir files"],
    ["convert net.nir out.nir --compress gzip:10", "gzip:1 to gzip:9"],
    ["convert net.nir out.nir --repair upside-down", "One of transpose-weight"],
  ])("%s is wrong usage: %s", async (words, message) => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line(words), { cwd });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(readdirSync(cwd).sort()).toEqual(["data.npz", "net.nir"]);
  });

  test.skipIf(!hasData)(
    "a file that --repair mends is written valid; without it nothing is written",
    async () => {
      const cwd = scratch();
      const broken = join(nirFiles, "real/spyx_shd.nir");
      expect((await run(["convert", broken, "a.nir"], { cwd })).code).toBe(1);
      expect(existsSync(join(cwd, "a.nir"))).toBe(false);
      const { code, stderr } = await run(["convert", broken, "a.nir", "--repair", "transpose-weight"], {
        cwd,
      });
      expect([code, stderr.includes("W_REPAIRED")]).toEqual([0, true]);
      expect((await run(line("validate a.nir"), { cwd })).code).toBe(0);
    },
  );
});
