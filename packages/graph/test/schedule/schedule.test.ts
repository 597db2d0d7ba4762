import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graph, NirGraph, type NirNode, schedule } from "../../src/index.ts";
import { lifOf, shuffledGraph } from "../support.ts";

const w: NirNode = { type: "Linear", weight: { dtype: "float32", shape: [2, 2], data: new Float32Array(4) } };
const lif = lifOf([2]);
const scale: NirNode = { type: "Scale", scale: { dtype: "float32", shape: [2], data: new Float32Array(2) } };
const delay = (...values: number[]): NirNode => ({
  type: "Delay",
  delay: { dtype: "float32", shape: [2], data: Float32Array.from(values) },
});
const input: NirNode = { type: "Input", shape: [2] };
const output: NirNode = { type: "Output" };
const of = (nodes: Record<string, NirNode>, ...edges: string[]): NirGraph =>
  NirGraph.from({ nodes: Object.entries(nodes), edges: edges.map((e) => e.split(">") as [string, string]) });

describe("schedule", () => {
  it("cuts LIF → W → LIF on the edge into the LIF", () => {
    const s = schedule(of({ in: input, lif, w, out: output }, "in>lif", "lif>w", "w>lif", "lif>out"));
    expect(s.feedback).toEqual([["w", "lif"]]);
    expect(s.order).toEqual(["in", "lif", "out", "w"]);
  });
  it("cuts A → W1 → B → W2 → A once, on the edge into the node nearer the Input, whatever the names", () => {
    for (const [a, b] of [
      ["a", "b"],
      ["z", "b"],
    ] as const) {
      const g = of(
        { in: input, [a]: lif, w1: w, [b]: lif, w2: w, out: output },
        `in>${a}`,
        `${a}>w1`,
        `w1>${b}`,
        `${b}>w2`,
        `w2>${a}`,
        `${b}>out`,
      );
      expect(schedule(g).feedback).toEqual([["w2", a]]);
    }
  });
  it("a neuron that feeds itself is its own feedback", () => {
    expect(schedule(of({ in: input, lif, out: output }, "in>lif", "lif>lif", "lif>out")).feedback).toEqual([
      ["lif", "lif"],
    ]);
  });
  it("a Delay of 3 steps is latched: its loop needs no feedback edge", () => {
    const g = of({ in: input, lif, d: delay(3, 3), out: output }, "in>lif", "lif>d", "d>lif", "lif>out");
    const s = schedule(g, { dt: 1 });
    expect(s.feedback).toEqual([]);
    expect(s.latched.get("d")).toEqual(Int32Array.of(3, 3));
    expect(s.order.indexOf("d")).toBeLessThan(s.order.indexOf("lif"));
  });
  it("a Delay with one entry of 0 steps is not latched, and its loop is cut at the neuron", () => {
    const g = of({ in: input, lif, d: delay(3, 0), out: output }, "in>lif", "lif>d", "d>lif", "lif>out");
    const s = schedule(g, { dt: 1 });
    expect(s.latched.size).toBe(0);
    expect(s.delaySteps.get("d")).toEqual(Int32Array.of(3, 0));
    expect(s.feedback).toEqual([["d", "lif"]]);
  });
  it("a latched Delay into the middle of a loop is no second entry", () => {
    const g = of(
      { in: input, a: lif, b: lif, w, d: delay(1, 1), out: output },
      "in>b",
      "b>w",
      "w>a",
      "a>b",
      "b>d",
      "d>a",
      "a>out",
    );
    const s = schedule(g, { dt: 1 });
    expect(s.feedback).toEqual([["a", "b"]]);
    expect(s.diagnostics).toEqual([]);
  });
  it("one scalar delay counts for every neuron", () => {
    const one: NirNode = { type: "Delay", delay: { dtype: "float32", shape: [1], data: Float32Array.of(2) } };
    expect(
      schedule(of({ in: input, d: one, out: output }, "in>d", "d>out"), { dt: 1 }).latched.get("d"),
    ).toEqual(Int32Array.of(2, 2));
  });
  it("0.0025 s at dt 1 ms is 2.5 steps: 2 (half to even), with W_DELAY_ROUNDED", () => {
    const d: NirNode = {
      type: "Delay",
      delay: { dtype: "float64", shape: [2], data: Float64Array.of(0.0025, 0.003) },
    };
    const s = schedule(of({ in: input, d, out: output }, "in>d", "d>out"), { dt: 0.001 });
    expect(s.delaySteps.get("d")).toEqual(Int32Array.of(2, 3));
    expect(s.diagnostics.map((x) => `${x.code} ${x.path}`)).toEqual(["W_DELAY_ROUNDED nodes.d.delay[0]"]);
  });
  it("a Delay without dt, and one of 2^31 steps, are refused", () => {
    expect(() => schedule(of({ in: input, d: delay(1, 1), out: output }, "in>d", "d>out"))).toThrow(
      "E_DT_MISSING",
    );
    expect(() =>
      schedule(of({ in: input, d: delay(1, 2 ** 31), out: output }, "in>d", "d>out"), { dt: 1 }),
    ).toThrow("E_BAD_VALUE");
  });
  it("names the cycle of an algebraic loop", () => {
    const g = of({ in: input, w, s: scale, out: output }, "in>w", "w>s", "s>w", "s>out");
    expect(() => schedule(g)).toThrow("The loop s -> w -> s has no neuron");
  });
  it("cuts a loop with two entries at its first name, with a warning", () => {
    const g = of({ in: input, q: lif, p: lif, out: output }, "in>p", "in>q", "p>q", "q>p", "p>out");
    const s = schedule(g);
    expect(s.feedback).toEqual([["q", "p"]]);
    expect(s.diagnostics.map((d) => d.code)).toEqual(["W_IRREDUCIBLE_LOOP"]);
  });
  it("a loop that no Input reaches is entered from its source, else cut at its first name", () => {
    const source = of({ s: lif, a: lif, b: w, out: output }, "s>b", "b>a", "a>b", "a>out");
    expect(schedule(source).feedback).toEqual([["a", "b"]]);
    const closed = of({ b: lif, a: w, out: output }, "b>a", "a>b", "b>out");
    expect(schedule(closed).feedback).toEqual([["b", "a"]]);
    expect(schedule(closed).diagnostics.map((d) => d.code)).toEqual(["W_IRREDUCIBLE_LOOP"]);
  });
  it("counts a duplicate edge once and says so", () => {
    const s = schedule(of({ in: input, lif, out: output }, "in>lif", "in>lif", "lif>out"));
    expect(s.graph.edges()).toHaveLength(2);
    expect(s.diagnostics.map((d) => d.code)).toEqual(["W_DUPLICATE_EDGE"]);
  });
  it("opens nested graphs, names joined with /", () => {
    const cell = graph()
      .input("in", [2])
      .node("lif", lif)
      .node("rec", w)
      .edge("rec", "lif")
      .at("lif")
      .output("out")
      .build();
    const s = schedule(graph().input("x", [2]).subgraph("cell", cell).output("y").build());
    expect(s.order).toEqual(["x", "cell/lif", "cell/rec", "y"]);
    expect(s.feedback).toEqual([["cell/rec", "cell/lif"]]);
  });
  it("refuses shapes that do not meet", () => {
    expect(() =>
      schedule(of({ in: { type: "Input", shape: [3] }, lif, out: output }, "in>lif", "lif>out")),
    ).toThrow("E_TYPE_MISMATCH");
  });
});

/** Every edge that is neither feedback nor into a latched Delay goes forward in the order. */
function isSound(s: ReturnType<typeof schedule>): boolean {
  const at = new Map(s.order.map((name, i) => [name, i]));
  const feedback = new Set(s.feedback.map((e) => e.join(">")));
  return s.graph
    .edges()
    .every((e) => feedback.has(e.join(">")) || (at.get(e[0]) as number) < (at.get(e[1]) as number));
}

it("order and feedback do not depend on the order of nodes and edges, and every other edge goes forward (300 shuffles)", () => {
  let scheduled = 0;
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (random) => {
      const { original, shuffled } = shuffledGraph(() => random.next().value as number);
      const run = (g: NirGraph): unknown => {
        try {
          const s = schedule(g);
          expect(isSound(s)).toBe(true);
          scheduled++;
          return [s.order, s.feedback];
        } catch (error) {
          return (error as Error).message.replace(/edges\[\d+\]/g, "edges[i]");
        }
      };
      expect(run(shuffled)).toEqual(run(original));
    }),
    { seed: 11, numRuns: 300 },
  );
  expect(scheduled).toBeGreaterThan(20);
});
