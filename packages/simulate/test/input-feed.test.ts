import { type Events, graph, NirkitError, type SpikeInput, tensor } from "@nirkit/graph";
import { expect, test } from "vitest";
import { simulate } from "../src/index.ts";
import { lifNetwork } from "./networks.ts";

const good: Events = { steps: 2, shape: [3], start: Uint32Array.of(0, 1, 2), index: Uint32Array.of(0, 2) };

test.each<[string, string, SpikeInput, RegExp]>([
  ["E_INPUT_MISSING", "input.in", new Map([["x", tensor("uint8", [1, 3], [0, 0, 0])]]), /given for x/],
  [
    "E_INPUT_SHAPE",
    "input.in",
    new Map([["in", tensor("uint8", [3], [0, 0, 0])]]),
    /shape \[3\], the Input takes \[T, 3\]/,
  ],
  ["E_INPUT_SHAPE", "input.in", new Map([["in", tensor("uint8", [], [0])]]), /shape \[\]/],
  ["E_INPUT_SHAPE", "input.in", new Map([["in", tensor("uint8", [1, 1, 3], [0, 0, 0])]]), /\[1, 1, 3\]/],
  ["E_INPUT_SHAPE", "input.in", new Map([["in", { ...good, shape: [4] }]]), /events are of shape \[4\]/],
  [
    "E_INPUT_VALUE",
    "input.in",
    new Map([["in", tensor("float32", [2, 3], [0, 0, 0, 0, Number.NaN, 0])]]),
    /NaN at step 1, position 1/,
  ],
  ["E_INPUT_EVENTS", "input.in", new Map([["in", { ...good, steps: 3 }]]), /3 entries for 3 steps/],
  [
    "E_INPUT_EVENTS",
    "input.in",
    new Map([["in", { ...good, index: Uint32Array.of(0) }]]),
    /there are 1 events/,
  ],
  [
    "E_INPUT_EVENTS",
    "input.in",
    new Map([["in", { ...good, steps: 3, start: Uint32Array.of(0, 2, 1, 2) }]]),
    /falls after step 1/,
  ],
  [
    "E_INPUT_EVENTS",
    "input.in",
    new Map([["in", { ...good, index: Uint32Array.of(0, 3) }]]),
    /at 3, the shape holds 3/,
  ],
  [
    "E_INPUT_EVENTS",
    "input.in",
    new Map([["in", { ...good, value: Int16Array.of(1) }]]),
    /1 values for 2 events/,
  ],
  [
    "E_INPUT_EVENTS",
    "input.in",
    new Map([["in", { ...good, value: Float32Array.of(1, Number.NaN) }]]),
    /value NaN/,
  ],
  [
    "E_INPUT_VALUE",
    "input.in",
    new Map([["in", tensor("float64", [1, 3], [0, 1e300, 0])]]),
    /1e\+300 at step 0, position 1/,
  ],
  [
    "E_INPUT_FORM",
    "input.in",
    new Map([["in", { dtype: "float32", shape: [5, 3], data: new Float32Array(6) }]]),
    /shape \[5, 3\] holds 15 values, data has 6/,
  ],
  ...[
    [undefined, "input", /no Map/],
    [{ in: tensor("uint8", [1, 3], [0, 0, 0]) }, "input", /no Map/],
    [new Map([["in", [[1, 0, 0]]]]), "input.in", /no shape/],
    [new Map([["in", null]]), "input.in", /it is null/],
    [new Map([["in", { shape: [1, 3], data: new Uint8Array(3) }]]), "input.in", /no dtype/],
    [new Map([["in", { dtype: "uint8", shape: [1, 3], data: [0, 0, 0] }]]), "input.in", /no typed array/],
    [new Map([["in", { ...good, start: [0, 1, 2] }]]), "input.in", /start or index/],
  ].map(([input, path, message]): [string, string, SpikeInput, RegExp] => [
    "E_INPUT_FORM",
    path as string,
    input as unknown as SpikeInput,
    message as RegExp,
  ]),
])("%s at %s (%#)", (code, path, input, message) => {
  try {
    simulate(lifNetwork, input, { dt: 1e-3 });
    expect.unreachable();
  } catch (error) {
    const found = error instanceof NirkitError ? error.diagnostics.find((d) => d.code === code) : undefined;
    expect(found?.path).toBe(path);
    expect(found?.message).toMatch(message);
    expect(found?.hint).toMatch(/\S/);
  }
});

test("data for an Input that does not exist is refused beside the missing one", () => {
  const input = new Map([["imput", tensor("uint8", [1, 3], [0, 0, 0])]]);
  expect(() => simulate(lifNetwork, input, { dt: 1e-3 })).toThrow(
    /E_INPUT_UNKNOWN input.imput: .*Input nodes are in\nE_INPUT_MISSING/,
  );
});

test("two Inputs with 2 and 3 steps are refused", () => {
  const network = graph().input("a", [1]).output("sum").input("b", [1]).edge("b", "sum").build();
  const input = new Map([
    ["a", tensor("uint8", [2, 1], [0, 0])],
    ["b", tensor("uint8", [3, 1], [0, 0, 0])],
  ]);
  expect(() => simulate(network, input, { dt: 1 })).toThrow(/E_INPUT_STEPS input.b: 3 steps, but "a" has 2/);
});
