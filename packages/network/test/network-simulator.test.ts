import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accumulatorBounds,
  createNetworkSimulator,
  type IntegerNeuron,
  simulateNetwork,
} from "../src/index.ts";
import {
  dense,
  everything,
  impulse,
  layer,
  network,
  neuron,
  population,
  recorded,
  spikePort,
  steps,
} from "./network-builder.ts";

const theta = (value: number): { theta: Int32Array; sub: Int32Array } => ({
  theta: Int32Array.of(value),
  sub: Int32Array.of(value),
});
describe("delays", () => {
  test("a spike reaches a population through a projection of delay 3 three steps later", () => {
    const made = network(
      [spikePort("in", 1)],
      [population("n", 1, neuron(theta(0)))],
      [dense("in", "n", [[1]], { delay: 3 })],
    );
    expect(recorded(made, impulse(6, 1), "n/out")).toEqual([0, 0, 0, 0, 1, 0]);
  });

  test("a loop of delay 3: an impulse at step 1 comes back at 4 and 7", () => {
    const made = network(
      [spikePort("in", 1)],
      [population("n", 1, neuron(theta(0)))],
      [dense("in", "n", [[1]]), dense("n", "n", [[1]], { name: "loop", delay: 3 })],
    );
    expect(recorded(made, impulse(9, 1), "n/out")).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0]);
  });

  test("a loop over two populations costs one step on its feedback edge", () => {
    const made = network(
      [spikePort("in", 1)],
      [population("a", 1, neuron(theta(0))), population("b", 1, neuron(theta(0)))],
      [dense("in", "a", [[1]]), dense("a", "b", [[1]]), dense("b", "a", [[1]], { delay: 1 })],
    );
    expect(recorded(made, impulse(4), "b/out")).toEqual([1, 1, 1, 1]);
  });

  test("a feedback bias acts from step 0 on: input 4, W = -2, b = 1 in LIF beta 3/4, Theta 4", () => {
    // The recurrence of tau 4, r 1, thr 1 in units of g·s = 1/4: v* = 1.25, .75, 1.8125, .75, 1.8125, .75 times 4.
    const leak = { form: "mul", mul: 3, shift: 2, round: "rne" } as const;
    const made = network(
      [spikePort("in", 1)],
      [population("n", 1, neuron({ ...theta(4 * 16), fracBits: 4, leak }), [16])],
      [dense("in", "n", [[4]]), dense("n", "n", [[-2]], { delay: 1 })],
    );
    expect(recorded(made, steps([[1], [1], [1], [1], [1], [1]]), "n/vpre").map((x) => x / 64)).toEqual([
      1.25, 0.75, 1.8125, 0.75, 1.8125, 0.75,
    ]);
  });
});

describe("delayed reset and delayed spikes", () => {
  const drive = steps([[1], [1], [0], [0], [1]]);

  test("subtract one step late: x = U + 10 - 8 after each spike", () => {
    const made = layer([[10]], neuron({ ...theta(8), reset: "subtract", resetDelay: 1 }));
    expect(recorded(made, drive, "n/vpre")).toEqual([10, 12, 4, 4, 14]);
    expect(recorded(made, drive, "n/v")).toEqual([10, 12, 4, 4, 14]);
    expect(recorded(made, drive, "n/out")).toEqual([1, 1, 0, 0, 1]);
  });

  test("value one step late: the neuron starts the step after its spike from v_reset", () => {
    const made = layer([[10]], neuron({ ...theta(8), resetDelay: 1, vReset: Int32Array.of(-2) }));
    expect(recorded(made, drive, "n/vpre")).toEqual([10, 8, 8, 8, 18]);
    expect(recorded(made, drive, "n/out")).toEqual([1, 0, 0, 0, 1]);
  });

  test("spikes one step late leave the potentials alone", () => {
    const now = layer([[10]], neuron(theta(8)));
    const late = layer([[10]], neuron({ ...theta(8), spikeDelay: 1 }));
    expect(recorded(late, drive, "n/vpre")).toEqual(recorded(now, drive, "n/vpre"));
    expect(recorded(late, drive, "n/out")).toEqual([0, ...recorded(now, drive, "n/out").slice(0, -1)]);
  });
});

describe("storage of the state", () => {
  test("wrap keeps the low bits: 8 bits, 100 + 100 becomes -56, and is counted", () => {
    const made = layer([[100]], neuron({ stateBits: 8, overflow: "wrap", theta: Int32Array.of(1000) }));
    const trace = simulateNetwork(made, steps([[1], [1]]), { record: everything });
    expect(Array.from(trace.records.get("n/v")?.data as Int32Array)).toEqual([100, -56]);
    expect(trace.saturations.get("n")).toBe(1);
  });

  test("a grid of states takes the nearest level, ties to the lower one", () => {
    const made = layer([[3]], neuron({ theta: Int32Array.of(1000), stateLevels: [0, 2, 4, 8] }));
    expect(recorded(made, steps([[1], [1], [1], [0]]), "n/v")).toEqual([2, 4, 8, 8]);
  });

  test("4 096 levels apart by 16: every potential takes the nearest, -8 and 8 the lower, on both engines", () => {
    const stateLevels = Array.from({ length: 4096 }, (_, k) => (k - 2048) * 16);
    const door = { ...spikePort("in", 1), bits: 16, signed: true };
    const model = neuron({ theta: Int32Array.of(32767), reset: "none", stateLevels });
    const made = { ...layer([[1]], model), inputs: [door] };
    const deltas = [7, 1, 8, 9, -8, -9, 5000, -32768];
    let u = 0;
    const expected = deltas.map((d) => {
      const x = Math.max(-32768, u + d);
      u = Math.ceil((x - 8) / 16) * 16;
      return u + 0;
    });
    for (const engine of ["kernels", "plain"] as const) {
      const trace = simulateNetwork(made, steps(deltas.map((d) => [d])), { record: everything, engine });
      expect(Array.from(trace.records.get("n/v")?.data as Int32Array)).toEqual(expected);
    }
  });

  test("the ternary membrane: tau 1/2 and F = 1 as in the published trace", () => {
    // x = .4 .5 .3 .9 .7 -.2 -1.4 .2 1.6 in tenths; levels -1, 0, 1, threshold 1, value reset.
    const x = [4, 5, 3, 9, 7, -2, -14, 2, 16];
    const door = { ...spikePort("in", 1), bits: 8, signed: true };
    const made = {
      ...layer(
        [[1]],
        neuron({ theta: Int32Array.of(10), leak: { form: "shift", shift: 1 }, stateLevels: [-10, 0, 10] }),
      ),
      inputs: [door],
    };
    const input = steps(x.map((v) => [v]));
    expect(recorded(made, input, "n/vpre")).toEqual([4, 5, 3, 9, 12, -2, -14, -3, 16]);
    expect(recorded(made, input, "n/v")).toEqual([0, 0, 0, 10, 0, 0, -10, 0, 0]);
    expect(recorded(made, input, "n/out")).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("vMin 0 keeps an IF from going below", () => {
    const made = layer([[-5]], neuron({ vMin: 0, theta: Int32Array.of(9) }));
    expect(recorded(made, steps([[1], [1]]), "n/v")).toEqual([0, 0]);
  });
});

describe("kinds without a membrane", () => {
  test("threshold fires on the sum of the step alone", () => {
    const made = layer([[5]], neuron({ kind: "threshold", ...theta(4) }));
    expect(recorded(made, steps([[1], [0], [1]]), "n/out")).toEqual([1, 0, 1]);
  });

  test("sum gives the sum and its bias", () => {
    const made = layer([[5]], neuron({ kind: "sum", spiking: false, fracBits: 2 }), [3]);
    expect(recorded(made, steps([[1], [0]]), "n/out")).toEqual([23, 3]);
  });

  test("delay holds graded values back, each neuron by its own steps", () => {
    const line = neuron({ kind: "delay", spiking: false, delaySteps: Int32Array.of(0, 2) });
    const made = layer([[5], [-7]], line);
    expect(recorded(made, impulse(4), "n/out")).toEqual([5, 0, 0, 0, 0, -7, 0, 0]);
  });

  test("LI: the state is the output", () => {
    const made = layer([[8]], neuron({ spiking: false, leak: { form: "shift", shift: 1 } }));
    expect(recorded(made, impulse(4), "n/out")).toEqual([8, 4, 2, 1]);
  });
});

describe("numbers", () => {
  test("activity: non-zero weights met by events, spikes out, per name", () => {
    const made = layer(
      [
        [5, 0, 1],
        [2, 2, 0],
      ],
      neuron(theta(4)),
    );
    const { activity } = simulateNetwork(
      made,
      steps([
        [1, 1, 0],
        [0, 0, 1],
      ]),
    );
    expect(activity.get("in")).toEqual({
      samples: 1,
      steps: 2,
      neurons: 3,
      eventsIn: 0,
      eventsOut: 3,
      synapticOps: 0,
    });
    expect(activity.get("in->n")).toEqual({
      samples: 1,
      steps: 2,
      neurons: 0,
      eventsIn: 3,
      eventsOut: 0,
      synapticOps: 4,
    });
    expect(activity.get("n")).toEqual({
      samples: 1,
      steps: 2,
      neurons: 2,
      eventsIn: 0,
      eventsOut: 1,
      synapticOps: 0,
    });
  });

  test("sums past 2^31 are exact: 40 bits of state, 2^30 weights, 2^10 fractions", () => {
    const made = layer(
      [[2 ** 20, 2 ** 20]],
      neuron({ stateBits: 48, fracBits: 20, theta: Int32Array.of(2 ** 31 - 1), spiking: false }),
    );
    const trace = simulateNetwork(
      made,
      steps([
        [1, 1],
        [1, 0],
      ]),
      { record: everything },
    );
    expect(trace.records.get("n/v")?.dtype).toBe("float64");
    expect(Array.from(trace.records.get("n/v")?.data as Float64Array)).toEqual([2 ** 41, 2 ** 41 + 2 ** 40]);
    expect(trace.outputs.get("n")?.dtype).toBe("float64");
  });

  test("a simulator runs many samples, each from zero state", () => {
    const simulator = createNetworkSimulator(layer([[5]], neuron(theta(9))));
    const first = simulator.run(steps([[1], [1]])).outputs.get("n")?.data;
    expect(Array.from(first as Int32Array)).toEqual([0, 1]);
    expect(Array.from(simulator.run(steps([[1], [0]])).outputs.get("n")?.data as Int32Array)).toEqual([0, 0]);
    expect(Array.from(first as Int32Array)).toEqual([0, 1]);
  });

  test("no steps and no events", () => {
    const made = layer([[5]], neuron(theta(9)));
    const trace = simulateNetwork(
      made,
      new Map([["in", { dtype: "uint8", shape: [0, 1], data: new Uint8Array(0) }]]),
    );
    expect([trace.steps, trace.outputs.get("n")?.shape]).toEqual([0, [0, 1]]);
  });

  test("no run leaves the static bounds", () => {
    const leak = fc.oneof(
      fc.constant({ form: "none" } as const),
      fc.integer({ min: 1, max: 5 }).map((shift) => ({ form: "shift", shift }) as const),
      fc
        .record({ mul: fc.integer({ min: 0, max: 255 }), round: fc.constantFrom("floor", "zero", "rne") })
        .map(
          ({ mul, round }) =>
            ({ form: "mul", mul, shift: 8, round: round as "floor" | "zero" | "rne" }) as const,
        ),
    );
    const model = fc.record({
      kind: fc.constantFrom("lif", "cuba"),
      reset: fc.constantFrom("value", "subtract", "none"),
      leak,
      synLeak: leak,
      stateBits: fc.integer({ min: 6, max: 14 }),
      fracBits: fc.integer({ min: 0, max: 4 }),
      overflow: fc.constantFrom("sat", "wrap"),
      limit: fc.integer({ min: 1, max: 31 }),
      resetDelay: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(
        model,
        fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 4, maxLength: 4 }),
        fc.integer(),
        (m, row, seed) => {
          const { limit, ...fields } = m;
          const made = layer([row], neuron({ ...(fields as Partial<IntegerNeuron>), ...theta(limit) }), [
            seed % 5,
          ]);
          const random = philox(seed, "bounds");
          const input = steps(Array.from({ length: 60 }, () => row.map(() => random.integer(2))));
          const bound = accumulatorBounds(made).get("n");
          const trace = simulateNetwork(made, input, { record: everything });
          const largest = (name: string): number =>
            ((trace.records.get(name)?.data as Int32Array | undefined) ?? new Int32Array(1)).reduce(
              (a, x) => Math.max(a, Math.abs(x)),
              0,
            );
          expect(largest("n/vpre")).toBeLessThanOrEqual(bound?.x as number);
          if (trace.saturations.get("n") === 0)
            expect(largest("n/v")).toBeLessThanOrEqual(Math.max(bound?.reach as number, limit));
          // A reach inside the range proves that nothing saturates.
          const range = 2 ** (m.stateBits - 1) - 1;
          const isCubaSafe =
            m.kind === "lif" || (m.synLeak.form !== "none" && (bound?.syn as number) <= range);
          if ((bound?.reach as number) <= range && isCubaSafe) expect(trace.saturations.get("n")).toBe(0);
        },
      ),
      { seed: 11, numRuns: 400 },
    );
  });
});
