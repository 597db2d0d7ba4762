/** Integer network against the float network that the quantised file describes: the same spikes. */
import { graph, type NirGraph, type Tensor, tensor } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import { lower, simulateNetwork } from "@nirkit/network";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";

const deep = process.env.NIRKIT_DEEP === "1";
const steps = deep ? 2000 : 150;
const nets = deep ? 40 : 6;

const spikesIn = (random: Random, n: number): Tensor =>
  tensor(
    "uint8",
    [steps, n],
    Uint8Array.from({ length: steps * n }, () => (random.uniform() < 0.3 ? 1 : 0)),
  );
const normal = (random: Random, rows: number, columns: number, unit: number): Tensor =>
  tensor(
    "float32",
    [rows, columns],
    Float32Array.from({ length: rows * columns }, () => random.normal() * unit),
  );

function ifNet(random: Random): NirGraph {
  const vThreshold = Array.from({ length: 12 }, () => 0.5 + random.uniform());
  return graph()
    .input("in", [8])
    .affine("fc1", {
      weight: normal(random, 12, 8, 0.5),
      bias: Array.from({ length: 12 }, () => random.normal() * 0.1),
    })
    .if("if1", { vThreshold, r: Array.from({ length: 12 }, () => 0.5 + random.uniform()) })
    .linear("fc2", { weight: normal(random, 4, 12, 0.5) })
    .if("if2", { vThreshold: 1 })
    .output("out")
    .build();
}

async function mismatches(
  source: NirGraph,
  options: UniformOptions,
  reset: "value" | "subtract",
  random: Random,
): Promise<number> {
  const { graph: result } = await quantizeUniform(source, { dt: 1, ...options });
  const input = new Map([["in", spikesIn(random, 8)]]);
  const float = simulate(result, input, {
    dt: 1,
    precision: "f64",
    dialect: reset === "subtract" ? "nir-euler+subtract" : "nir-euler",
  });
  const integer = simulateNetwork(lower(result), input);
  const a = float.outputs.get("out")?.data ?? [];
  const b = integer.outputs.get("out")?.data ?? [];
  expect(a.length).toBe(b.length);
  let differing = 0;
  for (let i = 0; i < b.length; i++) if (Number(a[i]) !== Number(b[i])) differing++;
  return differing;
}

describe("IF networks fire in integers exactly as a float64 reader of the quantised graph", () => {
  for (const compare of ["gt", "ge"] as const)
    test(`reset to value, ${compare}: 0 differing spikes in ${nets} random nets, per tensor and per channel`, async () => {
      const random = philox(21, `exactness/${compare}`);
      for (let k = 0; k < nets; k++) {
        const options: UniformOptions = {
          bits: 4 + (k % 5),
          axis: k % 2 === 0 ? null : 0,
          stateBits: 30,
          convention: { compare },
        };
        expect(await mismatches(ifNet(random), options, "value", random)).toBe(0);
      }
    });

  test("reset subtract, aligned per channel: a neuron of the first layer first differs where U = Theta, which float rounding decides", async () => {
    const random = philox(22, "exactness/subtract");
    let differing = 0;
    for (let k = 0; k < nets; k++) {
      const { graph: result } = await quantizeUniform(ifNet(random), {
        dt: 1,
        bits: 8,
        axis: 0,
        stateBits: 30,
        convention: { reset: "subtract" },
      });
      const input = new Map([["in", spikesIn(random, 8)]]);
      const float = simulate(result, input, {
        dt: 1,
        precision: "f64",
        dialect: "nir-euler+subtract",
        record: { nodes: ["if1"], signals: ["out"] },
      });
      const network = lower(result);
      const record = { nodes: ["if1"], signals: ["out", "vpre"] } as const;
      const integer = simulateNetwork(network, input, { record });
      const population = network.populations.find((p) => p.name === "if1");
      if (population?.neuron.arithmetic !== "integer") throw new Error("an integer neuron was expected");
      const { theta } = population.neuron;
      const vpre = integer.records.get("if1/vpre")?.data ?? [];
      const [a, b] = [float.records.get("if1/out")?.data ?? [], integer.records.get("if1/out")?.data ?? []];
      expect([a.length, b.length]).toEqual([12 * steps, 12 * steps]);
      const neurons = b.length / steps;
      for (let neuron = 0; neuron < neurons; neuron++) {
        let step = 0;
        while (step < steps && Number(a[step * neurons + neuron]) === Number(b[step * neurons + neuron]))
          step++;
        if (step === steps) continue;
        differing++;
        // The float32 threshold g·s·N lies a rounding above or below the sum that equals it in integers.
        expect(Number(vpre[step * neurons + neuron])).toBe(theta[neuron] ?? theta[0]);
      }
    }
    expect(differing).toBeGreaterThan(0);
  });

  test("reset subtract with power-of-two scale and threshold: float32 is exact, 0 differ", async () => {
    const random = philox(23, "exactness/po2");
    for (let k = 0; k < nets; k++) {
      const source = graph()
        .input("in", [8])
        .linear("fc", { weight: normal(random, 4, 8, 0.5) })
        .if("if", { vThreshold: 1 })
        .output("out")
        .build();
      const options: UniformOptions = {
        bits: 6,
        scalePo2: true,
        stateBits: 30,
        convention: { reset: "subtract" },
      };
      expect(await mismatches(source, options, "subtract", random)).toBe(0);
    }
  });
});

function cubaNet(random: Random): NirGraph {
  return graph()
    .input("in", [8])
    .linear("fc", { weight: normal(random, 10, 8, 1) })
    .cubaLif("cuba", { tauSyn: 4, tauMem: 8, r: 8, wIn: 4, vThreshold: 1 })
    .linear("rec", { weight: normal(random, 10, 10, 0.4) })
    .edge("rec", "cuba")
    .at("cuba")
    .output("out")
    .build();
}

describe("recurrent CubaLIF networks differ from the float reader by the leak's rounding alone", () => {
  for (const reset of ["value", "subtract"] as const)
    test(`reset to ${reset}: 0 fractional bits differ most, 4 less, 16 not at all`, async () => {
      const differing: number[] = [];
      for (const fracBits of [0, 4, 16]) {
        const random = philox(24, `exactness/cuba/${reset}`);
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const options: UniformOptions = {
            bits: 6,
            axis: 0,
            fracBits,
            stateBits: 32,
            convention: { reset },
          };
          sum += await mismatches(cubaNet(random), options, reset, random);
        }
        differing.push(sum);
      }
      const [none = 0, four = 0, sixteen = 0] = differing;
      expect(none).toBeGreaterThan(four);
      expect(four).toBeGreaterThan(sixteen);
      expect(sixteen).toBe(0);
    });
});
