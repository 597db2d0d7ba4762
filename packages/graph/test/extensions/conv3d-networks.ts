/** Small networks with a Conv3d, and what they compute before and after lowering. */
import { conv3d, conv3dNode } from "../../src/extensions/index.ts";
import { layoutOrder } from "../../src/extensions/layout.ts";
import {
  type ExtensionNode,
  full,
  graph,
  type Layout,
  type NirGraph,
  type NirNode,
  type Shape,
  sizeOf,
  tensor,
} from "../../src/index.ts";
import { evaluate } from "../evaluate.ts";

export const extensions = [conv3d];
export const ramp = (shape: Shape, step = 1) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7 * step) % 11) - 5) / 2),
  );
export const lif = (shape: Shape): NirNode => ({
  type: "LIF",
  tau: full("float32", shape, 0.01),
  r: ramp(shape, 3),
  vLeak: ramp(shape, 2),
  vThreshold: ramp(shape, 5),
  vReset: full("float32", shape, -9),
});
export const conv = (weight: Shape, more: Partial<Parameters<typeof conv3dNode>[0]> = {}): ExtensionNode =>
  conv3dNode({ weight: ramp(weight), bias: ramp([weight[0] ?? 0], 3), ...more });

/** Where the values of an Input or Output of the lowered graph were: by `nirkit:layout`, or in place. */
function orderOf(lowered: NirGraph, name: string): Int32Array | undefined {
  const noted = lowered.node(name).metadata?.get("nirkit:layout");
  if (typeof noted !== "string") return undefined;
  const { from, axes } = JSON.parse(noted) as Pick<Layout, "from" | "axes">;
  return layoutOrder({ from, axes, shape: [] });
}

/** Both graphs on one random input, the lowered one's ports put back into the old order. */
export function bothWays(g: NirGraph, lowered: NirGraph): [Map<string, number[]>, Map<string, number[]>] {
  const inputs = new Map<string, number[]>();
  const moved = new Map<string, number[]>();
  for (const [name, node] of g.nodes()) {
    if (node.type !== "Input" || !("shape" in node)) continue;
    const values = Array.from({ length: sizeOf(node.shape ?? []) }, (_, i) => ((i * 13) % 17) - 8);
    inputs.set(name, values);
    const order = orderOf(lowered, name);
    moved.set(name, order === undefined ? values : Array.from(order, (at) => values[at] ?? 0));
  }
  const want = new Map([...evaluate(g, inputs, extensions)].map(([name, y]) => [name, [...y]]));
  const got = new Map<string, number[]>();
  for (const [name, y] of evaluate(lowered, moved)) {
    const order = orderOf(lowered, name);
    const back = new Array<number>(y.length);
    for (const [i, v] of y.entries()) back[order?.[i] ?? i] = v;
    got.set(name, back);
  }
  return [want, got];
}

export const single = (node: ExtensionNode, input: Shape): NirGraph =>
  graph({ extensions }).input("in", input).node("c", node).output("out").build();

export function hsi(bands: number): NirGraph {
  const layers: [string, Shape, object][] = [
    ["conv1", [20, 1, 3, 3, 3], {}],
    ["down1", [20, 20, 3, 1, 1], { stride: [2, 1, 1], padding: [1, 0, 0] }],
    ["conv2", [35, 20, 3, 3, 3], { padding: [1, 0, 0] }],
    ["down2", [35, 35, 3, 1, 1], { stride: [2, 1, 1], padding: [1, 0, 0] }],
    ["conv3", [35, 35, 3, 1, 1], { padding: [1, 0, 0] }],
    ["conv4", [35, 35, 2, 1, 1], { stride: [2, 1, 1], padding: [1, 0, 0] }],
  ];
  const built = graph({ extensions }).input("in", [1, bands, 5, 5]);
  let shape: Shape = [1, bands, 5, 5];
  for (const [name, weight, more] of layers) {
    const node = conv3dNode({ weight: ramp(weight), ...more });
    shape = conv3d.rules.infer(node, shape) ?? [];
    built.node(name, node).node(`${name}_lif`, lif(shape));
  }
  const n = sizeOf(shape);
  return built
    .flatten("flat")
    .linear("fc", { weight: ramp([6, n]) })
    .output("out")
    .build();
}
