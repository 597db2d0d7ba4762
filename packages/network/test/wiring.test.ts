/** Branches, joins, loops and delays of small graphs; numbers by hand. */
import { type NirGraph, type NirNode, type SpikeInput, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { lower, type Network, simulateNetwork } from "../src/index.ts";
import { inputNode, neuronNode, weights } from "./annotated-graph.ts";
import { codes } from "./lowering-fixtures.ts";
import { dense, made, out } from "./trap-graphs.ts";

describe("wiring", () => {
  const cell = (size: number, scale = 1): NirNode =>
    neuronNode("IF", { shape: [size], theta: 1, stateScale: scale });

  test("weights with two consumers are two projections of one name, and count for both", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([2, 1], [2, 1]),
          a: cell(2),
          b: neuronNode("IF", { shape: [2], theta: 3, stateScale: 1 }),
          oa: { type: "Output", shape: [2] },
          ob: { type: "Output", shape: [2] },
        },
        ["in w", "w a", "w b", "a oa", "b ob"],
      ),
    );
    expect(network.projections.map(({ name, target }) => `${name}>${target}`).sort()).toEqual(["w>a", "w>b"]);
    const input: SpikeInput = new Map([["in", tensor("uint8", [2, 1], [1, 1])]]);
    expect(out(network, input, "oa")).toEqual([1, 0, 1, 1]);
    expect(out(network, input, "ob")).toEqual([0, 0, 1, 0]);
    expect(simulateNetwork(network, input).activity.get("w")?.synapticOps).toBe(8);
  });

  test("a population and an Input meet in one neuron: unit 1/4 beside spikes shifts the spikes by 2", () => {
    const network = lower(
      made(
        {
          in: inputNode([2]),
          other: inputNode([2]),
          w: dense([2, 2], [1, 0, 0, 3], 0.25),
          n: neuronNode("IF", { shape: [2], theta: 3, stateScale: 0.25 }),
          out: { type: "Output", shape: [2] },
        },
        ["in w", "w n", "other n", "n out"],
      ),
    );
    const shifts = Object.fromEntries(network.projections.map(({ name, shift = 0 }) => [name, shift]));
    expect(shifts).toEqual({ w: 0, "other->n": 2 });
    const input: SpikeInput = new Map([
      ["in", tensor("uint8", [2, 2], [1, 1, 1, 1])],
      ["other", tensor("uint8", [2, 2], [1, 0, 0, 0])],
    ]);
    expect(out(network, input)).toEqual([1, 0, 0, 1]);
  });

  test("units whose ratio is no power of two are refused with path and hint", () => {
    const wrong = made(
      {
        in: inputNode([2]),
        other: inputNode([2]),
        w: dense([2, 2], [1, 0, 0, 3], 0.375),
        n: neuronNode("IF", { shape: [2], theta: 3, stateScale: 0.375 }),
        out: { type: "Output", shape: [2] },
      },
      ["in w", "w n", "other n", "n out"],
    );
    expect(codes(() => lower(wrong))).toEqual(["E_SCALE_MISMATCH nodes.other"]);
  });

  test("an Output that adds a sum in units of 1/2 and spikes counts in 1/2", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([1, 1], [3], 0.5),
          n: cell(1),
          v: dense([1, 1], [2]),
          out: { type: "Output", shape: [1] },
        },
        ["in v", "v n", "in w", "w out", "n out"],
      ),
    );
    expect(network.outputs[0]).toMatchObject({ scale: 0.5, sources: ["out"] });
    expect(out(network, new Map([["in", tensor("uint8", [2, 1], [1, 0])]]))).toEqual([3 + 2, 0]);
  });

  test("a spike through Delay 3 and weights is back after 3 steps, not 4; through weights alone after 1", () => {
    const loop = (delay: number | undefined): Network =>
      lower(
        made(
          {
            in: inputNode([1]),
            w: dense([1, 1], [2]),
            n: cell(1),
            back: dense([1, 1], [2]),
            out: { type: "Output", shape: [1] },
            ...(delay === undefined
              ? {}
              : { wait: { type: "Delay", delay: tensor("float64", [1], [delay]) } }),
          },
          ["in w", "w n", "n out", "back n", ...(delay === undefined ? ["n back"] : ["n wait", "wait back"])],
        ),
      );
    const input: SpikeInput = new Map([["in", tensor("uint8", [8, 1], [0, 1, 0, 0, 0, 0, 0, 0])]]);
    expect(out(loop(3), input)).toEqual([0, 1, 0, 0, 1, 0, 0, 1]);
    expect(out(loop(undefined), input)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    expect(loop(3).projections.find(({ name }) => name === "back")?.delay).toBe(3);
  });

  test("delays past 2^20 steps, equal or not, are refused before any room is made", () => {
    const waiting = (delay: readonly number[]): NirGraph =>
      made(
        {
          in: inputNode([2]),
          wait: { type: "Delay", delay: tensor("float64", [2], delay) },
          w: dense([1, 2], [1, 1]),
          n: cell(1),
          out: { type: "Output", shape: [1] },
        },
        ["in wait", "wait w", "w n", "n out"],
      );
    expect(codes(() => lower(waiting([2e9, 2e9])))).toEqual(["E_DELAY_TOO_LONG nodes.wait"]);
    expect(codes(() => lower(waiting([1, 2e9])))).toEqual(["E_DELAY_TOO_LONG nodes.wait"]);
    expect(codes(() => lower(waiting([1, 2 ** 20])))).toEqual([]);
  });

  test("a recurrent bias acts in step 0 too", () => {
    const back: NirNode = { type: "Affine", ...weights({ shape: [1, 1], ints: [0], scale: [1], bias: [2] }) };
    const network = lower(
      made(
        { in: inputNode([1]), w: dense([1, 1], [1]), n: cell(1), back, out: { type: "Output", shape: [1] } },
        ["in w", "w n", "n out", "n back", "back n"],
      ),
    );
    expect(out(network, new Map([["in", tensor("uint8", [2, 1], [0, 0])]]))).toEqual([1, 1]);
  });

  test("dead nodes: weights that nothing reads vanish, neurons that no Output reads stay and can be recorded", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([1, 1], [2]),
          n: cell(1),
          dead: dense([3, 1], [1, 1, 1]),
          side: dense([1, 1], [2]),
          aside: cell(1),
          out: { type: "Output", shape: [1] },
        },
        ["in w", "w n", "n out", "n dead", "n side", "side aside"],
      ),
    );
    expect(network.populations.map(({ name }) => name).sort()).toEqual(["aside", "n"]);
    const record = { nodes: ["aside"], signals: ["out"] } as const;
    const trace = simulateNetwork(network, new Map([["in", tensor("uint8", [1, 1], [1])]]), { record });
    expect(Array.from(trace.records.get("aside/out")?.data as Int32Array)).toEqual([1]);
  });
});
