import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

const study = ["compile", "net.nir", "--target", "fpga", "--compare", "pot-vs-uniform", "--dt", "1"];

describe("compile --compare pot-vs-uniform", () => {
  test("8 designs with multi-bit input: pot:4 first, ratios to it, every design and its network in the folder", async () => {
    const cwd = await smallFolder();
    const flags = ["--data", "data.npz", "--input-bits", "8", "--tools", "none", "-o", "out"];
    const { code, stdout, stderr } = await run([...study, ...flags], { cwd });
    expect(code, stderr).toBe(0);
    const report = JSON.parse(readFileSync(join(cwd, "out/comparison.json"), "utf8"));
    const labels = ["pot:4", "uniform:4", "uniform:8", "uniform:4 dsp", "uniform:8 dsp"];
    const masked = ["pot:4 masked", "uniform:4 masked", "uniform:8 masked"];
    expect(report.designs.map(({ label }: { label: string }) => label)).toEqual([...labels, ...masked]);
    expect(report.ratios).toHaveLength(7);
    expect(report.designs[0].accuracy).toBeGreaterThanOrEqual(0.75);
    expect(report.designs[5].zeroWeights).toBeGreaterThan(report.designs[0].zeroWeights);
    expect(report.files).toContain("uniform-8/model.nir");
    expect(report.files).toContain("pot-4/rtl/snn_top.v");
    expect(stdout).toContain("not this FPGA");
  });

  test("spikes: 6 designs, none with DSP blocks, and no layer with multi-bit input", async () => {
    const cwd = await smallFolder();
    const flags = ["--data", "data.npz", "--tools", "none", "-o", "out", "--json"];
    const ran = await run([...study, ...flags], { cwd });
    expect(ran.code, ran.stderr).toBe(0);
    const { designs } = ran.json();
    expect(designs).toHaveLength(6);
    expect(designs[0].operations.multiBitLayers).toBe(0);
  });

  test("--sparse bitmask adds 6 designs that skip their zeros: as right, and the masked ones in fewer cycles", async () => {
    const cwd = await smallFolder();
    const flags = ["--data", "data.npz", "--sparse", "bitmask", "--pe", "1", "--tools", "none", "-o", "out"];
    const ran = await run([...study, ...flags, "--json"], { cwd });
    expect(ran.code, ran.stderr).toBe(0);
    const { designs } = ran.json();
    expect(designs).toHaveLength(12);
    for (let k = 0; k < 12; k += 2) {
      const [plain, skips] = [designs[k], designs[k + 1]];
      expect(skips.label).toBe(`${plain.label} skip`);
      expect(skips.accuracy).toBe(plain.accuracy);
      if (plain.label.includes("masked")) expect(skips.cyclesPerSample).toBeLessThan(plain.cyclesPerSample);
    }
  });

  test("--dialect nir-euler+subtract is folded into every design: the reset of its neurons subtracts", async () => {
    const cwd = await smallFolder();
    const flags = ["--dialect", "nir-euler+subtract", "--data", "data.npz", "--tools", "none", "-o", "out"];
    const { code, stderr } = await run([...study, ...flags], { cwd });
    expect(code, stderr).toBe(0);
    const manifest = JSON.parse(readFileSync(join(cwd, "out/uniform-8/manifest.json"), "utf8"));
    expect(manifest.layers.map((layer: { neuron: { reset: string } }) => layer.neuron.reset)).toEqual([
      "subtract",
      "subtract",
    ]);
  });

  test("--designs pot:4,uniform:8 compares these two alone, and refuses a name that is none", async () => {
    const cwd = await smallFolder();
    const flags = ["--data", "data.npz", "--tools", "none", "-o", "out", "--json", "--designs"];
    const { json } = await run([...study, ...flags, "pot:4,uniform:8"], { cwd });
    expect(json().designs.map(({ label }: { label: string }) => label)).toEqual(["pot:4", "uniform:8"]);
    const { code, stderr } = await run([...study, ...flags.slice(0, -2), "--designs", "pot:5"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('--designs: "pot:5" is none of this study');
  });

  test("--data takes a data set: one without files is refused by its reader", async () => {
    const cwd = await smallFolder();
    const flags = ["--data", "mnist:.", "--data-options", "part=test", "--tools", "none", "-o", "out"];
    const { code, stderr } = await run([...study, ...flags], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_DATASET_EMPTY");
  });

  test.each([
    [["--data", "data.npz", "--target", "spinnaker2"], "--compare: Is not known for spinnaker2"],
    [[], "--data: Is needed with --compare"],
  ])("%j is wrong usage", async (flags, words) => {
    const cwd = await smallFolder();
    const args = study.filter(
      (word, k) => !flags.includes("--target") || (word !== "--target" && study[k - 1] !== "--target"),
    );
    const { code, stderr } = await run([...args, ...flags, "-o", "out"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test("--bits without --compare is wrong usage", async () => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(
      ["compile", "net.nir", "--target", "fpga", "--bits", "4", "-o", "out"],
      { cwd },
    );
    expect(code).toBe(2);
    expect(stderr).toContain("Belongs to --compare");
  });
});
