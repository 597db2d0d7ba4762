/**
 * A convolutional network on recordings of an event camera: quantized, compiled for the KV260, run in Verilator, with the
 * commands of the command line alone. Each is printed before its result.
 *
 * Usage: node --conditions=@nirkit/source bench/fpga-recordings.ts NETWORK.nir N-MNIST-FOLDER [recordings, default 2]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../packages/cli/src/index.ts";

const [network, folder, recordings = "2"] = process.argv.slice(2);
if (network === undefined || folder === undefined)
  throw new RangeError("give a network and a folder of N-MNIST");

const quantizers: readonly (readonly [name: string, ...flags: string[]])[] = [
  ["uniform-8", "--scheme", "uniform:8"],
  [
    "pot-4",
    ..."--scheme pot:4 --axis 0 --second-order --limit 4".split(" "),
    ...data("train", "--calibrate"),
  ],
];
const builds: readonly (readonly [name: string, ...flags: string[]])[] = [
  ["8-lanes"],
  ["400-fps", "--target-fps", "400", ...data("train"), "--limit", "4"],
];

const out = mkdtempSync(join(tmpdir(), "nirkit-recordings-"));
try {
  for (const [scheme, ...choice] of quantizers) {
    const model = join(out, `${scheme}.nir`);
    const door = ["--dt", "1", "--input-bits", "2", "--input-scale", "1"];
    await nirkit("quantize", network, ...choice, ...door, "-o", model);
    for (const [build, ...flags] of builds) {
      const design = join(out, `${scheme}-${build}`);
      await nirkit("compile", model, "--target", "fpga", "--board", "kv260", ...flags, "-o", design);
      const some = [...data("test"), "--limit", recordings];
      await nirkit("verify", design, ...some, "--tools", "verilator");
      await nirkit("estimate", design, ...some);
    }
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}

function data(part: string, flag: string = "--data"): string[] {
  return [flag, `nmnist:${folder}`, "--data-options", `part=${part}`];
}

/** One command; the bench ends where one fails. */
async function nirkit(...argv: string[]): Promise<void> {
  const shown = argv.map((word) => word.replace(out, "OUT").replace(folder as string, "FOLDER"));
  process.stdout.write(`\n$ nirkit ${shown.join(" ")}\n`);
  const code = await main([...argv, "--quiet"]);
  if (code !== 0) throw new Error(`nirkit ${argv[0]} ended with ${code}`);
}
