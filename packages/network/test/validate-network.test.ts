import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { createNetworkSimulator, type Network, type Projection, validateNetwork } from "../src/index.ts";
import { dense, layer, network, neuron, population, quantTensor, spikePort } from "./network-builder.ts";

const sound = (): Network =>
  layer(
    [
      [1, 2],
      [3, 4],
    ],
    neuron(),
  );
const withNeuron = (changes: Parameters<typeof neuron>[0]): Network =>
  layer(
    [
      [1, 2],
      [3, 4],
    ],
    neuron(changes),
  );
const withProjection = (changes: Partial<Projection>): Network => {
  const made = sound();
  return { ...made, projections: made.projections.map((p) => ({ ...p, ...changes })) };
};
const found = (made: Network): string[] => validateNetwork(made).map((d) => `${d.code} ${d.path}`);

test("a sound network has no diagnostics", () => {
  expect(validateNetwork(sound())).toEqual([]);
});

describe("validateNetwork finds", () => {
  test.each<[string, Network]>([
    ["stateBits 0", withNeuron({ stateBits: 0, vMin: 0, vMax: 0 })],
    ["stateBits past 48", withNeuron({ stateBits: 49 })],
    ["negative fracBits", withNeuron({ fracBits: -1 })],
    ["a range outside the state bits", withNeuron({ stateBits: 8, vMax: 128 })],
    ["theta of another length", withNeuron({ theta: Int32Array.of(1, 2, 3) })],
    ["a leak that grows", withNeuron({ leak: { form: "mul", mul: 9, shift: 3, round: "zero" } })],
    ["a leak shift past 31", withNeuron({ leak: { form: "shift", shift: 32 } })],
    [
      "a leak of another length",
      withNeuron({ leak: { form: "mul", mul: [1, 1, 1], shift: 3, round: "zero" } }),
    ],
    ["an empty grid", withNeuron({ stateLevels: [] })],
    ["a delay population without steps", withNeuron({ kind: "delay", spiking: false })],
    ["a bias of another length", layer([[1, 2]], neuron(), [1, 2])],
  ])("%s", (_, made) => {
    expect(found(made)).toContain("E_BAD_NETWORK populations.n");
  });

  test.each<[string, Network]>([
    ["too few weights", withProjection({ weights: quantTensor([2, 2], [1, 2, 3]) })],
    ["an unknown source", withProjection({ source: "x" })],
    ["an unknown target", withProjection({ target: "x" })],
    ["half a step of delay", withProjection({ delay: 0.5 })],
    ["a shift past 31", withProjection({ shift: 32 })],
    [
      "an identity of unequal sizes",
      { ...withProjection({ op: { kind: "identity" } }), inputs: [spikePort("in", 3)] },
    ],
    ["a same-step loop", withProjection({ source: "n" })],
    [
      "sparse rows of another count",
      withProjection({ op: { kind: "sparse", rowStart: Uint32Array.of(0, 1), columns: Uint32Array.of(0) } }),
    ],
    [
      "a sparse column out of range",
      withProjection({
        op: { kind: "sparse", rowStart: Uint32Array.of(0, 1, 1), columns: Uint32Array.of(9) },
      }),
    ],
  ])("%s", (_, made) => {
    expect(found(made)).toContain("E_BAD_NETWORK projections[0]");
  });

  test("a name that is used twice, and an output of another size", () => {
    const made = network([spikePort("n", 1)], [population("n", 1, neuron())], []);
    expect(found(made)).toEqual(["E_BAD_NETWORK populations[0]"]);
    expect(found({ ...sound(), outputs: [{ ...spikePort("o", 3), sources: ["n"] }] })).toEqual([
      "E_BAD_NETWORK outputs.o",
    ]);
  });

  test("populations that do not stand in step order", () => {
    const made = network(
      [spikePort("in", 1)],
      [population("b", 1, neuron()), population("a", 1, neuron())],
      [dense("in", "a", [[1]]), dense("a", "b", [[1]])],
    );
    expect(found(made)).toEqual(["E_BAD_NETWORK projections[1]"]);
  });

  test("float32 neurons and dynamic masks, which it does not run", () => {
    const float = {
      ...population("n", 2, neuron()),
      neuron: {
        arithmetic: "float32",
        model: "lif",
        fp: "fused",
        spiking: true,
        reset: "value",
        params: new Map([["threshold", Float64Array.of(1, Number.NaN, 3)]] as const),
        biasOffset: Float64Array.of(0),
        stateScale: Float64Array.of(1),
      } as const,
    };
    expect(found({ ...sound(), populations: [float] })).toEqual([
      "E_BAD_NETWORK populations.n",
      "E_BAD_NETWORK populations.n",
    ]);
    expect(found(withProjection({ gate: { node: "mask" } }))).toEqual(["E_UNSUPPORTED_OP projections[0]"]);
  });

  test("sums that doubles do not hold exactly", () => {
    const made = layer([[2 ** 30]], neuron({ fracBits: 24 }));
    expect(found(made)).toEqual(["E_ACC_TOO_WIDE populations.n"]);
    expect(() => createNetworkSimulator(made)).toThrow(NirkitError);
  });
});
