/** Small quantised graphs written by hand. */
import { NirGraph, type NirNode, type SpikeInput, tensor } from "@nirkit/graph";
import { type Network, simulateNetwork } from "../src/index.ts";
import { graphMetadata, weights } from "./annotated-graph.ts";

type Nodes = Readonly<Record<string, NirNode>>;

/** A quantised graph from nodes and edges `"from to"`. */
export function made(nodes: Nodes, edges: readonly string[]): NirGraph {
  return NirGraph.from({
    nodes: Object.entries(nodes),
    edges: edges.map((edge) => edge.split(" ") as [string, string]),
    metadata: graphMetadata,
  });
}

/** All values of an output, step by step. */
export const out = (network: Network, input: SpikeInput, name = "out"): number[] =>
  Array.from(simulateNetwork(network, input).outputs.get(name)?.data as Int32Array);

/** A convolution of given integers. */
export const conv = (shape: readonly number[], ints: readonly number[], changes: object = {}): NirNode =>
  ({
    type: shape.length === 4 ? "Conv2d" : "Conv1d",
    ...weights({ shape, ints, scale: [1] }),
    stride: shape.length === 4 ? [1, 1] : 1,
    padding: shape.length === 4 ? [0, 0] : 0,
    dilation: shape.length === 4 ? [1, 1] : 1,
    groups: 1,
    ...changes,
  }) as NirNode;

/** A dense layer of given integers. */
export const dense = (shape: readonly [number, number], ints: readonly number[], scale = 1): NirNode => ({
  type: "Affine",
  ...weights({ shape, ints, scale: [scale] }),
});

/** One step of input. */
export const frame = (shape: readonly number[], values: readonly number[]): SpikeInput =>
  new Map([["in", tensor("uint8", [1, ...shape], values)]]);
