/** A convolutional network on whole recordings of an event camera, from the command line to Verilator. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deep, hasData, hasVerilator, nirFiles } from "./materials.ts";
import { run, scratch } from "./run.ts";

const network = join(nirFiles, "real/cnn_sinabs.nir");
const recordings = `nmnist:${join(nirFiles, "../events/nmnist")}`;

const door = ["--dt", "1", "--input-bits", "2", "--input-scale", "1"];
const calibrated = ["--calibrate", recordings, "--data-options", "part=train", "--limit", "4"];

describe.runIf(deep && hasData && hasVerilator)("cnn_sinabs on the KV260", () => {
  test.each([
    ["uniform:8", [], []],
    ["pot:4", ["--axis", "0", "--second-order", ...calibrated], ["--target-fps", "400"]],
  ] as const)(
    "%s: 2 whole recordings of N-MNIST are equal in Verilator, beat by beat and cycle by cycle",
    async (scheme, choice, speed) => {
      const cwd = scratch();
      const nirkit = async (...argv: string[]) => {
        const ran = await run([...argv, "--json"], { cwd });
        expect(ran.code, ran.stderr).toBe(0);
        return ran.json();
      };
      await nirkit("quantize", network, "--scheme", scheme, ...choice, ...door, "-o", "q.nir");
      const measured =
        speed.length === 0 ? [] : ["--data", recordings, "--data-options", "part=train", "--limit", "4"];
      await nirkit(
        "compile",
        "q.nir",
        "--target",
        "fpga",
        "--board",
        "kv260",
        ...speed,
        ...measured,
        "-o",
        "build",
      );
      const test2 = ["--data", recordings, "--data-options", "part=test", "--limit", "2"];
      const { ok, runs } = await nirkit("verify", "build", ...test2, "--tools", "verilator");
      expect(ok).toBe(true);
      const rtl = runs.find(({ engine }: { engine: string }) => engine === "verilator");
      expect(rtl).toMatchObject({ ok: true, samples: 2 });
      // 300 steps of 4096 neurons and more, 16 at a time.
      expect(rtl.cycles / 2).toBeGreaterThan((300 * 4096) / 16);
      const { figures } = await nirkit("estimate", "build", ...test2);
      for (const name of ["LUT", "FF", "memory blocks"])
        expect(figures.some((figure: { name: string }) => figure.name === name)).toBe(true);
    },
    1_800_000,
  );
});
