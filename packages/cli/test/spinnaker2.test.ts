/** From a network to SpiNNaker2 on the command line: compile, verify, evaluate. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasData, recorded } from "./materials.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

async function quantizedDigits(): Promise<string> {
  const cwd = scratch();
  const flags = "--scheme uniform --preset spinnaker2 --dt 1e-3 -o q.nir --quiet";
  const { code, stderr } = await run(["quantize", join(recorded, "digits_mlp.nir"), ...line(flags)], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return cwd;
}

describe.skipIf(!hasData)("digits_mlp on SpiNNaker2", () => {
  const data = join(recorded, "digits_test_xy.npz");

  test("compiles, verifies on 40 samples, and 265 of 270 are right on the simulated chip", async () => {
    const cwd = await quantizedDigits();
    const compiled = await run(
      line("compile q.nir --target spinnaker2 -o build --steps 18 --atoms lif1=48"),
      { cwd },
    );
    expect(compiled.code).toBe(0);
    expect(compiled.stdout).toMatch(/run_s2.py/);
    const { mapping } = JSON.parse(readFileSync(join(cwd, "build/deployment.json"), "utf8"));
    expect(mapping.schema).toBe("nirkit-s2-mapping/1");
    expect(mapping.populations.map((p: { slices: unknown[] }) => p.slices.length)).toEqual([1, 2, 1]);
    const verified = await run(["verify", "build", "--data", data, "--limit", "40", "--json"], { cwd });
    expect(verified.json().runs).toMatchObject([{ engine: "load", ok: true, samples: 40 }]);
    const evaluated = await run(["evaluate", "q.nir", "--data", data, "--engine", "spinnaker2", "--json"], {
      cwd,
    });
    expect(evaluated.json()).toMatchObject({ engine: "spinnaker2", samples: 270, correct: 265 });
  }, 60_000);

  test("flipped signs in an image: exit code 1, and layer, step and neuron are named", async () => {
    const cwd = await quantizedDigits();
    await run(line("compile q.nir --target spinnaker2 -o build --quiet"), { cwd });
    const mapping = JSON.parse(readFileSync(join(cwd, "build/mapping.json"), "utf8"));
    const regions = mapping.populations[1].slices[0].regions as { name: string; address: number }[];
    const address = (name: string): number => regions.find((region) => region.name === name)?.address ?? 0;
    const path = join(cwd, "build/images/pe_0_2.bin");
    const bytes = readFileSync(path);
    const first = address("synapses") - address("parameters");
    // Padding has no weight whose sign could be another.
    for (let k = first + 1; k < first + 2 * 96 * 8; k += 2)
      if ((bytes[k] ?? 0) > 1) bytes[k] = (bytes[k] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const verify = ["verify", "build", "--data", data, "--limit", "5", "--json"];
    const { code, json } = await run(verify, { cwd });
    expect(code).toBe(1);
    expect(json()).toMatchObject({
      ok: false,
      mismatch: { layer: "lif1", step: 1, signal: "vpre" },
    });
    const key = address("source table") - address("parameters") + 1;
    bytes[key] = (bytes[key] ?? 0) ^ 8;
    writeFileSync(path, bytes);
    const damaged = await run(verify, { cwd });
    expect(damaged.code).toBe(1);
    expect(damaged.json()).toMatchObject({ ok: false });
    expect(damaged.stdout).toMatch(/E_S2_ARTEFACT[\s\S]*pe_0_2\.bin[\s\S]*in source table/);
  }, 60_000);

  test("a refusal has exit code 1 and writes nothing; --help lists the target's options for evaluate too", async () => {
    const cwd = await quantizedDigits();
    const { code, stderr } = await run(
      line("compile q.nir --target spinnaker2 -o build --max-atoms 1 --quiet"),
      { cwd },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_S2_TOO_MANY_PES network: 170 slices, 148 PEs: input 64, lif1 96, lif2 10/);
    expect(existsSync(join(cwd, "build"))).toBe(false);
    const help = await run(line("evaluate --engine spinnaker2 --help"), { cwd });
    expect(help.stdout).toMatch(/--encode <text>/);
  }, 60_000);
});
