/** Numbers worked by hand and checked against a float64 oracle; dt 1 throughout, tolerance 1e-5 for their printing. */
import { graph, type NirGraph, type Tensor, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { type Dialect, type Precision, parseDialect, simulate } from "../src/index.ts";

const x = [0, 3, 3, 0, 3, 3, 3, 0, 0, 3];
const c = [1, 0, 0, 1, 1, 0, 0, 0, 1, 0];
const f = [0.5, 0.5, 0.5, 1, 2.5, -3, 0.25, 0.75, 1, 0.5];

function run(
  network: NirGraph,
  input: readonly number[],
  dialect: string | Dialect,
  precision: Precision = "f64",
) {
  const source = new Map([["in", tensor("float32", [input.length, 1], input)]]);
  const record = { nodes: ["n"], signals: ["out", "v", "vpre", "i"] } as const;
  const { records } = simulate(network, source, { dialect, dt: 1, precision, record });
  return (signal: string): number[] => Array.from((records.get(`n/${signal}`) as Tensor<"float64">).data);
}

function close(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(1e-5);
}

const lif = graph().input("in", [1]).lif("n", { tau: 4, r: 1, vThreshold: 1 }).output("out").build();
const cuba = graph()
  .input("in", [1])
  .cubaLif("n", { tauSyn: 2, tauMem: 4, r: 4, wIn: 2, vThreshold: 1 })
  .output("out")
  .build();
const iff = graph().input("in", [1]).if("n", { r: 1, vThreshold: 1 }).output("out").build();

describe.each<Precision>(["f32", "f64"])("in %s", (precision) => {
  test.each<[string, number[], number[]]>([
    [
      "nir-euler",
      [0, 0.75, 1.3125, 0, 0.75, 1.3125, 0.75, 0.5625, 0.421875, 1.066406],
      [0, 0, 1, 0, 0, 1, 0, 0, 0, 1],
    ],
    [
      "nir-exp",
      [0, 0.663598, 1.180408, 0, 0.663598, 1.180408, 0.663598, 0.51681, 0.402492, 0.977059],
      [0, 0, 1, 0, 0, 1, 0, 0, 0, 0],
    ],
    [
      "nir-euler+subtract",
      [0, 0.75, 1.3125, 0.234375, 0.925781, 1.444336, 1.083252, 0.062439, 0.046829, 0.785122],
      [0, 0, 1, 0, 0, 1, 1, 0, 0, 0],
    ],
  ])("LIF tau 4, r 1, threshold 1 on X: %s", (dialect, vpre, spikes) => {
    const signal = run(lif, x, dialect, precision);
    close(signal("vpre"), vpre);
    expect(signal("out")).toEqual(spikes);
  });

  test("LIF in spyx puts out what the step before left: spikes 3 and 6", () => {
    const signal = run(lif, x, "spyx", precision);
    const v = [0, 0.75, 1.3125, -0.015625, 0.738281, 1.303711, 0.727783, 0.545837, 0.409378, 1.057034];
    close(signal("v"), v);
    expect(signal("out")).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
  });

  test("LIF in sinabs on X/2 fires twice in step 4", () => {
    const signal = run(
      lif,
      x.map((value) => value / 2),
      "sinabs",
      precision,
    );
    close(
      signal("vpre"),
      [0, 1.5, 1.8894, 0.692666, 2.039449, 1.530723, 1.913327, 0.7113, 0.553961, 1.931425],
    );
    expect(signal("out")).toEqual([0, 1, 1, 0, 2, 1, 1, 0, 0, 1]);
  });

  test("a residual above the threshold in snntorch is drained before the test and given back: v* -.132812, v .867188", () => {
    const signal = run(lif, [6, 6, 6, 0, 0, 0, 6, 0, 0, 0], "snntorch+subtract", precision);
    close(signal("vpre").slice(0, 5), [1.5, 1.875, 2.15625, -0.132812, 0.650391]);
    close(signal("v").slice(0, 4), [0.5, 0.875, 1.15625, 0.867188]);
    expect(signal("out")).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
  });

  test("LIF with v_leak .5, r 2 and v_reset -.5 on X", () => {
    const node = { tau: 4, r: 2, vLeak: 0.5, vThreshold: 1, vReset: -0.5 };
    const signal = run(
      graph().input("in", [1]).lif("n", node).output("out").build(),
      x,
      "nir-euler",
      precision,
    );
    close(signal("vpre"), [0.125, 1.71875, 1.25, -0.25, 1.4375, 1.25, 1.25, -0.25, -0.0625, 1.578125]);
    expect(signal("out")).toEqual([0, 1, 1, 0, 1, 1, 1, 0, 0, 1]);
  });

  test("a residual above the threshold after a subtraction fires again", () => {
    const signal = run(lif, [6, 6, 6, 0, 0, 0, 6, 0, 0, 0], "nir-euler+subtract", precision);
    close(
      signal("vpre"),
      [1.5, 1.875, 2.15625, 0.867188, 0.650391, 0.487793, 1.865845, 0.649384, 0.487038, 0.365278],
    );
    close(signal("v").slice(0, 4), [0.5, 0.875, 1.15625, 0.867188]);
    expect(signal("out")).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
  });

  test.each<[string, number[], number[]]>([
    [
      "nir-euler",
      [1, 1.25, 0.25, 1.3125, 1.5625, 0.78125, 0.976562, 0.927734, 1.793457, 0.548828],
      [0, 1, 0, 1, 1, 0, 0, 0, 1, 0],
    ],
    [
      "nir-euler+old",
      [0, 1, 1.25, 0.25, 1.3125, 1.5625, 0.78125, 0.976562, 0.927734, 1.793457],
      [0, 0, 1, 0, 1, 1, 0, 0, 0, 1],
    ],
    [
      "nir-exp",
      [0.696281, 0.96458, 1.007363, 0.851642, 1.876088, 0.735617, 1.019074, 0.270618, 1.071177, 0.521871],
      [0, 0, 1, 0, 1, 0, 1, 0, 1, 0],
    ],
    [
      "rockpool",
      [0.606531, 0.840246, 0.877514, 1.425275, 1.387699, 0.942737, 1.122867, 0.331425, 1.007626, 0.460541],
      [0, 0, 0, 1, 1, 0, 1, 0, 1, 0],
    ],
  ])("CubaLIF tau_syn 2, tau_mem 4, r 4, w_in 2 on C: %s", (dialect, vpre, spikes) => {
    const signal = run(cuba, c, dialect, precision);
    close(signal("vpre"), vpre);
    expect(signal("out")).toEqual(spikes);
    if (dialect.startsWith("nir-euler"))
      close(signal("i"), [1, 0.5, 0.25, 1.125, 1.5625, 0.78125, 0.390625, 0.195312, 1.097656, 0.548828]);
  });

  test.each<[string, number[], number[]]>([
    ["nir-euler", [0.5, 1, 1.5, 1, 3.5, -3, -2.75, -2, -1, -0.5], [0, 0, 1, 0, 1, 0, 0, 0, 0, 0]],
    ["nir-euler+subtract", [0.5, 1, 1.5, 1.5, 3, -1, -0.75, 0, 1, 1.5], [0, 0, 1, 1, 1, 0, 0, 0, 0, 1]],
  ])("IF r 1, threshold 1 on F: %s (1.0 does not exceed 1)", (dialect, vpre, spikes) => {
    const signal = run(iff, f, dialect, precision);
    expect(signal("vpre")).toEqual(vpre); // dyadic numbers: exact
    expect(signal("out")).toEqual(spikes);
  });

  test("IF on F in sinabs fires three times in step 4 and is held at -1 below", () => {
    const signal = run(iff, f, "sinabs", precision);
    expect(signal("vpre")).toEqual([0.5, 1, 0.5, 1.5, 3, -3, -0.75, 0, 1, 0.5]);
    expect(signal("out")).toEqual([0, 1, 0, 1, 3, 0, 0, 0, 1, 0]);
    expect(signal("v")).toEqual([0.5, 0, 0.5, 0.5, 0, -1, -0.75, 0, 0, 0.5]);
  });

  test("IF on F: spikingjelly fires at equality, spyx one step late, an imported snnTorch IF decays by .9", () => {
    expect(run(iff, f, "spikingjelly", precision)("out")).toEqual([0, 1, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect(run(iff, f, "spyx", precision)("out")).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0]);
    const v = [0.5, 0.95, 1.355, 1, 3.4, -3, -2.45, -1.455, -0.3095, 0.22145];
    close(run(iff, f, "snntorch", precision)("vpre"), v);
  });

  test("IF on F fires at equality with compare ge, and never resets with reset none", () => {
    const euler = parseDialect("nir-euler");
    expect(run(iff, f, { ...euler, compare: "ge" }, precision)("out")).toEqual([
      0, 1, 0, 1, 1, 0, 0, 0, 0, 0,
    ]);
    expect(run(iff, f.slice(0, 4), { ...euler, reset: "none" }, precision)("v")).toEqual([0.5, 1, 1.5, 2.5]);
  });

  test.each<[string, number[]]>([
    [
      "nir-euler",
      [0.125, 1.71875, 2.914062, 2.310547, 3.35791, 4.143433, 4.732574, 3.674431, 2.880823, 3.785617],
    ],
    [
      "nir-exp",
      [0.1106, 1.52393, 2.624633, 2.154666, 3.11585, 3.864421, 4.447409, 3.574246, 2.894225, 3.691819],
    ],
  ])("LI tau 4, r 2, v_leak .5 on X: %s", (dialect, v) => {
    const network = graph().input("in", [1]).li("n", { tau: 4, r: 2, vLeak: 0.5 }).output("out").build();
    close(run(network, x, dialect, precision)("out"), v);
  });

  test("CubaLI tau_syn 2, tau_mem 4, r 4, w_in 2 on C", () => {
    const network = graph()
      .input("in", [1])
      .cubaLi("n", { tauSyn: 2, tauMem: 4, r: 4, wIn: 2 })
      .output("out")
      .build();
    const v = [1, 1.25, 1.1875, 2.015625, 3.074219, 3.086914, 2.705811, 2.22467, 2.766159, 2.623448];
    close(run(network, c, "nir-euler", precision)("out"), v);
  });

  test("I with r .5 on X integrates 0, 1.5, 3, 3, 4.5, …", () => {
    const network = graph().input("in", [1]).i("n", { r: 0.5 }).output("out").build();
    expect(run(network, x, "nir-euler", precision)("v")).toEqual([0, 1.5, 3, 3, 4.5, 6, 7.5, 7.5, 7.5, 9]);
  });
});

test("IF gain: with dt .5 and r 3 one unit of input adds 1.5 (dt), 1 (step) or 3 (stepR)", () => {
  const network = graph().input("in", [1]).if("n", { r: 3, vThreshold: 100 }).output("out").build();
  const last = (ifGain: Dialect["ifGain"]): number => {
    const options = { dialect: { ...parseDialect("nir-euler"), ifGain }, dt: 0.5 };
    const record = { nodes: ["n"], signals: ["v"] } as const;
    const trace = simulate(network, new Map([["in", tensor("int8", [2, 1], [1, 1])]]), {
      ...options,
      record,
    });
    return Number(trace.records.get("n/v")?.data[1]);
  };
  expect([last("dt"), last("step"), last("stepR")]).toEqual([3, 2, 6]);
});
