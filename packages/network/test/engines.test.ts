/** The kernels and the plain reference: every number of every trace. */
import type { SpikeInput } from "@nirkit/graph";
import { tensor } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import {
  createNetworkSimulator,
  type IntegerNeuron,
  lower,
  type Network,
  type NetworkSimulatorOptions,
  type NetworkTrace,
  type Projection,
} from "../src/index.ts";
import { dense, network, neuron, population, quantTensor, spikePort } from "./network-builder.ts";
import { randomGraph } from "./random-graph.ts";

const isDeep = process.env.NIRKIT_DEEP === "1";
const [networks, graphs] = isDeep ? [5000, 1000] : [120, 60];
const timeout = isDeep ? 600_000 : 30_000;
const record = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;

/** SIMD kernels, scalar kernels, plain engine. */
function traces(made: Network, input: SpikeInput): [NetworkTrace, NetworkTrace, NetworkTrace] {
  const run = (options: NetworkSimulatorOptions): NetworkTrace =>
    createNetworkSimulator(made, options).run(input, { record });
  return [run({}), run({ build: "plain" }), run({ engine: "plain" })];
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(from.length)] as T;

/** One to four populations of any kind, joined at random, forwards and backwards, with any delays and shifts. */
function randomNetwork(index: number): { readonly made: Network; readonly input: SpikeInput } {
  const random = philox(index, "engines");
  const ports = Array.from({ length: 1 + random.integer(2) }, (_, k) => ({
    ...spikePort(`in${k}`, 1 + random.integer(20)),
    ...(random.integer(3) === 0 ? { bits: 5, signed: random.integer(2) === 0 } : {}),
  }));
  const populations = Array.from({ length: 1 + random.integer(4) }, (_, k) => {
    const size = 1 + random.integer(40);
    return population(
      `n${k}`,
      size,
      randomNeuron(random, size),
      Array.from({ length: size }, () => random.integer(5) - 2),
    );
  });
  const projections: Projection[] = [];
  populations.forEach((target, k) => {
    const sources = [
      ...ports.map((port) => ({ name: port.name, size: port.shape[0] as number, least: 0 })),
      ...populations.map((p, s) => ({ name: p.name, size: p.bias.length, least: s < k ? 0 : 1 })),
    ];
    for (const { name, size, least } of sources) {
      if (random.integer(3) !== 0 && projections.some((p) => p.target === target.name)) continue;
      const changes = {
        delay: least + random.integer(3),
        shift: random.integer(3),
        name: `${name}-${target.name}`,
      };
      const isGraded = populations.some(
        (p) => p.name === name && p.neuron.arithmetic === "integer" && !p.neuron.spiking,
      );
      const top = isGraded ? 1 : pick(random, [1, 7, 100, 3000]);
      const rows = Array.from({ length: target.bias.length }, () =>
        Array.from({ length: size }, () => (random.integer(3) === 0 ? 0 : random.integer(2 * top + 1) - top)),
      );
      const one = dense(name, target.name, rows, changes);
      projections.push(random.integer(3) === 0 ? sparse(one, size) : one);
    }
  });
  const steps = pick(random, [1, 7, 300]);
  const input: SpikeInput = new Map(
    ports.map(({ name, shape, bits, signed }) => {
      const size = shape[0] as number;
      const values = Array.from({ length: steps * size }, () => {
        if (random.integer(4) !== 0) return 0;
        return bits === 1 ? 1 : random.integer(16) - (signed ? 8 : 0);
      });
      return [name, tensor("int16", [steps, size], values)] as const;
    }),
  );
  return { made: network(ports, populations, projections), input };
}

/** The same projection as rows of its non-zero entries. */
function sparse(projection: Projection, columns: number): Projection {
  const { ints } = projection.weights;
  const kept = Array.from(ints.keys()).filter((k) => ints[k] !== 0);
  const rowStart = Uint32Array.from(
    { length: ints.length / columns + 1 },
    (_, i) => kept.filter((k) => k < i * columns).length,
  );
  return {
    ...projection,
    op: { kind: "sparse", rowStart, columns: Uint32Array.from(kept, (k) => k % columns) },
    weights: quantTensor(
      [kept.length],
      kept.map((k) => ints[k] as number),
    ),
  };
}

function randomNeuron(random: Random, size: number): IntegerNeuron {
  const leak = (): IntegerNeuron["leak"] =>
    pick(random, [
      { form: "none" },
      { form: "shift", shift: 1 + random.integer(5) },
      {
        form: "mul",
        mul: random.integer(4097),
        shift: 12,
        round: pick(random, ["floor", "zero", "rne"] as const),
      },
      {
        form: "mul",
        mul: Array.from({ length: size }, () => random.integer(257)),
        shift: 8,
        round: pick(random, ["floor", "zero", "rne"] as const),
      },
    ] as const);
  const ints = (low: number, span: number): Int32Array =>
    Int32Array.from({ length: pick(random, [1, size]) }, () => low + random.integer(span));
  const kind = pick(random, ["lif", "lif", "cuba", "threshold", "sum", "delay"] as const);
  const stateBits = pick(random, [2, 3, 4, 8, 12, 16, 24]);
  const half = 2 ** (stateBits - 1);
  const levels =
    random.integer(4) === 0 ? { stateLevels: [-3, -1, 0, 2, 5].map((x) => x * (1 + random.integer(4))) } : {};
  return neuron({
    kind,
    spiking: kind === "threshold" || ((kind === "lif" || kind === "cuba") && random.integer(4) !== 0),
    compare: pick(random, ["gt", "ge"] as const),
    reset: pick(random, ["value", "subtract", "none"] as const),
    resetDelay: pick(random, [0, 1] as const),
    spikeDelay: kind === "sum" || kind === "delay" ? 0 : pick(random, [0, 0, 1] as const),
    cubaOrder: pick(random, ["new", "old"] as const),
    leak: leak(),
    synLeak: leak(),
    stateBits,
    fracBits: random.integer(5),
    vMin: -half + random.integer(2),
    vMax: half - 1,
    overflow: pick(random, ["sat", "sat", "wrap"] as const),
    theta: ints(0, Math.min(half, 60)),
    sub: ints(1, 30),
    vReset: ints(-2, 4),
    ...levels,
    ...(kind === "delay" ? { delaySteps: Int32Array.from({ length: size }, () => random.integer(4)) } : {}),
  });
}

describe("engine kernels and engine plain give the same trace", () => {
  test(`${networks} networks of dense, sparse, delayed and recurrent projections, neurons of every kind and 2 to 24 bits`, {
    timeout,
  }, () => {
    let spikes = 0;
    for (let index = 0; index < networks; index++) {
      const { made, input } = randomNetwork(index);
      const [fast, scalar, plain] = traces(made, input);
      expect(fast, `network ${index}`).toEqual(plain);
      expect(scalar, `network ${index}`).toEqual(plain);
      for (const [name, { eventsOut }] of fast.activity) if (name.startsWith("n")) spikes += eventsOut;
    }
    expect(spikes).toBeGreaterThan(10_000);
  });

  test.each(["image", "line", "volume"] as const)(`${graphs} random %s graphs`, { timeout }, (kind) => {
    for (let index = 0; index < graphs; index++) {
      const made = randomGraph(index, kind);
      const input: SpikeInput = new Map(
        [...made.input].map(([name, rows]) => [
          name,
          tensor("float32", [rows.length, ...made.model.inputShape(name)], rows.flat()),
        ]),
      );
      const [fast, scalar, plain] = traces(lower(made.graph), input);
      expect(fast, `graph ${index}`).toEqual(plain);
      expect(scalar, `graph ${index}`).toEqual(plain);
    }
  });

  test("images of which 5, 35, 45 and 100 % fire: events and matrix products, in groups, strides and dilations", () => {
    const random = philox(9, "dense-images");
    for (let index = 0; index < 24; index++) {
      const groups = pick(random, [1, 2]);
      const [channels, outputs] = [2 * groups, 3 * groups];
      const [height, width] = [5 + random.integer(4), 5 + random.integer(4)];
      const [stride, dilation, padding] = [1 + random.integer(2), 1 + random.integer(2), random.integer(3)];
      const size = (n: number): number => Math.floor((n + 2 * padding - 2 * dilation - 1) / stride) + 1;
      const outShape = [outputs, size(height), size(width)] as const;
      const op = {
        kind: "conv2d",
        inShape: [channels, height, width],
        outShape,
        stride: [stride, stride],
        padding: [padding, padding],
        dilation: [dilation, dilation],
        groups,
      } as const;
      const weights = Array.from({ length: outputs * 2 * 9 }, () => random.integer(255) - 127);
      const cells = outShape[0] * outShape[1] * outShape[2];
      const target = { ...population("n0", cells, neuron({ theta: Int32Array.of(100) })), shape: outShape };
      const made = network(
        [{ ...spikePort("in", 1), shape: op.inShape }],
        [target],
        [
          {
            ...dense("in", "n0", [[0]]),
            op,
            weights: quantTensor([outputs, 2, 3, 3], weights),
            shift: random.integer(3),
          },
        ],
      );
      const share = [5, 35, 45, 100][index % 4] as number;
      const values = Array.from({ length: 6 * channels * height * width }, () =>
        Number(random.integer(100) < share),
      );
      const [fast, scalar, plain] = traces(
        made,
        new Map([["in", tensor("uint8", [6, channels, height, width], values)]]),
      );
      expect(fast, `network ${index}`).toEqual(plain);
      expect(scalar, `network ${index}`).toEqual(plain);
    }
  });

  test("a delay of 2^20 steps over 1 000 neurons takes no gigabytes: the engine that grows with the spikes runs it", () => {
    const eye = quantTensor([1], [1]);
    const relay = { ...neuron({ theta: Int32Array.of(0) }) };
    const made = network(
      [spikePort("in", 1000)],
      [population("n0", 1000, relay)],
      [
        { ...dense("in", "n0", [[0]]), op: { kind: "identity" }, weights: eye },
        { ...dense("n0", "n0", [[0]]), op: { kind: "identity" }, weights: eye, delay: 2 ** 20, name: "late" },
      ],
    );
    const input: SpikeInput = new Map([["in", tensor("uint8", [3, 1000], new Array<number>(3000).fill(1))]]);
    expect(createNetworkSimulator(made).run(input).activity.get("n0")?.eventsOut).toBe(3000);
  });
});
