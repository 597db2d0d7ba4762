/** What the page on FPGAs computes, without the page. */
import { graph, type NirGraph, NirkitError } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { philox } from "@nirkit/integer";
import { writeNpz } from "@nirkit/npy";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { compileDesign, type DesignChoices, openNetwork, readSamples } from "../live/compile-design.ts";

const choices: DesignChoices = {
  scheme: "pot",
  bits: 4,
  perChannel: false,
  dt: 1,
  reset: "value",
  inputBits: undefined,
  board: "kv260",
  lanes: 2,
  seed: 1,
};

function network(): NirGraph {
  const random = philox(1, "network");
  const weight = Array.from({ length: 5 }, () => Array.from({ length: 6 }, () => random.normal()));
  return graph()
    .input("in", [6])
    .linear("fc", { weight })
    .lif("lif", { tau: 5, r: 5, vThreshold: 1 })
    .output("out")
    .build();
}

/** 12 samples of 8 steps: numbers between 0 and 0.7, classes 0 to 2. */
function pixels(features = 6): Uint8Array {
  const random = philox(2, "pixels");
  const data = Float32Array.from({ length: 12 * 8 * features }, () => 0.7 * random.uniform());
  const labels = BigInt64Array.from({ length: 12 }, (_, k) => BigInt(k % 3));
  return writeNpz(
    new Map([
      ["x", { dtype: "float32", shape: [12, 8, features], data } as const],
      ["y", { dtype: "int64", shape: [12], data: labels } as const],
    ]),
  );
}

describe("a network in the page", () => {
  test("spikes: two random samples, equal to the golden network; the same choices give the same archive", async () => {
    const opened = await openNetwork(await writeNir(network()));
    const [first, second] = [await compileDesign(opened, choices), await compileDesign(opened, choices)];
    expect(first.samples.map(({ equal }) => equal)).toEqual([true, true]);
    expect(first.samples.every(({ cycles }) => cycles > 16)).toBe(true);
    expect(first.zip).toEqual(second.zip);
    expect(Object.keys(unzipSync(first.zip))).toEqual(first.files.map(({ path }) => path));
    expect(first.scheme).toBe("pot");
  });

  test.each(["pot", "uniform"] as const)(
    "%s: pixels in 8 bits, 10 of 12 samples simulated, all equal",
    async (scheme) => {
      const opened = await openNetwork(await writeNir(network()));
      const samples = readSamples(pixels(), opened.graph as NirGraph, 64);
      expect(samples).toHaveLength(12);
      const made = await compileDesign(opened, { ...choices, scheme, inputBits: 8 }, samples);
      expect(made.samples).toHaveLength(10);
      expect(made.samples.every(({ equal }) => equal)).toBe(true);
      expect(made.samples.map(({ label }) => label).slice(0, 4)).toEqual([0, 1, 2, 0]);
      expect(made.samples.some(({ counts }) => counts.some((count) => count > 0))).toBe(true);
    },
  );

  test("numbers without a width, and samples of another shape, are refused by code", async () => {
    const opened = await openNetwork(await writeNir(network()));
    const samples = readSamples(pixels(), opened.graph as NirGraph, 64);
    await expect(compileDesign(opened, choices, samples)).rejects.toThrow("E_INPUT_NOT_INTEGER");
    expect(() => readSamples(pixels(5), opened.graph as NirGraph, 64)).toThrow(NirkitError);
    expect(() => readSamples(pixels(5), opened.graph as NirGraph, 64)).toThrow(
      "[12, 8, 5], expected [samples, steps, 6]",
    );
  });
});
