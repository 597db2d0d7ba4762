import { describe, expect, it } from "vitest";
import { conv3d, conv3dNode, lowerExtensions } from "../../src/extensions/index.ts";
import {
  completeGraph,
  graphFromJson,
  graphToJson,
  inferTypes,
  NirGraph,
  tensor,
  validateGraph,
} from "../../src/index.ts";
import { evaluate } from "../evaluate.ts";
import { conv, extensions, hsi, single } from "./conv3d-networks.ts";

describe("nirkit:Conv3d", () => {
  it("types the layers of hsi-cnn3d on 200 bands: 20×198×3×3, 20×99×3×3, 35×99×1×1, 35×50×1×1", () => {
    const types = inferTypes(hsi(200), { extensions });
    expect(types.diagnostics).toEqual([]);
    expect(["conv1", "down1", "conv2", "down2", "conv3", "conv4"].map((n) => types.outputShape(n))).toEqual([
      [20, 198, 3, 3],
      [20, 99, 3, 3],
      [35, 99, 1, 1],
      [35, 50, 1, 1],
      [35, 50, 1, 1],
      [35, 26, 1, 1],
    ]);
  });
  it("infers backward with stride 1, and takes input_shape", () => {
    const open = NirGraph.from({
      nodes: [
        ["c", conv([2, 1, 3, 3, 3])],
        ["out", { type: "Output", shape: [2, 4, 5, 6] }],
      ],
      edges: [["c", "out"]],
    });
    expect(inferTypes(open, { extensions }).inputShape("c")).toEqual([1, 6, 7, 8]);
    const told = open.with({
      removeNodes: ["out"],
      setNodes: [["c", conv([2, 1, 3, 3, 3], { stride: 2, inputShape: [7, 7, 9] })]],
    });
    expect(completeGraph(told, { extensions }).node("output_c")).toMatchObject({ shape: [2, 3, 3, 4] });
  });
  it("steps as the sum says: 1×1×2 kernel (1, 10) on (1, 2, 3) with bias 0.5 gives 21.5, 32.5", () => {
    const node = conv3dNode({
      weight: tensor("float32", [1, 1, 1, 1, 2], [1, 10]),
      bias: tensor("float32", [1], [0.5]),
    });
    const g = single(node, [1, 1, 1, 3]);
    expect([...(evaluate(g, new Map([["in", [1, 2, 3]]]), extensions).get("out") ?? [])]).toEqual([
      21.5, 32.5,
    ]);
  });
  it("is an extension until it is lowered: W_EXTENSION, JSON only with the type, channel axes of its weight", () => {
    const g = single(conv([2, 1, 3, 3, 3]), [1, 4, 4, 4]);
    expect(validateGraph(g, { extensions }).map((d) => d.code)).toEqual(["W_EXTENSION"]);
    expect(graphFromJson(graphToJson(g), { extensions }).equals(g)).toBe(true);
    expect(() => graphFromJson(graphToJson(g))).toThrow("E_UNKNOWN_TYPE");
    expect(conv3d.rules.channelAxes?.(conv([2, 1, 3, 3, 3]))).toEqual({ input: 1, output: 0 });
    expect(validateGraph(lowerExtensions(g, extensions).graph)).toEqual([]);
  });
  it.each([
    ["weight", [1], "E_BAD_SHAPE"],
    ["weight", "no", "E_BAD_DTYPE"],
    ["bias", 3, "E_BAD_SHAPE"],
    ["stride", [1, 0, 1], "E_BAD_VALUE"],
    ["stride", [1, 1], "E_BAD_VALUE"],
    ["dilation", "x", "E_BAD_VALUE"],
    ["padding", "full", "E_BAD_VALUE"],
    ["padding", -1, "E_BAD_VALUE"],
    ["groups", 3, "E_BAD_VALUE"],
    ["input_shape", [4, 4], "E_BAD_VALUE"],
  ])("refuses %s %j with %s at the parameter", (param, value, code) => {
    const sound = conv([2, 1, 3, 3, 3]);
    const bad = Array.isArray(value) && param === "weight" ? tensor("float32", [1], [1]) : value;
    const node = { ...sound, params: new Map(sound.params).set(param, bad as never) };
    const g = NirGraph.from({ nodes: [["c", node]], edges: [] });
    expect(inferTypes(g, { extensions }).diagnostics.map((d) => `${d.code} ${d.path}`)).toContain(
      `${code} nodes.c.${param}`,
    );
  });
  it("refuses padding same with a stride, and a kernel that does not fit", () => {
    const strided = NirGraph.from({
      nodes: [["c", conv([1, 1, 3, 3, 3], { padding: "same", stride: 2 })]],
      edges: [],
    });
    expect(inferTypes(strided, { extensions }).diagnostics[0]).toMatchObject({
      code: "E_BAD_VALUE",
      path: "nodes.c.stride",
    });
    expect(() => single(conv([1, 1, 5, 1, 1]), [1, 4, 4, 4])).toThrow("E_TYPE_MISMATCH");
  });
});

/** hsi-cnn3d after Ben Hamida et al. 2018: six bias-free 3-D layers, a spiking neuron after each, one dense layer. */
