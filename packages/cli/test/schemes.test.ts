/** Every scheme, membrane and override that `quantize` takes by name. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { type QuantizedView, readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { hasData, nirFiles, recorded } from "./materials.ts";
import { smallFolder, smallNetwork } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

/** The small network with thresholds that two levels reach: 1 and 1. */
async function coarseFolder(): Promise<string> {
  const net = smallNetwork();
  const raised = ["hidden", "classes"].map((name) => {
    const node = net.node(name);
    if (node.type !== "LIF") throw new Error(`${name} is a LIF`);
    const ones = new Array<number>(node.vThreshold.data.length).fill(1);
    return [name, { ...node, vThreshold: tensor("float32", node.vThreshold.shape, ones) }] as const;
  });
  return smallFolder(net.with({ setNodes: raised }));
}

async function viewOf(path: string): Promise<QuantizedView> {
  return readQuantized((await readNir(readFileSync(path))).graph);
}

describe("schemes by name", () => {
  test.each([
    ["uniform:16", "uniform", 16],
    ["ternary", "ternary", 2],
    ["ternary:2", "ternary", 2],
    ["binary", "binary", 1],
    ["dorefa:4", "dorefa", 4],
    ["duq:4", "duq", 4],
    ["sigmoid-steps:3", "sigmoid-steps", 3],
    ["sigmoidSteps:3", "sigmoid-steps", 3],
    ["plus-minus:2", "plus-minus", 2],
    ["plusMinus:2", "plus-minus", 2],
    ["pot:4", "pot", 4],
    ["apot:4", "apot", 4],
    ["deepshift:5", "deepshift", 5],
    ["deepShift:5", "deepshift", 5],
    ["mint:4", "mint", 4],
  ])("--scheme %s annotates %s with %i bits, and its integers run", async (scheme, name, bits) => {
    const cwd = await coarseFolder();
    const { code, stderr } = await run(line(`quantize net.nir --scheme ${scheme} --dt 1 -o q.nir --quiet`), {
      cwd,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await viewOf(join(cwd, "q.nir"))).weights.get("fc1")?.weight).toMatchObject({
      scheme: name,
      bits,
    });
    const ran = await run(line("evaluate q.nir --data data.npz --engine integer --json"), { cwd });
    expect(ran.json()).toMatchObject({ samples: 4 });
  });

  test.each(["sbit:8", "slots"])("--scheme %s quantizes", async (scheme) => {
    const cwd = await smallFolder();
    expect((await run(line(`quantize net.nir --scheme ${scheme} --dt 1 -o q.nir`), { cwd })).code).toBe(0);
  });

  test("an unknown scheme is refused with all thirteen that there are", async () => {
    const { code, stderr } = await run(line("quantize net.nir --scheme poz:4 --dt 1 -o q.nir"));
    expect(code).toBe(2);
    expect(stderr).toContain(
      "uniform, ternary, binary, dorefa, duq, sigmoid-steps, plus-minus, pot, apot, sbit, slots, deepshift, mint",
    );
  });

  test("ternary:5 is refused: it has 2 bits", async () => {
    const { code, stderr } = await run(line("quantize net.nir --scheme ternary:5 --dt 1 -o q.nir"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/E_USAGE --bits: .*2/);
  });

  test("a parameter of pot is a flag from its schema", async () => {
    const cwd = await smallFolder();
    const flags = "--scheme pot:4 --layout nozero --dt 1 -o q.nir --json";
    const { json } = await run(line(`quantize net.nir ${flags}`), { cwd });
    expect(json()).toMatchObject({ scheme: "pot", params: { bits: 4, layout: "nozero" } });
  });
});

describe("membranes", () => {
  test("--membrane 4 stores 4 bits: at most 16 levels", async () => {
    const cwd = await smallFolder();
    const { json } = await run(
      line("quantize net.nir --scheme uniform:8 --membrane 4 --dt 1 -o q.nir --json"),
      { cwd },
    );
    expect(json().neurons).toMatchObject([{ storedBits: 4 }, { storedBits: 4 }]);
    const levels = (await viewOf(join(cwd, "q.nir"))).neurons.get("hidden")?.arithmetic.stateLevels;
    expect(levels?.length).toBe(16);
  });

  test("--membrane im-snn:-1 stores -Theta, 0 and Theta; the table has the column stored", async () => {
    const cwd = await smallFolder();
    const { stdout } = await run(
      line("quantize net.nir --scheme uniform:8 --membrane im-snn:-1 --dt 1 -o q.nir"),
      { cwd },
    );
    expect(stdout).toMatch(/state bits +stored/);
    expect((await viewOf(join(cwd, "q.nir"))).neurons.get("hidden")?.arithmetic.stateLevels?.length).toBe(3);
  });

  test("--membrane 24 is a state of 24 bits", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:8 --membrane 24 --dt 1 -o q.nir"), { cwd });
    expect((await viewOf(join(cwd, "q.nir"))).neurons.get("hidden")?.arithmetic.stateBits).toBe(24);
  });

  test.each(["1", "33", "8x", "mint", "im-snn:2", "im-snn:-1:2"])(
    "--membrane %s is wrong usage, before anything is read",
    async (word) => {
      const { code, stderr } = await run(
        line(`quantize gone.nir --scheme uniform:8 --membrane ${word} --dt 1 -o q.nir`),
      );
      expect(code).toBe(2);
      expect(stderr).toContain("E_USAGE --membrane");
    },
  );
});

describe("--node PATTERN=WHAT", () => {
  test("fc1 in pot:4, fc2 in 6 bits per channel, one membrane of 4 bits; later ones win", async () => {
    const cwd = await smallFolder();
    const flags = ["--node", "fc*=pot:4", "--node", "fc2=uniform:6+axis=0", "--node", "classes=membrane=4"];
    const { code, json } = await run(
      ["quantize", "net.nir", ...line("--scheme uniform:8 --dt 1 -o q.nir --json"), ...flags],
      { cwd },
    );
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      weights: [
        { path: "fc1", scheme: "pot", bits: 4 },
        { path: "fc2", scheme: "uniform", bits: 6, axis: 0 },
      ],
      neurons: [{ path: "hidden" }, { path: "classes", storedBits: 4 }],
    });
    expect(json().neurons[0].storedBits).toBeGreaterThan(4);
  });

  test.each([
    ["zzz=bits=4", 1, "E_BAD_OPTION"],
    ["fc1", 2, "Has no form PATTERN=WHAT"],
    ["fc1=bitz=4", 2, "Scheme uniform has no parameter bitz"],
    ["fc1=nowhere:4", 2, "E_PLUGIN_NOT_FOUND"],
    ["hidden=state-bits=two", 2, "state-bits has to be a whole number"],
  ])("--node %s: exit code %i, %s", async (what, exit, words) => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(
      ["quantize", "net.nir", ...line("--scheme uniform:8 --dt 1 -o q.nir --node"), what],
      { cwd },
    );
    expect(stderr).toContain(words);
    expect(code).toBe(exit);
    expect(existsSync(join(cwd, "q.nir"))).toBe(false);
  });
});

describe("calibration", () => {
  test("--search percentile prints percentile, factor, rates and cosine; labels give the accuracy", async () => {
    const cwd = await smallFolder();
    const flags =
      "--scheme uniform:4 --dt 1 --calibrate data.npz --search percentile --second-order -o q.nir";
    const { code, stdout } = await run(line(`quantize net.nir ${flags}`), { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^weights .*alpha .*SQNR dB +clipped +zero +percentile$/m);
    expect(stdout).toMatch(/^neurons .*factor .*rate +cosine/m);
    expect(stdout).toMatch(/^hidden .*\d\.\d{4} -> \d\.\d{4}/m);
    expect(stdout).toContain("accuracy on the 4 calibration samples");
  });

  test.each(["--search percentile", "--second-order"])(
    "%s without --calibrate is wrong usage",
    async (flag) => {
      const { code, stderr } = await run(line(`quantize net.nir --scheme uniform:8 --dt 1 ${flag} -o q.nir`));
      expect(code).toBe(2);
      expect(stderr).toContain(`E_USAGE ${flag}: Needs samples`);
    },
  );

  test("a label of a dialect may carry the step: nir-euler@dt=1 needs no --dt, and contradicts another", async () => {
    const cwd = await smallFolder();
    const base = "quantize net.nir --scheme uniform:8 --dialect nir-euler@dt=1 -o q.nir --json";
    expect((await run(line(base), { cwd })).json()).toMatchObject({ dt: 1 });
    const twice = await run(line(`${base} --force --dt 2`), { cwd });
    expect(twice.code).toBe(2);
    expect(twice.json().diagnostics[0].message).toContain("Contradicts --dialect");
  });

  test.skipIf(!hasData)(
    "cnn_sinabs: counts above 1 give the input its width, and 3 of 3 are right in integers",
    async () => {
      const cwd = scratch();
      const data = join(nirFiles, "../events/nmnist/test_xy.npz");
      const flags = "--scheme uniform:8 --dialect nir-euler+subtract --dt 1 --limit 1 -o q.nir --calibrate";
      const { code } = await run(["quantize", join(recorded, "cnn_sinabs.nir"), ...line(flags), data], {
        cwd,
      });
      expect(code).toBe(0);
      expect((await viewOf(join(cwd, "q.nir"))).inputs.get("input")?.bits).toBeGreaterThan(1);
      const evaluated = await run(
        ["evaluate", "q.nir", ...line("--engine integer --limit 3 --json --data"), data],
        { cwd },
      );
      expect(evaluated.json()).toMatchObject({ samples: 3, correct: 3 });
    },
    30_000,
  );
});
