import { type Events, NirkitError, type Tensor, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { type Port, simulateNetwork } from "../src/index.ts";
import { integerEvents } from "../src/input-events.ts";
import { layer, network, neuron, population, spikePort } from "./network-builder.ts";

const spike: Port = spikePort("in", 3);
const graded: Port = { ...spike, bits: 4, signed: true, scale: 0.5 };

const dense = (steps: number, values: readonly number[]): Tensor => tensor("float32", [steps, 3], values);

function list(port: Port, data: Tensor | Events): [number, number, number][] {
  const made = integerEvents(port, data);
  return Array.from({ length: made.steps }, (_, t) => t).flatMap((t) =>
    Array.from(
      made.index.subarray(made.start[t], made.start[t + 1]),
      (index, k): [number, number, number] => [t, index, made.value[(made.start[t] as number) + k] as number],
    ),
  );
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof NirkitError) return error.diagnostics.map((d) => `${d.code} ${d.path}`).join();
    throw error;
  }
  return "none";
}

describe("dense input", () => {
  test("spikes are taken as they are", () => {
    expect(list(spike, dense(2, [0, 1, 0, 1, 0, 1]))).toEqual([
      [0, 1, 1],
      [1, 0, 1],
      [1, 2, 1],
    ]);
  });

  test("x_int = clamp(rne(x / scale)), ties to even, clamps counted: scale 0.5, signed 4 bits", () => {
    const made = integerEvents(graded, dense(2, [1.25, -0.75, 9, -0.25, -100, 0.74]));
    expect([...made.value]).toEqual([2, -2, 7, -8, 1]);
    expect([...made.index]).toEqual([0, 1, 2, 1, 2]);
    expect(made.clamped).toBe(2);
  });

  test("-0 is no event", () => {
    expect(list(spike, dense(1, [-0, 1, 0]))).toEqual([[0, 1, 1]]);
  });

  test("an int64 tensor works as any other", () => {
    expect(list(spike, { dtype: "int64", shape: [1, 3], data: BigInt64Array.of(0n, 0n, 1n) })).toEqual([
      [0, 2, 1],
    ]);
  });
});

describe("event lists", () => {
  const events: Events = {
    steps: 2,
    shape: [3],
    start: Uint32Array.of(0, 2, 3),
    index: Uint32Array.of(1, 1, 2),
  };

  test("events of one address add up where the port allows them", () => {
    expect(list({ ...spike, maxEvents: 2 }, events)).toEqual([
      [0, 1, 2],
      [1, 2, 1],
    ]);
  });

  test("each event of a graded port is quantised by itself", () => {
    const values = { ...events, value: Float32Array.of(0.75, 0.75, -3) };
    expect(list({ ...graded, maxEvents: 2 }, values)).toEqual([
      [0, 1, 4],
      [1, 2, -6],
    ]);
  });

  test("equal the dense tensor of the same spikes", () => {
    const one = { ...events, start: Uint32Array.of(0, 1, 2), index: Uint32Array.of(1, 2) };
    expect(list(spike, one)).toEqual(list(spike, dense(2, [0, 1, 0, 0, 0, 1])));
  });

  test.each([
    ["start too short", { ...events, start: Uint32Array.of(0, 2) }],
    ["start falls", { ...events, start: Uint32Array.of(2, 0, 3) }],
    ["start past the end", { ...events, start: Uint32Array.of(0, 2, 9) }],
    ["index out of range", { ...events, index: Uint32Array.of(1, 3, 2) }],
    ["index falls within a step", { ...events, index: Uint32Array.of(2, 1, 2) }],
    ["too few values", { ...events, value: Float32Array.of(1) }],
  ])("%s is refused", (_, broken) => {
    expect(codeOf(() => integerEvents({ ...spike, maxEvents: 4 }, broken))).toBe("E_INPUT_EVENTS inputs.in");
  });
});

describe("what no port takes", () => {
  test.each([
    ["half a spike", dense(1, [0.5, 0, 0]), "E_INPUT_NOT_INTEGER"],
    ["NaN", dense(1, [Number.NaN, 0, 0]), "E_INPUT_NOT_INTEGER"],
    ["two spikes in one address", dense(1, [0, 2, 0]), "E_INPUT_RANGE"],
    ["a negative spike", dense(1, [0, 0, -1]), "E_INPUT_RANGE"],
    ["another size", tensor("float32", [1, 4], [0, 0, 0, 0]), "E_INPUT_SHAPE"],
    ["no time axis", tensor("float32", [3], [0, 0, 0]), "E_INPUT_SHAPE"],
  ])("%s", (_, data, code) => {
    expect(codeOf(() => integerEvents(spike, data))).toBe(`${code} inputs.in`);
  });

  test("infinite values at a graded port", () => {
    expect(codeOf(() => integerEvents(graded, dense(1, [Number.POSITIVE_INFINITY, 0, 0])))).toBe(
      "E_INPUT_NOT_INTEGER inputs.in",
    );
  });

  test("more events of one address than the port allows", () => {
    const twice: Events = { steps: 1, shape: [3], start: Uint32Array.of(0, 2), index: Uint32Array.of(1, 1) };
    expect(codeOf(() => integerEvents(spike, twice))).toBe("E_INPUT_EVENT_COUNT inputs.in");
  });
});

describe("inputs of a network", () => {
  const made = layer([[1, 1, 1]], neuron());
  const one = dense(1, [1, 0, 0]);

  test("a missing one, an unknown one and a name to record that is none", () => {
    expect(codeOf(() => simulateNetwork(made, new Map()))).toBe("E_INPUT_MISSING inputs.in");
    expect(
      codeOf(() =>
        simulateNetwork(
          made,
          new Map([
            ["in", one],
            ["x", one],
          ]),
        ),
      ),
    ).toBe("E_INPUT_UNKNOWN inputs.x");
    const record = { nodes: ["cells"], signals: ["v"] } as const;
    expect(codeOf(() => simulateNetwork(made, new Map([["in", one]]), { record }))).toBe(
      "E_UNKNOWN_POPULATION record.nodes",
    );
  });

  test("two of unequal length", () => {
    const two = network([spike, { ...spike, name: "b" }], [population("n", 1, neuron())], []);
    const input = new Map([
      ["in", one],
      ["b", dense(2, [0, 0, 0, 0, 0, 0])],
    ]);
    expect(codeOf(() => simulateNetwork(two, input))).toBe("E_INPUT_STEPS inputs.b");
  });
});
