import {
  graph,
  type LIF,
  type MetadataValue,
  type NirGraph,
  type Tensor,
  tensor,
  toFloat32,
  withMetadata,
} from "@nirkit/graph";
import { quantizeUniform, uniform } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";
import { annotationKeys, checkQuantized, readQuantized } from "../src/index.ts";

const W = [
  [0.9, -0.35, 0.05],
  [-0.6, 0.12, -0.02],
];
const source = graph()
  .input("in", [3])
  .affine("fc1", { weight: W, bias: [0.1, -0.1] })
  .lif("lif1", { tau: 8, r: 8, vThreshold: 1 })
  .output("out")
  .build();
const { graph: quantized } = await quantizeUniform(source, { bits: 4, dt: 1 });

const changed = (
  name: string,
  entries: readonly (readonly [string, MetadataValue | undefined])[],
): NirGraph => quantized.with({ setNodes: [[name, withMetadata(quantized.node(name), entries)]] });
const weightChanged = (change: (w: Float32Array) => void): NirGraph => {
  const node = quantized.node("fc1");
  if (node.type !== "Affine") throw new Error("fc1 is no Affine");
  const data = toFloat32(node.weight);
  change(data);
  return quantized.with({ setNodes: [["fc1", { ...node, weight: { ...node.weight, data } as Tensor }]] });
};
const thresholdChanged = (value: number): NirGraph => {
  const node = quantized.node("lif1") as LIF;
  return quantized.with({
    setNodes: [["lif1", { ...node, vThreshold: tensor("float32", [2], [value, value]) }]],
  });
};
const codes = (g: NirGraph): readonly string[] =>
  checkQuantized(g, [uniform]).map((d) => `${d.code} ${d.path}`);

describe("annotation", () => {
  test("flat keys, JSON with sorted keys, tensors of the stated types", () => {
    const metadata = quantized.node("fc1").metadata;
    expect([...(metadata?.keys() ?? [])]).toEqual([
      "nirkit:quant",
      "nirkit:weight_int",
      "nirkit:weight_scale",
      "nirkit:bias_int",
      "nirkit:bias_frac",
      "quant_weight",
      "quant_weight_scale",
      "quant_weight_zero_point",
    ]);
    expect(metadata?.get("nirkit:quant")).toMatch(
      /^\{"alphaMode":"absmax","axis":null,"bits":4,"intBits":4,"layout":"narrow","packed":false,"prunedFraction":0,"rounding":"HALF_EVEN","scheme":"uniform","v":1,"weightSha256":"[0-9a-f]{64}"\}$/,
    );
    expect(metadata?.get("nirkit:weight_int")).toMatchObject({ dtype: "int8", shape: [2, 3] });
    expect(metadata?.get("nirkit:weight_scale")).toMatchObject({ dtype: "float64", shape: [1] });
    expect(metadata?.get("nirkit:bias_int")).toMatchObject({ dtype: "int32", shape: [2] });
    expect(metadata?.get("quant_weight")).toMatchObject({ dtype: "uint8", shape: [1] });
  });

  test("the neuron's JSON is complete", () => {
    expect(quantized.node("lif1").metadata?.get("nirkit:neuron")).toBe(
      '{"compare":"gt","cubaOrder":"new","fracBits":4,"leak":{"form":"mul","mul":3584,"round":"zero","shift":12},"overflow":"sat","reset":"value","resetDelay":0,"spikeDelay":0,"stateBits":11,"synLeak":{"form":"none"},"v":1,"vMax":1023,"vMin":-1024}',
    );
  });

  test("the graph's JSON has dt, tool and the hash of its source; per channel writes no mirror keys", async () => {
    expect(JSON.parse(quantized.metadata.get("nirkit:graph") as string)).toEqual({
      v: 1,
      dt: 1,
      tool: "nirkit",
      toolVersion: "0.1.0",
      sourceSha256: source.hash(),
    });
    const { graph: channels } = await quantizeUniform(source, { bits: 4, axis: 0, dt: 1 });
    expect([...(channels.node("fc1").metadata?.keys() ?? [])]).not.toContain("quant_weight");
  });

  test("metadata of others stays, a mask stays, stale keys go", async () => {
    const mask = tensor("uint8", [1], [0b110111]);
    const marked = source.with({
      setNodes: [
        [
          "fc1",
          withMetadata(source.node("fc1"), [
            ["author", "someone"],
            [annotationKeys.mask, mask],
            [annotationKeys.weightCode, mask],
          ]),
        ],
      ],
    });
    const { graph: result, report } = await quantizeUniform(marked, { bits: 4, dt: 1 });
    const keys = [...(result.node("fc1").metadata?.keys() ?? [])];
    expect(keys).toContain("author");
    expect(keys).toContain("nirkit:mask");
    expect(keys).not.toContain("nirkit:weight_code");
    // Weight 3 (-0.6) is pruned.
    expect([...(readQuantized(result).weights.get("fc1")?.weight.ints ?? [])]).toEqual([7, -3, 0, 0, 1, 0]);
    expect(report.weights[0]?.prunedFraction).toBeCloseTo(1 / 6);
  });
});

describe("the factor of products", () => {
  const made = quantizeUniform(source, { bits: 4, dt: 1, integers: "product" });

  test("7/0.9 stands in the file in float64, beside the scale in float32", async () => {
    const { graph: result } = await made;
    const fc1 = readQuantized(result, [uniform]).weights.get("fc1")?.weight;
    expect(fc1?.factor).toEqual(Float64Array.of(7 / Math.fround(0.9)));
    expect(fc1?.scale).toEqual(Float64Array.of(Math.fround(Math.fround(0.9) / 7)));
    expect(checkQuantized(result, [uniform])).toEqual([]);
  });

  test("one that is not the reciprocal of the scale is refused; quantizing again without takes it out", async () => {
    const { graph: result } = await made;
    const factor = tensor("float64", [1], [7.78]);
    const node = withMetadata(result.node("fc1"), [[annotationKeys.weightFactor, factor]]);
    expect(codes(result.with({ setNodes: [["fc1", node]] }))).toEqual(["E_ANNOTATION nodes.fc1.metadata"]);
    const { graph: again } = await quantizeUniform(result, { bits: 4, dt: 1 });
    expect([...(again.node("fc1").metadata?.keys() ?? [])]).not.toContain(annotationKeys.weightFactor);
  });
});

describe("check", () => {
  test("what was written is sound", () => {
    expect(codes(quantized)).toEqual([]);
  });

  test("a float graph: every weight and neuron, and the graph, are not quantized", () => {
    expect(codes(source)).toEqual([
      "E_NOT_QUANTIZED metadata",
      "E_NOT_QUANTIZED nodes.fc1",
      "E_NOT_QUANTIZED nodes.lif1",
    ]);
    expect(() => readQuantized(source)).toThrow(/E_NOT_QUANTIZED.*nirkit quantize/);
  });

  test("the graph's words without a version are refused at metadata", () => {
    const bare = quantized.with({ metadata: new Map([["nirkit:graph", "{}"]]) });
    expect(() => readQuantized(bare, [uniform])).toThrow(
      "E_ANNOTATION_VERSION metadata: nirkit:graph has version none; version 1 was expected",
    );
  });

  test("a weight moved by another tool is no multiple of the scale", () => {
    expect(
      codes(
        weightChanged((w) => {
          w[4] = 0.2;
        }),
      ),
    ).toEqual(["E_STALE_WEIGHTS nodes.fc1.weight[1,1]"]);
  });

  test("a weight moved to another level is taken, with a warning and the new integer", () => {
    const scale = Math.fround(Math.fround(0.9) / 7);
    const moved = weightChanged((w) => {
      w[4] = Math.fround(2 * scale);
    });
    expect(codes(moved)).toEqual(["W_STALE_WEIGHTS nodes.fc1.weight"]);
    const view = readQuantized(moved);
    expect(view.weights.get("fc1")?.weight.ints[4]).toBe(2);
    expect(view.diagnostics.map((d) => d.code)).toEqual(["W_STALE_WEIGHTS"]);
  });

  test("missing integers are derived with a warning", () => {
    const bare = changed("fc1", [["nirkit:weight_int", undefined]]);
    expect(codes(bare)).toEqual(["W_DERIVED_INTEGERS nodes.fc1.metadata"]);
    expect([...(readQuantized(bare).weights.get("fc1")?.weight.ints ?? [])]).toEqual([7, -3, 0, -5, 1, 0]);
  });

  test("integers that contradict the weight, levels beyond narrow range, foreign words", () => {
    const ints = tensor("int8", [2, 3], [7, -3, 1, -5, 1, 0]);
    expect(codes(changed("fc1", [["nirkit:weight_int", ints]]))).toEqual(["E_ANNOTATION nodes.fc1.metadata"]);
    const quant = quantized.node("fc1").metadata?.get("nirkit:quant") as string;
    expect(codes(changed("fc1", [["nirkit:quant", quant.replace('"narrow"', '"wide"')]]))).toEqual([
      "E_ANNOTATION nodes.fc1.metadata",
    ]);
    const three = quant.replace('"bits":4', '"bits":3').replace('"intBits":4', '"intBits":3');
    expect(codes(changed("fc1", [["nirkit:quant", three]]))).toEqual(["E_NOT_A_LEVEL nodes.fc1"]);
  });

  test("packed codes, dense or by rows, must decode to the integers", () => {
    const quant = quantized.node("fc1").metadata?.get("nirkit:quant") as string;
    const packed = (form: string, bytes: readonly number[]): NirGraph =>
      changed("fc1", [
        ["nirkit:quant", quant.replace('"packed":false', `"packed":"${form}"`)],
        ["nirkit:weight_code", tensor("uint8", [bytes.length], bytes)],
      ]);
    expect(codes(packed("dense", [0xd7, 0xb0, 0x01]))).toEqual([]);
    expect(codes(packed("rows", [0xd7, 0x00, 0x1b, 0x00]))).toEqual([]);
    expect(codes(packed("dense", [0xc7, 0xb0, 0x01]))).toEqual(["E_CODE_MISMATCH nodes.fc1.metadata"]);
    expect(codes(packed("dense", [0xd7]))).toEqual(["E_ANNOTATION nodes.fc1.metadata"]);
  });

  test("an unknown version is refused, not guessed", () => {
    const neuron = quantized.node("lif1").metadata?.get("nirkit:neuron") as string;
    expect(codes(changed("lif1", [["nirkit:neuron", neuron.replace('"v":1', '"v":2')]]))).toEqual([
      "E_ANNOTATION_VERSION nodes.lif1.metadata",
    ]);
  });

  test("broken members: no JSON, wrong word, wrong length, no integer, no scale", () => {
    const neuron = quantized.node("lif1").metadata?.get("nirkit:neuron") as string;
    for (const entries of [
      [["nirkit:neuron", "{"]],
      [["nirkit:neuron", neuron.replace('"gt"', '"above"')]],
      [["nirkit:theta_int", tensor("int32", [3], [1, 2, 3])]],
      [["nirkit:theta_int", tensor("float64", [1], [124.5])]],
      [["nirkit:theta_int", undefined]],
      [["nirkit:state_scale", tensor("float64", [1], [-1])]],
      [["nirkit:neuron", neuron.replace('"mul":3584', '"mul":[3584,3584,3584]')]],
    ] as const)
      expect(codes(changed("lif1", entries))).toEqual(["E_ANNOTATION nodes.lif1.metadata"]);
    expect(codes(changed("fc1", [["nirkit:weight_scale", tensor("float64", [1], [0.1])]]))).toEqual([
      "E_ANNOTATION nodes.fc1.metadata",
    ]);
    expect(codes(changed("fc1", [["nirkit:bias_int", undefined]]))).toEqual([
      "E_ANNOTATION nodes.fc1.metadata",
    ]);
  });

  test("theta must follow from v_threshold: 124.5 and 124 sixteenths do, 125.5 and 123.5 do not", () => {
    const lsb = Math.fround(Math.fround(0.9) / 7) / 16;
    expect(codes(thresholdChanged(124 * lsb))).toEqual([]);
    for (const steps of [123.5, 125.5])
      expect(codes(thresholdChanged(steps * lsb))).toEqual(["E_THETA_MISMATCH nodes.lif1.v_threshold[0]"]);
  });

  test("a range that does not fit its width is refused", () => {
    const neuron = quantized.node("lif1").metadata?.get("nirkit:neuron") as string;
    expect(codes(changed("lif1", [["nirkit:neuron", neuron.replace('"vMax":1023', '"vMax":1024')]]))).toEqual(
      ["E_STATE_TOO_NARROW nodes.lif1"],
    );
  });
});
