import { graph, type NirGraph, type SpikeInput, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { compareDialects, parseDialect } from "../src/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";
import { entry, hasTraces, readArrays, readGraph, whySkipped } from "./reference-data.ts";

const one = (values: readonly number[]): SpikeInput =>
  new Map([["in", tensor("float32", [values.length, 1], values)]]);
const x = [0, 3, 3, 0, 3, 3, 3, 0, 0, 3];
const lif = graph().input("in", [1]).lif("n", { tau: 4, r: 1, vThreshold: 1 }).output("out").build();
const options = (network: NirGraph, a: string, b: string, input: SpikeInput, dt = 1) => {
  const [found] = compareDialects(network, [a, b], input, { dt });
  return { ...found, names: found?.causes.map((set) => set.map(({ option }) => option)) };
};

describe("two dialects on one LIF", () => {
  test("euler and exp part in step 9, where 1.066 fires and .977 does not: the leak", () => {
    const found = options(lif, "nir-euler", "nir-exp", one(x));
    expect(found.difference).toMatchObject({ node: "n", step: 9, neuron: 0, index: [0], values: [1, 0] });
    expect(found.difference?.vpre?.map((v) => v.toFixed(3))).toEqual(["1.066", "0.977"]);
    expect(found.names).toEqual([["leak"]]);
    expect(found.causes?.[0]?.[0]?.meanings[1]).toMatch(/exp\(-dt\/tau\)/);
  });

  test("value and subtract part in step 6: the reset", () => {
    const found = options(lif, "nir-euler", "nir-euler+subtract", one(x));
    expect([found.difference?.step, found.names]).toEqual([6, [["reset"]]]);
  });

  test("euler and spyx part in step 2, where the spike comes one step later: where the spike test stands", () => {
    const found = options(lif, "nir-euler", "spyx", one(x));
    expect([found.difference?.step, found.names]).toEqual([2, [["fire"]]]);
    expect(found.options?.length).toBeGreaterThan(4);
  });

  test("a threshold that is hit exactly: only the comparison tells spikingjelly from the reference", () => {
    const iff = graph().input("in", [1]).if("n", { r: 1, vThreshold: 1 }).output("out").build();
    const found = options(iff, "nir-euler", "spikingjelly", one([0.5, 0.5, 0.5]));
    expect([found.difference?.step, found.difference?.values, found.names]).toEqual([
      1,
      [0, 1],
      [["compare"]],
    ]);
  });

  test("several spikes in one step need the comparison and the count together", () => {
    const iff = graph().input("in", [1]).if("n", { r: 1, vThreshold: 1 }).output("out").build();
    const found = options(iff, "nir-euler", "sinabs", one([2.5]));
    expect(found.difference?.values).toEqual([1, 2]);
    expect(found.names?.[0]).toEqual(expect.arrayContaining(["multiSpike", "compare"]));
    expect(found.names?.[0]).not.toContain("leak");
  });

  test("labels with two time steps part because of dt", () => {
    expect(options(lif, "nir-euler@dt=1", "nir-euler@dt=2", one(x)).names).toEqual([["dt"]]);
  });

  test("equal dialects, and dialects that differ in nothing that matters, have no difference and no cause", () => {
    const same = options(lif, "nir-euler", "nir-euler", one(x));
    expect([same.difference, same.options, same.causes]).toEqual([undefined, [], []]);
    const unused = options(lif, "nir-euler", "nir-euler+old+zero_signal", one(x));
    expect([unused.difference, unused.options?.length, unused.causes]).toEqual([undefined, 2, []]);
  });

  test("without spikes the membranes are compared", () => {
    const li = graph().input("in", [1]).li("n", { tau: 4, r: 1 }).output("out").build();
    const found = options(li, "nir-euler", "nir-exp", one(x));
    expect([found.difference?.node, found.difference?.step, found.names]).toEqual(["n", 1, [["leak"]]]);
  });
});

test("step 0 of a loop with a bias: feedbackT0 parts norse from the reference", () => {
  const found = options(
    recurrentNetwork,
    "nir-euler",
    "nir-euler+zero_signal",
    spikes(recurrentNetwork, 60),
    1e-3,
  );
  expect(found.names).toEqual([["feedbackT0"]]);
});

test("three labels are two comparisons with the first; dialects may be given as records", () => {
  const custom = { ...parseDialect("nir-euler"), name: "mine", compare: "ge" } as const;
  const found = compareDialects(lif, ["nir-euler", "nir-exp", custom], one(x), { dt: 1 });
  expect(found.map(({ labels }) => labels)).toEqual([
    ["nir-euler", "nir-exp"],
    ["nir-euler", "mine"],
  ]);
});

test.skipIf(!hasTraces)(
  `Braille: nir-euler and nir-exp part because of the leak, lava-dl because of the bias of the loop in step 0${whySkipped}`,
  async () => {
    const network = await readGraph("real/braille_noDelay_bias_zero.nir");
    const input = new Map([
      ["input", entry(readArrays("real/braille_noDelay_bias_zero_sample0.npz"), "input")],
    ]);
    const found = compareDialects(network, ["nir-euler", "nir-exp", "norse", "lava-dl"], input, { dt: 1e-4 });
    const names = found.map(({ causes }) => causes.map((set) => set.map(({ option }) => option)));
    expect(names).toEqual([[["leak"]], [["feedbackT0"]], [["feedbackT0"], ["recurrentBias"]]]);
  },
);
