import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, type Tensor, toFloat64 } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { checkQuantized, readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { quantizeUniform, uniform } from "../src/index.ts";

const source = graph()
  .input("in", [3])
  .affine("fc1", {
    weight: [
      [0.9, -0.35, 0.05],
      [-0.6, 0.12, -0.02],
    ],
    bias: [0.1, -0.1],
  })
  .lif("lif1", { tau: [8, 4], r: [8, 4], vThreshold: 1 })
  .output("out")
  .build();
const { graph: quantized } = await quantizeUniform(source, { bits: 4, dt: 1 });

const python = process.env.NIRKIT_PYTHON;
const isThere = python !== undefined && existsSync(python);
if (!isThere && process.env.NIRKIT_STRICT === "1")
  throw new Error("NIRKIT_PYTHON names no Python with the package nir");
if (!isThere) process.stderr.write("skipped: the reference Python package is missing (NIRKIT_PYTHON)\n");

interface Plain {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const plain = (source: Tensor): Plain => ({
  dtype: source.dtype,
  shape: source.shape,
  values: [...toFloat64(source)],
});

describe("a quantized graph as a file", () => {
  test("comes back with the same integers and passes the check", async () => {
    const { graph: read } = await readNir(await writeNir(quantized));
    expect(checkQuantized(read, [uniform])).toEqual([]);
    const before = readQuantized(quantized, [uniform]);
    const after = readQuantized(read, [uniform]);
    expect(after).toEqual(before);
    expect(read.hash()).toBe(quantized.hash());
  });

  test.skipIf(!isThere)(
    "opens in the reference Python reader with equal tensors and annotations",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "nirkit-"));
      try {
        const file = join(folder, "quantized.nir");
        writeFileSync(file, await writeNir(quantized));
        const ran = spawnSync(python ?? "", [join(import.meta.dirname, "read-quantized.py"), file], {
          encoding: "utf8",
        });
        expect(ran.stderr).toBe("");
        const seen = JSON.parse(ran.stdout);
        const fc1 = quantized.node("fc1");
        const lif1 = quantized.node("lif1");
        if (fc1.type !== "Affine" || lif1.type !== "LIF") throw new Error("other nodes than written");
        expect(seen.weight).toEqual(plain(fc1.weight));
        expect(seen.bias).toEqual(plain(fc1.bias));
        expect(seen.threshold).toEqual(plain(lif1.vThreshold));
        expect(seen.tau).toEqual(plain(lif1.tau));
        expect(seen.mirrored).toEqual([
          [7, -3, 0],
          [-5, 1, 0],
        ]);
        expect(seen.meta.fc1["nirkit:weight_int"]).toEqual({
          dtype: "int8",
          shape: [2, 3],
          values: [7, -3, 0, -5, 1, 0],
        });
        expect(seen.meta.fc1["nirkit:weight_scale"].dtype).toBe("float64");
        expect(seen.meta.fc1["nirkit:bias_frac"]).toMatchObject({ dtype: "int64", values: [4] });
        expect(seen.meta.lif1["nirkit:theta_int"]).toMatchObject({ dtype: "int32", values: [124] });
        expect(JSON.parse(seen.meta.lif1["nirkit:neuron"]).leak).toEqual({
          form: "mul",
          mul: [3584, 3072],
          round: "zero",
          shift: 12,
        });
        expect(seen.graph.dt).toBe(1);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
