/**
 * Powers of two against uniform weights on networks with data, as `nirkit compile --compare pot-vs-uniform` measures
 * them. Needs Yosys and Icarus; takes minutes per design.
 *
 * Usage: node --conditions=@nirkit/source bench/fpga-compare.ts NAME NETWORK.nir SAMPLES.npz [flags of compile]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../packages/cli/src/index.ts";

const [name, network, samples, ...flags] = process.argv.slice(2);
if (name === undefined || network === undefined || samples === undefined)
  throw new RangeError("give a name, a network and samples");
const folder = mkdtempSync(join(tmpdir(), "nirkit-compare-"));
const stored = new URL("results/fpga-compare.json", import.meta.url);
try {
  const out = join(folder, "out");
  const study = ["--target", "fpga", "--compare", "pot-vs-uniform", "--data", samples, "-o", out];
  process.exitCode = await main(["compile", network, ...study, ...flags]);
  if (process.exitCode === 0) {
    const { files: _, ...report } = JSON.parse(readFileSync(join(out, "comparison.json"), "utf8"));
    writeFileSync(stored, `${JSON.stringify({ ...before(), [name]: { flags, ...report } }, null, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Studies that are stored already. */
function before(): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(stored, "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
