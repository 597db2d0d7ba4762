/** Usage: node dist/main.js [model.nir samples.npz dt bits], the sample that comes with nirkit when left out. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NirkitError } from "@nirkit/graph";
import { firstLight } from "./first-light.ts";

const sample = join(dirname(fileURLToPath(import.meta.resolve("nirkit/package.json"))), "sample");
const [
  model = join(sample, "glyphs-mlp.nir"),
  data = join(sample, "glyphs-test.npz"),
  dt = "1e-3",
  bits = "8",
] = process.argv.slice(2);

try {
  const found = await firstLight(await readFile(model), await readFile(data), {
    dt: Number(dt),
    bits: Number(bits),
  });
  const lines = [
    `float           ${found.float} of ${found.samples} correct`,
    `${bits} bit integers  ${found.integer} of ${found.samples} correct`,
    `emitted         ${found.files.size} files`,
    `equal           ${found.equal} of ${found.samples} samples, every output in every step`,
    `longest sample  ${found.cycles} cycles`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (found.equal !== found.samples) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof NirkitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
