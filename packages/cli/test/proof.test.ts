/** The main job on networks of others, in outside tools: every output beat and every cycle count. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerifyRun } from "@nirkit/backend";
import { describe, expect, test } from "vitest";
import { deep, hasData, hasIcarus, hasVerilator, recorded } from "./materials.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

/** Quantizes and compiles a recorded network into the folder `build` of a fresh folder. */
async function deployed(model: string, flags: string): Promise<string> {
  const cwd = scratch();
  await run(["quantize", join(recorded, model), ...line(`${flags} -o q.nir --quiet`)], { cwd });
  const { code, stderr } = await run(line("compile q.nir --target fpga -o build --quiet"), { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return cwd;
}

describe.skipIf(!hasData)("digits_mlp at 8 bit", () => {
  const data = join(recorded, "digits_test_xy.npz");

  test.skipIf(!(hasVerilator && hasIcarus))(
    "270 streams in Verilator and 5 in Icarus equal the golden network in every beat and cycle",
    async () => {
      const cwd = await deployed("digits_mlp.nir", "--scheme uniform:8 --dt 1e-3");
      const { code, json } = await run(
        ["verify", "build", "--data", data, "--tools", "verilator,icarus", "--json"],
        { cwd },
      );
      expect(code).toBe(0);
      const runs: readonly VerifyRun[] = json().runs;
      expect(runs.map(({ engine, ok, samples }) => ({ engine, ok, samples }))).toEqual([
        { engine: "load", ok: true, samples: 270 },
        { engine: "verilator", ok: true, samples: 270 },
        { engine: "icarus", ok: true, samples: 5 },
      ]);
      const evaluated = await run(
        ["evaluate", "q.nir", "--data", data, "--engine", "fpga", "--counts", "--json"],
        { cwd },
      );
      const integer = await run(
        ["evaluate", "q.nir", "--data", data, "--engine", "integer", "--counts", "--json"],
        { cwd },
      );
      expect(evaluated.json().counts).toEqual(integer.json().counts);
      expect(evaluated.json().correct).toBeGreaterThanOrEqual(261);
    },
    180_000,
  );

  test("one flipped weight bit: exit code 1, and layer, step and neuron are named", async () => {
    const cwd = await deployed("digits_mlp.nir", "--scheme uniform:4 --per-channel --dt 1e-3");
    const path = join(cwd, "build/mem/lif1_w.mem");
    const lines = readFileSync(path, "utf8").split("\n");
    const words = lines.flatMap((text, k) => (/^[0-9a-f]+$/.test(text) ? [k] : []));
    const at = words[Math.floor(words.length / 2)] ?? 0;
    const word = lines[at] ?? "";
    lines[at] = (Number.parseInt(word.slice(0, 1), 16) ^ 1).toString(16) + word.slice(1);
    writeFileSync(path, lines.join("\n"));
    const { code, json } = await run(["verify", "build", "--data", data, "--json"], { cwd });
    expect(code).toBe(1);
    expect(json().mismatch).toMatchObject({
      layer: "lif1",
      step: expect.any(Number),
      neuron: expect.any(Number),
      expected: expect.any(Number),
      got: expect.any(Number),
    });
  });
});

describe.skipIf(!hasData)("the recurrent CubaLIF of braille_noDelay_noBias_subtract", () => {
  test.skipIf(!hasVerilator)(
    "is emitted and equal in Verilator on the recovered sample, with subtract reset",
    async () => {
      const sample = join(recorded, "braille_noDelay_noBias_subtract_sample0.npz");
      const flags = "--scheme uniform:8 --dialect nir-euler+subtract --dt 1e-4";
      const cwd = await deployed("braille_noDelay_noBias_subtract.nir", flags);
      const { code, json } = await run(
        ["verify", "build", "--data", sample, "--tools", "verilator", "--json"],
        { cwd },
      );
      expect(code).toBe(0);
      expect(json().runs).toMatchObject([
        { engine: "load", ok: true },
        { engine: "verilator", ok: true, samples: 1 },
      ]);
      expect(json().runs[1].beats).toBeGreaterThan(256);
    },
    120_000,
  );
});

describe.skipIf(!(deep && hasData && hasVerilator && hasIcarus))("the full matrix", () => {
  const cases = [
    ["digits_mlp.nir", "digits_test_xy.npz", "--scheme uniform:4 --per-channel --dt 1e-3"],
    ["digits_mlp.nir", "digits_test_xy.npz", "--scheme uniform:8 --dialect nir-euler+subtract --dt 1e-3"],
    ["digits_mlp.nir", "digits_test_xy.npz", "--scheme uniform:2 --per-channel --dialect nir-exp --dt 1e-3"],
    [
      "braille_noDelay_bias_zero.nir",
      "braille_noDelay_bias_zero_sample0.npz",
      "--scheme uniform:8 --dt 1e-4",
    ],
    [
      "braille_noDelay_noBias_subtract.nir",
      "braille_noDelay_noBias_subtract_synth.npz",
      "--scheme uniform:6 --dt 1e-4",
    ],
  ] as const;
  test.each(cases)(
    "%s with %s, quantized with %s, equals the golden network in both tools",
    async (model, data, flags) => {
      const cwd = await deployed(model, flags);
      const { code, stdout } = await run(["verify", "build", "--data", join(recorded, data)], { cwd });
      expect(stdout).toContain("verified: build");
      expect(code).toBe(0);
    },
    300_000,
  );
});
