/** The annotations of a graph, those of three-dimensional convolutions included. */
import {
  type ExtensionNode,
  type ExtensionNodeType,
  type NirGraph,
  type NirNode,
  zeros,
} from "@nirkit/graph";
import { lowerExtensions } from "@nirkit/graph/extensions";
import { type QuantizedView, readQuantized } from "@nirkit/quantize";
import { conv3dTensors } from "./conv3d-window.ts";

const conv3dType = "nirkit:Conv3d";

/** The graph with foreign extension nodes written with plain ones. */
export function withPlainNodes(graph: NirGraph, extensions: readonly ExtensionNodeType[]): NirGraph {
  return extensions.length === 0 ? graph : lowerExtensions(graph, extensions).graph;
}

/** Reads and verifies all annotations; a Conv3d carries those of a weight node. */
export function readView(graph: NirGraph): QuantizedView {
  return readQuantized(withStandIns(graph));
}

/** A Conv3d has weight, bias and annotation as a Conv2d has, with one axis more: for reading it may pass as one. */
function withStandIns(graph: NirGraph): NirGraph {
  const setNodes = [...graph.nodes()].flatMap(([name, node]): (readonly [string, NirNode])[] => {
    if (node.type === "NIRGraph" && "graph" in node) {
      const inner = withStandIns(node.graph);
      return inner === node.graph ? [] : [[name, { ...node, graph: inner }]];
    }
    return node.type === conv3dType ? [[name, standIn(node)]] : [];
  });
  return setNodes.length === 0 ? graph : graph.with({ setNodes });
}

function standIn(node: ExtensionNode): NirNode {
  const { weight, bias } = conv3dTensors(node);
  return {
    type: "Conv2d",
    weight,
    bias: bias ?? zeros("float32", [weight.shape[0] ?? 0]),
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    groups: 1,
    ...(node.metadata === undefined ? {} : { metadata: node.metadata }),
  };
}
