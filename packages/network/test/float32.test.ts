/** Float state with integer weights: the parameters that a node becomes, and the step. */
import { graph, toFloat64 } from "@nirkit/graph";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createFloat32State,
  type Float32Neuron,
  fusedMultiplyAdd,
  lower,
  simulateNetwork,
  stepFloat32,
} from "../src/index.ts";
import { codes, quantized, spikes, twoLayers } from "./lowering-fixtures.ts";

const options = (leak: "euler" | "exp", more: UniformOptions = {}): UniformOptions => ({
  bits: 8,
  axis: null,
  dt: 1,
  nodes: "float",
  convention: { leak, compare: "ge", reset: "value", cubaOrder: "new" },
  ...more,
});

const float = (neuron: unknown): Float32Neuron => neuron as Float32Neuron;

describe("a LIF of W [[8,2,10],[14,3,14]], bias [0,8], tau 4, r 1.25, v_leak 0.5, v_threshold 5, dt 1", () => {
  const source = graph()
    .input("in", [3])
    .affine("fc", {
      weight: [
        [8, 2, 10],
        [14, 3, 14],
      ],
      bias: [0, 8],
    })
    .lif("lif", { tau: 4, r: 1.25, vLeak: 0.5, vThreshold: 5, vReset: 1 })
    .output("out")
    .build();

  test.for([
    ["euler", 0.75, 145.142857],
    ["exp", 0.7788008, 164.0408804],
  ] as const)("%s: alpha %f, threshold %f, i_offset [3.6285714, 76.2]", async ([leak, alpha, threshold]) => {
    const { graph: made } = await quantizeUniform(source, options(leak));
    const { populations, projections, latency } = lower(made, { neuron: "float32", links: "one-step" });
    const { params, stateScale, biasOffset, model } = float(populations[0]?.neuron);
    expect(projections[0]?.weights.ints).toEqual(Int8Array.of(73, 18, 91, 127, 27, 127));
    expect([model, projections[0]?.delay, latency]).toEqual(["lif", 1, 1]);
    expect(params.get("alpha_decay")?.[0]).toBeCloseTo(alpha, 6);
    expect(params.get("threshold")?.[0]).toBeCloseTo(threshold, 4);
    expect(params.get("v_reset")?.[0]).toBeCloseTo(threshold / 5, 4);
    const offset = [...(params.get("i_offset") ?? [])];
    expect(offset[0]).toBeCloseTo(3.6285714, 5);
    expect(offset[1]).toBeCloseTo(76.2, 5);
    expect(biasOffset[1]).toBeCloseTo((8 * 127) / 14, 4);
    expect(1 / (stateScale[0] ?? 0)).toBeCloseTo(threshold / 5, 4);
  });

  test("compare gt is lowered with W_FLOAT32_COMPARE: the network as lowered fires at the threshold", async () => {
    const { graph: made } = await quantizeUniform(source, {
      ...options("euler"),
      convention: { leak: "euler", compare: "gt", reset: "value", cubaOrder: "new" },
    });
    const { meta } = lower(made, { neuron: "float32" });
    expect(meta.diagnostics.map((d) => `${d.code} ${d.path}`)).toContain("W_FLOAT32_COMPARE nodes.lif");
  });
});

test("CubaLIF: dividing by k_m·r·k_s·w_in, the bias by k_s; IF: by r at any dt", async () => {
  const source = graph()
    .input("in", [1])
    .affine("fc", { weight: [[4]], bias: [1] })
    .cubaLif("cuba", { tauSyn: 2, tauMem: 4, r: 8, vLeak: 0, vThreshold: 3, vReset: 0, wIn: 0.5 })
    .linear("fc2", { weight: [[2]] })
    .if("if", { r: 2, vThreshold: 5, vReset: 0 })
    .output("out")
    .build();
  const convention = {
    leak: "euler",
    compare: "ge",
    reset: "subtract",
    cubaOrder: "new",
    ifGain: "stepR",
  } as const;
  const { graph: made } = await quantizeUniform(source, {
    ...options("euler"),
    dt: 0.5,
    thresholdMode: "round",
    convention,
  });
  const { populations } = lower(made, { neuron: "float32" });
  const cuba = float(populations[0]?.neuron);
  expect([cuba.model, cuba.reset]).toEqual(["lif_curr_exp", "subtract"]);
  // k_s = 0.25, k_m = 0.125, S = 127/4: F = S / (0.125 · 8 · 0.25 · 0.5)
  expect(cuba.params.get("threshold")?.[0]).toBeCloseTo((3 * 127) / 4 / 0.125, 3);
  expect(cuba.params.get("exc_decay")?.[0]).toBe(0.75);
  expect(cuba.params.get("inh_decay")?.[0]).toBe(0.75);
  expect(cuba.params.get("alpha_decay")?.[0]).toBe(0.875);
  expect(cuba.params.get("i_offset")?.[0]).toBeCloseTo(127 / 4 / 0.25, 4);
  const neuron = float(populations[1]?.neuron);
  expect(neuron.params.get("threshold")?.[0]).toBeCloseTo((5 * 127) / 2 / 2, 4);
  expect(neuron.params.get("alpha_decay")?.[0]).toBe(1);
});

test("an LI at the end never fires: its membrane is the output, stateScale its unit", async () => {
  const source = graph()
    .input("in", [2])
    .linear("fc", { weight: [[1, -0.5]] })
    .li("li", { tau: 4, r: 4, vLeak: 0 })
    .output("out")
    .build();
  const { graph: made } = await quantizeUniform(source, options("euler"));
  const network = lower(made, { neuron: "float32", links: "one-step" });
  const { outputs } = simulateNetwork(network, new Map([["in", spikes(2, 6)]]));
  const membrane = toFloat64(outputs.get("out") as NonNullable<ReturnType<typeof outputs.get>>);
  const port = network.outputs[0];
  // v = 0.75 v + x of the step before, x = 1·in0 − 64/127·in1 (0.5 as an integer of 127).
  const input = toFloat64(spikes(2, 6));
  let v = 0;
  const want = Array.from({ length: 6 }, (_, t) => {
    v = 0.75 * v + (t === 0 ? 0 : (input[2 * t - 2] ?? 0) - ((input[2 * t - 1] ?? 0) * 64) / 127);
    return v;
  });
  // float32 state: 24 bits over six steps
  for (const [t, value] of membrane.entries())
    expect(value * (port?.scale ?? 0)).toBeCloseTo(want[t] ?? 0, 5);
});

test("two layers with one step per link are the same-step network shifted by 2", async () => {
  const made = await quantized(twoLayers(), { nodes: "float" } as UniformOptions);
  const run = (links: "same-step" | "one-step") =>
    toFloat64(
      simulateNetwork(
        lower(made, { neuron: "float32", links }),
        new Map([["in", spikes(3, 40)]]),
      ).outputs.get("out") as never,
    );
  // The bias acts from step 0 on in both, so the shift is exact only behind layers without one.
  const same = await quantized(twoLayersWithoutBias(), { nodes: "float" } as UniformOptions);
  const shifted = (links: "same-step" | "one-step") =>
    toFloat64(
      simulateNetwork(
        lower(same, { neuron: "float32", links }),
        new Map([["in", spikes(3, 40)]]),
      ).outputs.get("out") as never,
    );
  expect([...shifted("one-step")].slice(4)).toEqual([...shifted("same-step")].slice(0, -4));
  expect(shifted("same-step").some((z) => z === 1)).toBe(true);
  expect(run("one-step")).toHaveLength(80);
  expect(codes(() => lower(made, { neuron: "float32" }))).toEqual([]);
});

function twoLayersWithoutBias() {
  const source = twoLayers();
  const fc1 = source.node("fc1") as unknown as { readonly weight: never };
  return source.with({ setNodes: [["fc1", { type: "Linear", weight: fc1.weight }]] });
}

describe("fusedMultiplyAdd", () => {
  test("(1 + 2^-23)² − 1 − 2^-22 is 2^-46; rounded apart it is 0", () => {
    const a = 1 + 2 ** -23;
    const c = -1 - 2 ** -22;
    expect(fusedMultiplyAdd(a, a, c)).toBe(2 ** -46);
    expect(Math.fround(Math.fround(a * a) + c)).toBe(0);
  });

  test("a float64 sum that lies on a tie of float32 is not rounded twice", () => {
    const a = 1 + 2 ** -12;
    const product = a * a; // 1 + 2^-11 + 2^-24
    expect(fusedMultiplyAdd(a, a, 2 ** -60)).toBe(1 + 2 ** -11 + 2 ** -23);
    expect(Math.fround(product + 2 ** -60)).toBe(Math.fround(1 + 2 ** -11));
  });

  const runs = process.env.NIRKIT_DEEP === "1" ? 100_000 : 3_000;
  test(`equals the sum in whole numbers, rounded once, for ${runs} triples (seed 7)`, () => {
    const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 60), max: 2 ** 60 });
    const near = fc.tuple(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), fc.integer({ min: -40, max: 12 }));
    const close = near.map(([m, e]) => Math.fround(m * 2 ** e));
    const value = fc.oneof(anyFloat, close, close);
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(fusedMultiplyAdd(a, b, c)).toBe(exactSum(a, b, c));
      }),
      { seed: 7, numRuns: runs },
    );
  });
});

/** a·b + c as an integer multiple of 2^-400, rounded to 24 bits, half to even, in big integers. */
function exactSum(a: number, b: number, c: number): number {
  const big = (x: number, shift: number): bigint => {
    let exponent = shift;
    let value = x;
    while (!Number.isInteger(value)) {
      value *= 2;
      exponent--;
    }
    return BigInt(value) << BigInt(exponent);
  };
  const sum = big(a, 200) * big(b, 200) + big(c, 400);
  if (sum === 0n) return a * b + c;
  const magnitude = sum < 0n ? -sum : sum;
  const length = magnitude.toString(2).length;
  // The last bit of a float32 is 2^-149 at the least: bit 251 of this number.
  const drop = BigInt(Math.max(length - 24, 251));
  const kept = magnitude >> drop;
  const rest = magnitude - (kept << drop);
  const half = 1n << (drop - 1n);
  const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
  return (sum < 0n ? -1 : 1) * Number(rounded) * 2 ** (Number(drop) - 400);
}

describe("stepFloat32", () => {
  const neuron = (changes: Partial<Float32Neuron>): Float32Neuron => ({
    arithmetic: "float32",
    model: "lif",
    fp: "separate",
    spiking: true,
    reset: "value",
    params: new Map([
      ["threshold", Float64Array.of(5)],
      ["alpha_decay", Float64Array.of(0.9)],
      ["v_reset", Float64Array.of(-1)],
    ]),
    biasOffset: Float64Array.of(0),
    stateScale: Float64Array.of(1),
    ...changes,
  });

  test("fires at the threshold, and resets to v_reset or by subtraction", () => {
    for (const [reset, after] of [
      ["value", -1],
      ["subtract", 0],
    ] as const) {
      const state = createFloat32State(neuron({ reset }), 2);
      stepFloat32(state, Int32Array.of(5, 4), 0);
      expect([...state.fired.subarray(0, state.count)]).toEqual([0]);
      expect([...state.v]).toEqual([after, 4]);
      expect([...state.vpre]).toEqual([5, 4]);
    }
  });

  test("the three modes part where a product is rounded: 0.9 · 4 + 3", () => {
    const after = (fp: Float32Neuron["fp"]) => {
      const state = createFloat32State(
        neuron({
          fp,
          params: new Map([
            ["threshold", Float64Array.of(99)],
            ["alpha_decay", Float64Array.of(0.9)],
          ]),
        }),
        1,
      );
      const sums = Int32Array.of(4);
      for (let t = 0; t < 4; t++) {
        sums[0] = 3 + t;
        stepFloat32(state, sums, 0);
      }
      return state.v[0];
    };
    const alpha = Math.fround(0.9);
    expect(after("float64")).toBe(alpha * (alpha * (alpha * 3 + 4) + 5) + 6);
    expect(after("separate")).not.toBe(after("float64"));
    expect(Math.fround(after("float64") ?? 0)).toBeCloseTo(after("fused") ?? 0, 5);
  });
});
