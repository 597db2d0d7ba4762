import { type Metadata, type NirNode, tensor, withMetadata } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { lower } from "../src/index.ts";
import { codes, fanIn, quantized, twoLayers, withWeights } from "./lowering-fixtures.ts";

describe("lower refuses", () => {
  test("a graph without integers", () => {
    expect(codes(() => lower(twoLayers()))[0]).toMatch(/^E_NOT_QUANTIZED /);
  });

  test("float state where the annotation has no reset, an old current or a state scale of its own", async () => {
    const convention = { leak: "euler", compare: "ge", reset: "none", cubaOrder: "new" } as const;
    const free = await quantized(twoLayers(), { convention });
    expect(codes(() => lower(free, { neuron: "float32" }))).toEqual([
      "E_FLOAT32_ARITHMETIC nodes.lif1",
      "E_FLOAT32_ARITHMETIC nodes.lif2",
    ]);
    const source = twoLayers();
    const lif1 = source.node("lif1") as Extract<NirNode, { type: "LIF" }>;
    const withR = (r: number) => ({ r: tensor("float32", [4], [r, r, r, r]) });
    const made = await quantized(source.with({ setNodes: [["lif1", { ...lif1, ...withR(3) }]] }));
    const changed = { ...(made.node("lif1") as typeof lif1), ...withR(7) };
    const other = made.with({ setNodes: [["lif1", changed]] });
    expect(codes(() => lower(other, { neuron: "float32" }))).toEqual(["E_FLOAT32_GAIN nodes.lif1"]);
  });

  test("two scales into one population, naming both", async () => {
    const made = await quantized(fanIn());
    const other = made.with({ setNodes: [["fb", withWeights(made.node("fb"), 3)]] });
    expect(codes(() => lower(other))).toEqual(["E_SCALE_MISMATCH nodes.fb"]);
  });

  test("weights in series, a Scale with several factors, an Output of two units", async () => {
    const made = await quantized(twoLayers());
    expect(
      codes(() =>
        lower(
          made.with({
            removeEdges: [
              ["lif1", "fc2"],
              ["fc1", "lif1"],
            ],
            addEdges: [["fc1", "fc2"]],
          }),
        ),
      ),
    ).toContain("E_WEIGHTS_IN_SERIES nodes.fc1");
    const scale: NirNode = { type: "Scale", scale: tensor("float32", [3], [1, 2, 1]) };
    const scaled = made.with({
      setNodes: [["gain", scale]],
      removeEdges: [["in", "fc1"]],
      addEdges: [
        ["in", "gain"],
        ["gain", "fc1"],
      ],
    });
    expect(codes(() => lower(scaled))).toEqual(["E_SCALE_NODE nodes.gain"]);
    expect(codes(() => lower(made.with({ addEdges: [["fc2", "out"]] })))).toEqual([
      "E_OUTPUT_MIXED nodes.out",
    ]);
  });

  test("a graded source in front of weights", async () => {
    const made = await quantized(twoLayers());
    const li: NirNode = { ...(made.node("lif1") as object), type: "LI" } as NirNode;
    expect(codes(() => lower(made.with({ setNodes: [["lif1", li]] })))).toContain(
      "E_GRADED_SOURCE nodes.lif1",
    );
  });

  test("a delay that is no whole number of steps", async () => {
    const made = await quantized(twoLayers());
    const delay: NirNode = { type: "Delay", delay: tensor("float32", [3], [0.0015, 0.0015, 0.0015]) };
    const delayed = made.with({
      setNodes: [["wait", delay]],
      removeEdges: [["in", "fc1"]],
      addEdges: [
        ["in", "wait"],
        ["wait", "fc1"],
      ],
    });
    expect(codes(() => lower(delayed))[0]).toMatch(/^E_DELAY_NON_INTEGER /);
  });

  test("a bias behind a Delay", async () => {
    const made = await quantized(twoLayers());
    const delay: NirNode = { type: "Delay", delay: tensor("float32", [4], [0.002, 0.002, 0.002, 0.002]) };
    const delayed = made.with({
      setNodes: [["wait", delay]],
      removeEdges: [["fc1", "lif1"]],
      addEdges: [
        ["fc1", "wait"],
        ["wait", "lif1"],
      ],
    });
    expect(codes(() => lower(delayed))).toEqual(["E_DELAYED_BIAS nodes.fc1"]);
  });

  test("a loop of Delay and weights without a neuron", async () => {
    const made = await quantized(twoLayers());
    const delay: NirNode = { type: "Delay", delay: tensor("float32", [4], [0.001, 0.001, 0.001, 0.001]) };
    const looped = made.with({
      setNodes: [["wait", delay]],
      removeEdges: [["fc1", "lif1"]],
      addEdges: [
        ["fc1", "wait"],
        ["wait", "wait"],
        ["wait", "lif1"],
      ],
    });
    expect(codes(() => lower(looped))).toContain("E_ALGEBRAIC_LOOP nodes.wait");
  });

  test("a bias with more fractional bits than its population, and biases past 32 bits", async () => {
    const made = await quantized(twoLayers());
    const finer = withMetadata(made.node("fc1"), [["nirkit:bias_frac", 9n]]);
    expect(codes(() => lower(made.with({ setNodes: [["fc1", finer]] })))).toContain(
      "E_BIAS_PRECISION nodes.fc1",
    );
    const wide = withMetadata(made.node("fc1"), [
      ["nirkit:bias_int", tensor("int32", [4], [2147483647, 0, 0, 0])],
      ["nirkit:bias_frac", 0n],
    ]);
    expect(codes(() => lower(made.with({ setNodes: [["fc1", wide]] })))).toContain(
      "E_BIAS_TOO_WIDE nodes.fc1",
    );
  });

  test("overflow wrap where the state may leave its bits", async () => {
    const made = await quantized(twoLayers());
    const text = String((made.node("lif2").metadata as Metadata).get("nirkit:neuron"));
    const wrapping = JSON.stringify({
      ...JSON.parse(text),
      overflow: "wrap",
      stateBits: 13,
      vMin: -4096,
      vMax: 4095,
    });
    const node = withMetadata(made.node("lif2"), [["nirkit:neuron", wrapping]]);
    expect(codes(() => lower(made.with({ setNodes: [["lif2", node]] })))).toEqual([
      "E_WRAP_REACHABLE nodes.lif2",
    ]);
  });
});
