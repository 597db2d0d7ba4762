import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, tensor } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { mint } from "@nirkit/quantize-membrane";
import { apot, pot, sbit } from "@nirkit/quantize-pot";
import { plusMinus, ternary, uniform } from "@nirkit/quantize-uniform";
import { expect, test } from "vitest";
import { type AnyQuantizer, quantizeGraph } from "../src/index.ts";

const python = process.env.NIRKIT_PYTHON;
const isThere = python !== undefined && existsSync(python);
if (!isThere && process.env.NIRKIT_STRICT === "1")
  throw new Error("NIRKIT_PYTHON names no Python with the package nir");
if (!isThere) process.stderr.write("skipped: the reference Python package is missing (NIRKIT_PYTHON)\n");

const schemes: readonly AnyQuantizer[] = [uniform, pot, apot, sbit, ternary, plusMinus, mint];

test.skipIf(!isThere)(
  "seven schemes, per tensor and per channel, open in the reference Python reader, which finds weight = float32(scale · int)",
  async () => {
    const source = graph()
      .input("in", [4])
      .affine("fc", {
        weight: tensor(
          "float32",
          [3, 4],
          [0.9, -0.35, 0.05, 0.2, -0.6, 0.12, -0.02, 0.4, 1.2, 0.3, -0.8, 0.01],
        ),
        bias: [0.1, 0, -0.2],
      })
      .lif("lif", { tau: 8, r: 8, vThreshold: 2.5 })
      .output("out")
      .build();
    const folder = mkdtempSync(join(tmpdir(), "nirkit-"));
    try {
      const files: string[] = [];
      for (const scheme of schemes)
        for (const axis of [null, 0]) {
          const asked = scheme.params.safeParse({ axis });
          const params = asked.success ? asked.data : scheme.params.parse({});
          const { graph: quantized } = await quantizeGraph(source, scheme, { params, dt: 1, membrane: 7 });
          const file = join(folder, `${scheme.scheme}-${axis}.nir`);
          writeFileSync(file, await writeNir(quantized));
          files.push(file);
        }
      const script = join(import.meta.dirname, "read-schemes.py");
      const ran = spawnSync(python ?? "", [script, ...files], { encoding: "utf8" });
      expect(ran.stderr).toBe("");
      const seen = ran.stdout.trim().split("\n");
      expect(seen).toHaveLength(14);
      expect(new Set(seen.map((line) => line.split(" ")[0])).size).toBe(7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
