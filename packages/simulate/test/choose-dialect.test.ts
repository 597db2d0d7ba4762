import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { chooseDialect, dialects } from "../src/index.ts";
import { hasTraces, readGraph, whySkipped } from "./reference-data.ts";

const lif = (name: string, tau: number, r: number, metadata = new Map<string, string>()): NirGraph =>
  graph({ metadata }).input("in", [1]).lif(name, { tau, r, vThreshold: 1 }).output("out").build();

describe("chooseDialect", () => {
  test.each<[string, NirGraph, string, number | undefined]>([
    ["r = tau/1e-4 and v_leak 0 as snnTorch writes", lif("n", 1e-3, 10), "snntorch", 1e-4],
    ["r = tau/dt for another dt: nobody's habit, but the dt shows", lif("n", 5e-3, 5), "nir-euler", 1e-3],
    ["r = tau exp(-dt/tau)/dt as Rockpool writes", lif("n", 2.5e-3, 24.0197), "rockpool", 1e-4],
    ["Rockpool's names", lif("1_LIFTorch", 2.5e-3, 24.0197), "rockpool", 1e-4],
    ["r 1, seconds and numbers for names as Norse writes", lif("0", 2.5e-3, 1), "norse", undefined],
    ["nothing", lif("hidden", 2.5e-3, 1), "nir-euler", undefined],
    ["tau in steps", lif("hidden", 9.5, 1), "nir-euler", 1],
    [
      "a name in the metadata goes first",
      lif("0", 2.5e-3, 1, new Map([["framework", "Spyx 0.1"]])),
      "spyx",
      undefined,
    ],
    [
      "other metadata does not count",
      lif("0", 2.5e-3, 1, new Map([["comment", "not for Spyx"]])),
      "norse",
      undefined,
    ],
  ])("%s", (_, network, dialect, dt) => {
    const choice = chooseDialect(network);
    expect([choice.dialect, choice.dt]).toEqual([dialect, dt]);
    expect(dialects.has(choice.dialect)).toBe(true);
    expect(choice.reasons.length).toBeGreaterThan(0);
  });

  test("SpikingJelly writes r = 1/dt on IF; what speaks against a choice is told too", () => {
    const network = graph().input("in", [1]).if("n", { r: 1e4, vThreshold: 1 }).output("out").build();
    expect(chooseDialect(network)).toMatchObject({ dialect: "spikingjelly", dt: 1e-4 });
    const both = chooseDialect(lif("0", 2.5e-3, 1, new Map([["tool", "snnTorch"]])));
    expect(both.dialect).toBe("snntorch");
    expect(both.reasons.join("\n")).toMatch(/Against it, for norse/);
  });

  test("Nengo writes int64 r beside float64 tau", () => {
    const node = {
      tau: tensor("float64", [1], [0.02]),
      r: tensor("int64", [1], [1n] as never),
      vThreshold: 1,
    };
    const network = graph().input("in", [1]).lif("n", node).output("out").build();
    expect(chooseDialect(network).dialect).toBe("nengo");
  });

  test("an annotation decides", () => {
    const choice = chooseDialect(lif("0", 2.5e-3, 1), { annotated: "nir-exp+subtract" });
    expect(choice).toEqual({ dialect: "nir-exp+subtract", reasons: [expect.stringMatching(/quantized/)] });
  });

  test.skipIf(!hasTraces).each([
    ["real/lif_norse.nir", "norse", undefined],
    ["real/braille_noDelay_bias_zero.nir", "snntorch", 1e-4],
    ["real/cnn_sinabs.nir", "sinabs", 1],
    ["real/digits_mlp.nir", "nir-euler", 1e-3],
  ])(`%s was made for %s${whySkipped}`, async (path, dialect, dt) => {
    const choice = chooseDialect(await readGraph(path));
    expect([choice.dialect, choice.dt]).toEqual([dialect, dt]);
  });
});
