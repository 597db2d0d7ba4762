/**
 * Powers of two against uniform weights, as `nirkit compile --compare pot-vs-uniform` measures them: every table of
 * docs/guide/fpga.md. Needs Yosys and Icarus, for `--fmax` nextpnr-ice40; minutes per design.
 *
 * Usage: node --conditions=@nirkit/source bench/fpga-compare.ts [STUDY …], all when none
 * is named; data in the folder NIRKIT_DATA. The network of the studies of MNIST is what the example pot-fpga-mnist trains in float.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../packages/cli/src/index.ts";
import { type Tensor, tensor } from "../packages/graph/src/index.ts";
import { readNpz, writeNpz } from "../packages/npy/src/index.ts";

const data = process.env.NIRKIT_DATA ?? "../shared/data";
const traces = join(data, "traces/real");
const folder = mkdtempSync(join(tmpdir(), "nirkit-compare-"));
const digits = join(traces, "digits_mlp.nir");
const pixels = join(folder, "digits.npz");
const images = `mnist:${join(data, "mnist")}`;
const trained = ["build/pot-fpga-mnist/float.nir", "--data", images, "--dt", "1"];
const folded = [
  "--dialect",
  "nir-euler+subtract",
  "--data-options",
  "part=test,code=direct,steps=8,flatten=true",
];
const held = [digits, "--data", pixels, "--dt", "1e-3", "--input-bits", "8"];
const mnist = [...trained, ...folded, "--input-bits", "8", "--pe", "2"];
const three = ["--designs", "pot:4,uniform:4,uniform:8"];
const skipping = ["--sparse", "bitmask", "--tools", "none"];

/** Network, data and flags of each study. */
const studies: Readonly<Record<string, readonly string[]>> = {
  "digits-8-bit": [...held, "--pe", "2"],
  "digits-clock": [...held, "--pe", "2", ...three, "--tools", "yosys", "--fmax"],
  "digits-skip-2": [...held, "--pe", "2", ...skipping],
  "digits-skip-1": [...held, "--pe", "1", ...skipping],
  "digits-spikes": [digits, "--data", join(traces, "digits_test_xy.npz"), "--dt", "1e-3", "--pe", "2"],
  "mnist-skip": [...mnist, "--limit", "2000", ...skipping],
  "mnist-8-bit": [...mnist, "--limit", "64", ...three, "--toggle-cycles", "1500"],
};
const stored = new URL("results/fpga-compare.json", import.meta.url);

try {
  writeHeldDigits();
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(studies))
    await study(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function study(name: string): Promise<void> {
  const flags = studies[name];
  if (flags === undefined) throw new RangeError(`${name} is none of ${Object.keys(studies).join(", ")}`);
  const out = join(folder, name);
  const argv = ["compile", ...flags, "--target", "fpga", "--compare", "pot-vs-uniform", "-o", out];
  process.stdout.write(`\n$ nirkit ${argv.map((word) => word.replace(folder, "OUT")).join(" ")}\n`);
  const code = await main(argv);
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  const { files: _, ...report } = JSON.parse(readFileSync(join(out, "comparison.json"), "utf8"));
  mkdirSync(new URL(".", stored), { recursive: true });
  writeFileSync(stored, `${JSON.stringify({ ...before(), [name]: { flags, ...report } }, null, 2)}\n`);
}

/** Pixels of 0 to 16 as values of 0 to 1, the same in 16 steps. */
function writeHeldDigits(): void {
  const arrays = readNpz(readFileSync(join(traces, "digits_test.npz")));
  const [shown, label] = [arrays.get("pixels"), arrays.get("label")] as [Tensor, Tensor];
  const [samples = 0, size = 0] = shown.shape;
  const steps = 16;
  const x = Array.from({ length: samples * steps * size }, (_, at) => {
    const sample = Math.floor(at / (steps * size));
    return Number(shown.data[sample * size + (at % size)]) / 16;
  });
  const held = new Map<string, Tensor>([
    ["x", tensor("float32", [samples, steps, size], x)],
    ["y", tensor("int64", [samples], Array.from(label.data, Number))],
  ]);
  writeFileSync(pixels, writeNpz(held));
}

/** Studies that are stored already. */
function before(): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(stored, "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
