/** Random graphs lowered and run, against an evaluator that shares no code with either. */
import { NirGraph, nestSubgraph, type SpikeInput, type Tensor, tensor, toFloat64 } from "@nirkit/graph";
import { conv3d } from "@nirkit/graph/extensions";
import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { lower, type Network, simulateNetwork } from "../src/index.ts";
import { evaluate } from "./naive-evaluator.ts";
import { type RandomGraph, randomGraph } from "./random-graph.ts";

const isDeep = process.env.NIRKIT_DEEP === "1";

/** Reals: the port divides by the scale of its annotation. */
function inputOf({ input, model }: RandomGraph): SpikeInput {
  return new Map(
    [...input].map(([name, rows]) => {
      const shape = [rows.length, ...model.inputShape(name)];
      return [name, tensor("float32", shape, rows.flat())] as const;
    }),
  );
}

/** Compares every population, every state and every output; returns the spikes seen. */
function compare(made: RandomGraph, network: Network, rename: (name: string) => string): number {
  const expected = evaluate(made.model, made.input);
  const record = { nodes: "all", signals: ["out", "v"] } as const;
  const trace = simulateNetwork(network, inputOf(made), { record });
  let spikes = 0;
  for (const [name, node] of made.model.nodes) {
    const rows = expected.get(name)?.flat() ?? [];
    if (node.type === "Output") {
      const port = network.outputs.find((p) => p.name === name);
      const scale = port?.scale ?? 1;
      const found = toFloat64(trace.outputs.get(name) as Tensor);
      expect(
        Array.from(found, (x) => x * scale),
        name,
      ).toEqual(rows);
    }
    const states = expected.get(`${name}/v`);
    if (states === undefined) continue;
    const at = rename(name);
    if (node.type !== "LI" && node.type !== "Threshold")
      expect(Array.from(toFloat64(trace.records.get(`${at}/v`) as Tensor)), `${name}/v`).toEqual(
        states.flat(),
      );
    if (node.type === "LI") continue;
    expect(Array.from(toFloat64(trace.records.get(`${at}/out`) as Tensor)), name).toEqual(rows);
    spikes += rows.reduce((a, b) => a + b, 0);
  }
  return spikes;
}

/** The same graph with nodes and edges in another order. */
function shuffled(graph: NirGraph, seed: number): NirGraph {
  const random = philox(seed, "shuffle");
  const mix = <T>(list: Iterable<T>): T[] =>
    [...list]
      .map((x) => [random.uint32(), x] as const)
      .sort(([a], [b]) => a - b)
      .map(([, x]) => x);
  return NirGraph.from({ nodes: mix(graph.nodes()), edges: mix(graph.edges()), metadata: graph.metadata });
}

const unchanged = (name: string): string => name;

describe.each([
  ["image", isDeep ? 2000 : 150],
  ["line", isDeep ? 1000 : 60],
  ["volume", isDeep ? 500 : 40],
] as const)("random %s graphs, %i of them", (kind, count) => {
  const timeout = isDeep ? 300_000 : 30_000;

  test("every spike, state and output equals dense matrices and BigInt neurons", { timeout }, () => {
    let spikes = 0;
    for (let index = 0; index < count; index++) {
      const made = randomGraph(index, kind);
      spikes += compare(made, lower(made.graph), unchanged);
    }
    expect(spikes).toBeGreaterThan(10 * count);
  });

  test("the order of nodes and edges in the file changes nothing", () => {
    for (let index = 0; index < count; index += 5) {
      const made = randomGraph(index, kind);
      compare(made, lower(shuffled(made.graph, index)), unchanged);
    }
  });

  test("part of a graph nested is the same network with longer names", () => {
    let nested = 0;
    for (let index = 0; index < count; index++) {
      const made = randomGraph(index, kind);
      if (made.chain.length === 0) continue;
      const graph = nestSubgraph(made.graph, made.chain, "block", { extensions: [conv3d] });
      compare(made, lower(graph), (name) => (made.chain.includes(name) ? `block/${name}` : name));
      nested++;
    }
    expect(nested).toBeGreaterThan(count / 20);
  });
});

test("Conv3d kept and lowered to Conv2d over channels times depth give the same integers", () => {
  for (let index = 0; index < 40; index++) {
    const made = randomGraph(index, "volume");
    const network = lower(made.graph, { conv3d: "lower" });
    expect(network.projections.some(({ op }) => op.kind === "conv3d")).toBe(false);
    compare(made, network, unchanged);
  }
});

test("one step per link: 60 graphs without bias give the same outputs, later by one number of steps", () => {
  let spikes = 0;
  let links = 0;
  for (let index = 0; index < 60; index++) {
    const made = randomGraph(index, index % 2 === 0 ? "image" : "line", false);
    const [same, one] = [lower(made.graph), lower(made.graph, { links: "one-step" })];
    // A loop through several populations cannot be shifted; the network says so.
    if (one.meta.diagnostics.some(({ code }) => code === "W_LOOP_LATENCY")) continue;
    expect(one.projections.every(({ delay }) => delay >= 1)).toBe(true);
    const shift = one.latency - same.latency;
    const input = inputOf(made);
    const [a, b] = [simulateNetwork(same, input).outputs, simulateNetwork(one, input).outputs];
    for (const [name, early] of a) {
      const late = toFloat64(b.get(name) as Tensor);
      const row = late.length / (early.shape[0] ?? 1);
      const kept = late.length - shift * row;
      expect(late.slice(shift * row), `graph ${index}, ${name}`).toEqual(toFloat64(early).slice(0, kept));
      expect(late.slice(0, shift * row).every((x) => x === 0)).toBe(true);
      spikes += late.filter((x) => x !== 0).length;
    }
    links += shift;
  }
  expect(spikes).toBeGreaterThan(400);
  expect(links).toBeGreaterThan(60);
});
