/** The engine on the kernels and the plain one: equal in every bit of every signal, count and state. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph, type SpikeInput, sizeOf, type Tensor, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulator, type SimulationTrace, type SimulatorOptions } from "../src/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";
import { dataRoot, entry, hasTraces, readArrays, readGraph, whySkipped } from "./reference-data.ts";

const everything = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;

function both(
  network: NirGraph,
  input: SpikeInput,
  options: SimulatorOptions,
): [SimulationTrace, SimulationTrace] {
  const [plain, fast] = (["plain", "auto"] as const).map((engine) =>
    createSimulator(network, { ...options, engine }).run(input, everything),
  );
  return [plain as SimulationTrace, fast as SimulationTrace];
}

/** Equal as numbers: 0 and −0 are one. */
function expectEqual([plain, fast]: readonly [SimulationTrace, SimulationTrace]): void {
  expect([...fast.records.keys()]).toEqual([...plain.records.keys()]);
  for (const [key, { data }] of plain.records) {
    const other = fast.records.get(key)?.data;
    const at = Array.from(data, Number).findIndex((value, n) => value !== Number(other?.[n]));
    if (at >= 0) throw new Error(`${key} differs at ${at}: ${data[at]} and ${other?.[at]}`);
  }
  expect(fast.activity).toEqual(plain.activity);
  expect(fast.activeSteps).toEqual(plain.activeSteps);
  for (const [key, { shape, data }] of plain.finalState) {
    const other = fast.finalState.get(key);
    expect([key, other?.shape]).toEqual([key, shape]);
    expect(Array.from(other?.data ?? [], Number).map((v) => v + 0)).toEqual(
      Array.from(data, Number).map((v) => v + 0),
    );
  }
  expect(fast.finalState.size).toBe(plain.finalState.size);
}

describe.skipIf(!hasTraces)(`reference networks${whySkipped}`, () => {
  const names = hasTraces
    ? readdirSync(join(dataRoot, "traces/sets")).flatMap((file) =>
        file.endsWith(".nir") ? [file.slice(0, -4)] : [],
      )
    : [];
  const dialects = [
    "nir-euler",
    "nir-exp+old",
    "norse",
    "snntorch+subtract",
    "sinabs",
    "rockpool",
    "lava-dl",
    "nengo",
  ];

  test.each(names)("%s in eight dialects", async (name) => {
    const network = await readGraph(`sets/${name}.nir`);
    const source = entry(readArrays(`sets/${name}.npz`), "input");
    for (const dialect of dialects)
      expectEqual(both(network, new Map([["input", source]]), { dialect, dt: 1e-4 }));
  });
});

/** A layer of images, of vectors, or a loop, with seeded values; from a list of small numbers. */
interface Recipe {
  readonly images: boolean;
  readonly seed: number;
  readonly layers: readonly number[];
  readonly density: number;
  readonly steps: number;
}

const recipes: fc.Arbitrary<Recipe> = fc.record({
  images: fc.boolean(),
  seed: fc.nat(1e6),
  layers: fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }),
  density: fc.constantFrom(0.02, 0.2, 0.9),
  steps: fc.constantFrom(1, 3, 17, 40),
});

function networkOf({ images, seed, layers }: Recipe): NirGraph {
  const source = philox(seed, "network");
  const values = (shape: readonly number[], scale: number): Tensor =>
    tensor(
      "float32",
      shape,
      Array.from({ length: sizeOf(shape) }, () => scale * source.normal()),
    );
  const positive = (shape: readonly number[], low: number, high: number): Tensor =>
    tensor(
      "float32",
      shape,
      Array.from({ length: sizeOf(shape) }, () => low + (high - low) * source.uniform()),
    );
  let shape: readonly number[] = images ? [2, 7, 6] : [9];
  let builder = graph().input("in", shape);
  const neuron = (name: string, kind: number): void => {
    const [tau, r] = [positive(shape, 2e-3, 9e-3), positive(shape, 3, 9)];
    const vThreshold = positive(shape, 0.5, 1.5);
    const vReset = values(shape, 0.1);
    if (kind === 0) builder = builder.lif(name, { tau, r, vLeak: values(shape, 0.1), vThreshold, vReset });
    else if (kind === 1) builder = builder.if(name, { r: 700, vThreshold, vReset });
    else if (kind === 2)
      builder = builder.cubaLif(name, { tauSyn: tau, tauMem: tau, r, wIn: r, vThreshold, vReset });
    else builder = builder.li(name, { tau, r });
  };
  for (const [k, kind] of layers.entries()) {
    const name = `n${k}`;
    if (shape.length === 3 && kind < 3) {
      const [c = 1, h = 1, w = 1] = shape;
      const dilation = kind === 2 ? 2 : 1;
      const stride = kind === 1 ? 2 : 1;
      const groups = kind === 0 && c % 2 === 0 ? 2 : 1;
      const kernel = 3;
      const size = (n: number): number => Math.floor((n + 2 - dilation * (kernel - 1) - 1) / stride) + 1;
      if (size(h) < 1 || size(w) < 1) continue;
      const weight = values([4, c / groups, kernel, kernel], 0.7);
      const bias = k % 2 === 0 ? values([4], 0.1) : tensor("float32", [4], [0, 0, 0, 0]);
      builder = builder.conv2d(`w${k}`, { weight, bias, stride, padding: 1, dilation, groups });
      shape = [4, size(h), size(w)];
      neuron(name, kind);
    } else if (shape.length === 3 && kind < 5) {
      const [c = 1, h = 1, w = 1] = shape;
      if (h < 2 || w < 2) continue;
      const pool = { kernelSize: 2, stride: kind === 3 ? 2 : 1 };
      builder = kind === 3 ? builder.sumPool2d(`w${k}`, pool) : builder.avgPool2d(`w${k}`, pool);
      const size = (n: number): number => Math.floor((n - 2) / pool.stride) + 1;
      shape = [c, size(h), size(w)];
      if (kind === 4) neuron(name, 1);
    } else if (kind === 5) builder = builder.delay(name, { delay: positive(shape, 0, 4e-3) });
    else if (kind === 6) builder = builder.scale(name, { scale: values(shape, 1) });
    else {
      if (shape.length === 3) {
        builder = builder.flatten(`f${k}`);
        shape = [sizeOf(shape)];
      }
      const from = sizeOf(shape);
      shape = [kind + 3];
      builder = builder.affine(`w${k}`, {
        weight: values([kind + 3, from], 2 / Math.sqrt(from)),
        bias: values(shape, 0.1),
      });
      neuron(name, kind % 4);
      if (kind >= 9) {
        const weight = values([kind + 3, kind + 3], 0.5);
        if (kind === 10)
          builder = builder.at(name).delay(`d${k}`, { delay: 2e-3 }).linear(`r${k}`, { weight });
        else builder = builder.at(name).affine(`r${k}`, { weight, bias: values(shape, 0.2) });
        builder = builder.edge(`r${k}`, name).at(name);
      }
    }
  }
  return builder.output("out").build();
}

function inputOf(network: NirGraph, { seed, density, steps }: Recipe): SpikeInput {
  const node = network.node("in");
  if (!("shape" in node) || node.shape === undefined) throw new Error("no Input");
  const source = philox(seed, "input");
  const shape = [steps, ...node.shape];
  const data = Array.from({ length: sizeOf(shape) }, () =>
    source.uniform() < density ? source.integer(3) + 1 : 0,
  );
  return new Map([["in", tensor("float32", shape, data)]]);
}

const runs = process.env.NIRKIT_DEEP === undefined ? 120 : 5000;

test(`${runs} random networks of convolutions, pools, delays, loops and neurons`, () => {
  fc.assert(
    fc.property(
      recipes,
      fc.constantFrom(
        "nir-euler",
        "nir-exp+subtract",
        "norse",
        "sinabs",
        "snntorch+subtract",
        "nir-euler+old+zero_signal",
      ),
      (recipe, dialect) => {
        const network = networkOf(recipe);
        expectEqual(both(network, inputOf(network, recipe), { dialect, dt: 1e-3 }));
      },
    ),
    { seed: 17, numRuns: runs },
  );
}, 600_000);

test("carried state and streams pass between the engines", () => {
  const input = spikes(recurrentNetwork, 25);
  const [plain, fast] = (["plain", "auto"] as const).map((engine) =>
    createSimulator(recurrentNetwork, { dt: 1e-3, engine }),
  );
  const first = fast?.run(input);
  const options = { initialState: first?.finalState ?? new Map() };
  expect(fast?.run(input, everything, options)).toEqual(plain?.run(input, everything, options));
});

test("1000 steps in chunks of 512 with probes over the seam", () => {
  const input = spikes(recurrentNetwork, 1000);
  expectEqual(both(recurrentNetwork, input, { dt: 1e-3 }));
});
