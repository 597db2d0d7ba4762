import { full, graph, tensor } from "@nirkit/graph";
import { expect, test } from "vitest";
import { createSimulator } from "../src/index.ts";

const codes = (network: ReturnType<ReturnType<typeof graph>["build"]>, dialect: string): string[] =>
  createSimulator(network, { dialect, dt: 1e-4 }).diagnostics.map(({ code, path }) => `${code} ${path}`);

test("what a framework cannot import is run all the same, and said once per kind", () => {
  const network = graph()
    .input("in", [2])
    .scale("s", { scale: full("float32", [2], 2) })
    .scale("again", { scale: full("float32", [2], 2) })
    .if("n", { r: 1e4, vThreshold: 1, vReset: -0.5 })
    .output("out")
    .build();
  expect(codes(network, "norse").toSorted()).toEqual([
    "H_FRAMEWORK_CHANGES nodes.n",
    "H_FRAMEWORK_CHANGES nodes.n",
    "W_FRAMEWORK_REFUSES nodes.again",
  ]);
  expect(codes(network, "nir-euler")).toEqual([]);
  const trace = createSimulator(network, { dialect: "norse", dt: 1e-4 }).run(
    new Map([["in", tensor("float32", [1, 2], [0.6, 0.4])]]),
  );
  expect([...(trace.outputs.get("out")?.data ?? [])]).toEqual([1, 1]);
});

test("snnTorch of 2026 and both spinnaker2 ask the table of their framework", () => {
  const two = graph()
    .input("in", [2])
    .lif("n", { tau: 1e-3, r: 10, vThreshold: tensor("float32", [2], [1, 2]) })
    .output("out")
    .build();
  expect(codes(two, "snntorch-2026")).toContain("W_FRAMEWORK_REFUSES nodes.n");
  const chip = graph()
    .input("in", [2])
    .linear("w", { weight: [[1, 0]] })
    .if("n", { r: 1, vThreshold: 1, vReset: 0.5 })
    .output("out")
    .build();
  expect(codes(chip, "spinnaker2-float")).toContain("H_FRAMEWORK_CHANGES nodes.n");
});

test("spinnaker2 refuses what is neither population nor projection, all at once", () => {
  const network = graph()
    .input("in", [2])
    .scale("s", { scale: full("float32", [2], 1) })
    .li("li", { tau: 1, r: 1 })
    .output("out")
    .build();
  expect(() => createSimulator(network, { dialect: "spinnaker2", dt: 1e-4 })).toThrow(
    /E_DIALECT_NODE nodes.s: .* Scale.*E_DIALECT_NODE nodes.li: .* LI/s,
  );
});

test("one weight node into two populations of different largest weights is refused, of one scale it runs", () => {
  const shared = (weight: number) =>
    graph()
      .input("in", [1])
      .linear("w", { weight: [[1]] })
      .if("a", { r: 1, vThreshold: 1 })
      .output("out")
      .at("w")
      .if("b", { r: 1, vThreshold: 1 })
      .at("in")
      .linear("other", { weight: [[weight]] })
      .edge("other", "b")
      .edge("b", "out")
      .build();
  expect(() => createSimulator(shared(3), { dialect: "spinnaker2", dt: 1 })).toThrow(
    /E_SHARED_WEIGHT nodes.w/,
  );
  expect(() => createSimulator(shared(0.5), { dialect: "spinnaker2", dt: 1 })).not.toThrow();
});
