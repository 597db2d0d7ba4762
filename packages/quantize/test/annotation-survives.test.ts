import {
  type AnyPass,
  dedupeEdgesPass,
  flattenPass,
  graph,
  graphFromJson,
  graphToJson,
  type LIF,
  NirGraph,
  type NirNode,
  nestSubgraph,
  removeDeadNodesPass,
  tensor,
  toFloat32,
} from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { apot, pot, sbit } from "@nirkit/quantize-pot";
import { ternary, uniform } from "@nirkit/quantize-uniform";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnyQuantizer,
  checkQuantized,
  type QuantizedView,
  quantizeGraph,
  readQuantized,
} from "../src/index.ts";

const schemes: readonly AnyQuantizer[] = [uniform, pot, apot, sbit, ternary];
const inner = graph()
  .input("input", [4])
  .affine("fc", {
    weight: tensor("float32", [3, 4], [0.9, -0.35, 0.05, 0.2, -0.6, 0.12, -0.02, 0.4, 1.2, 0.3, -0.8, 0]),
    bias: [0.1, 0, -0.2],
  })
  .lif("lif", { tau: [8, 6, 4], r: [8, 6, 4], vThreshold: [2, 2.5, 3] })
  .linear("rec", { weight: tensor("float32", [3, 3], [0.1, -0.2, 0.3, 0.2, 0, 0.1, -0.1, 0.5, 0.2]) })
  .edge("rec", "lif")
  .at("lif")
  .output("output")
  .build();
const source = graph()
  .input("in", [1, 2, 2])
  .flatten("flat", { startDim: 0 })
  .node("block", { type: "NIRGraph", graph: inner })
  .linear("last", { weight: tensor("float32", [2, 3], [0.7, -0.3, 0.2, 0.4, 0.9, -0.6]) })
  .cubaLif("out-neuron", { tauSyn: 4, tauMem: 8, r: 8, wIn: 4, vThreshold: 1.5 })
  .output("out")
  .build();
const inputs = new Map([["in", { bits: 4, signed: true, scale: 0.125 }]]);
const encodings = new Map([["in", { kind: "direct" as const, steps: 12 }]]);
const quantizedWith = async (scheme: AnyQuantizer, membrane?: number): Promise<NirGraph> =>
  (
    await quantizeGraph(source, scheme, {
      params: scheme.params.parse({}),
      dt: 1,
      inputs,
      encodings,
      ...(membrane === undefined ? {} : { membrane }),
    })
  ).graph;
/** Integers by node, the names as flattening writes them. */
const integers = (view: QuantizedView): unknown => ({
  dt: view.dt,
  weights: new Map([...view.weights].map(([path, w]) => [path.replace("/", "."), w] as const).sort()),
  neurons: new Map([...view.neurons].map(([path, n]) => [path.replace("/", "."), n] as const).sort()),
  inputs: view.inputs,
  encodings: view.encodings,
});

describe.each(schemes.map((scheme) => [scheme.scheme, scheme] as const))("%s", (_name, scheme) => {
  test("survives HDF5, JSON and flattening: equal integers, sound annotations", async () => {
    for (const membrane of [undefined, 5]) {
      const made = await quantizedWith(scheme, membrane);
      const wanted = integers(readQuantized(made, schemes));
      const { graph: file } = await readNir(await writeNir(made));
      for (const copy of [file, graphFromJson(graphToJson(made)), made.flatten()]) {
        expect(checkQuantized(copy, schemes)).toEqual([]);
        expect(integers(readQuantized(copy, schemes))).toEqual(wanted);
      }
    }
  });

  test("codes are there where they are not the integers' own bits, and decode to the integers", async () => {
    const made = await quantizedWith(scheme);
    for (const [path, { weight }] of readQuantized(made, schemes).weights) {
      expect(weight.codes).toHaveLength(weight.ints.length);
      const words = made.flatten().node(path).metadata?.get("nirkit:quant");
      const params = scheme.fromWords(weight.bits, weight.axis, JSON.parse(words as string));
      expect(params).toBeDefined();
      weight.ints.forEach((int, i) => {
        expect(scheme.decodeCode(weight.codes[i] ?? 0, params)).toBe(int);
      });
    }
  });
});

describe("graph edits", async () => {
  const made = await quantizedWith(uniform);
  const wanted = readQuantized(made, schemes);

  test("any order of passes that rename, nest, dedupe and clean keeps all integers", async () => {
    const passes: readonly AnyPass[] = [flattenPass, dedupeEdgesPass, removeDeadNodesPass];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...passes), { maxLength: 5 }),
        fc.boolean(),
        async (steps, spare) => {
          // A node that leads nowhere, and an edge twice.
          let edited = spare
            ? made.with({
                setNodes: [["spare", { type: "Flatten", startDim: 0, endDim: -1 }]],
                addEdges: [["in", "spare"]],
              })
            : made;
          for (const pass of steps)
            edited = (await pass.run(edited, pass.options.parse({}) as never, {})).graph;
          const view = readQuantized(edited, schemes);
          expect([...view.weights.values()].map(({ weight }) => [...weight.ints]).sort()).toEqual(
            [...wanted.weights.values()].map(({ weight }) => [...weight.ints]).sort(),
          );
          expect(checkQuantized(edited, schemes)).toEqual([]);
        },
      ),
      { seed: 7, numRuns: 40 },
    );
  });

  test("renaming nodes: every annotation goes with its node", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{3,8}$/), { minLength: 12, maxLength: 12 }),
        (names) => {
          const flat = made.flatten();
          const to = new Map([...flat.nodes().keys()].map((name, i) => [name, names[i] ?? name]));
          const rename = (name: string): string => to.get(name) ?? name;
          const renamed = NirGraph.from({
            nodes: [...flat.nodes()].map(([name, node]): [string, NirNode] => [rename(name), node]),
            edges: flat.edges().map(([a, b]) => [rename(a), rename(b)]),
            metadata: flat.metadata,
          });
          const view = readQuantized(renamed, schemes);
          const before = readQuantized(flat, schemes);
          return (
            checkQuantized(renamed, schemes).length === 0 &&
            [...before.weights].every(([name, w]) => {
              const other = view.weights.get(rename(name))?.weight;
              return other?.ints.every((int, i) => int === w.weight.ints[i]) === true;
            })
          );
        },
      ),
      { seed: 8, numRuns: 50 },
    );
  });

  test("taking another layer out keeps the others; nesting moves them into a path", () => {
    const flat = made.flatten();
    const cut = flat.with({
      removeNodes: ["last", "out-neuron"],
      addEdges: [[[...flat.nodes().keys()].find((name) => name.endsWith("lif")) ?? "", "out"]],
    });
    const kept = NirGraph.from({
      nodes: [...cut.nodes()].map(([name, node]): [string, NirNode] => [
        name,
        node.type === "Output" ? { type: "Output" } : node,
      ]),
      edges: cut.edges(),
      metadata: cut.metadata,
    });
    expect(checkQuantized(kept, schemes)).toEqual([]);
    expect(readQuantized(kept, schemes).weights.size).toBe(2);
    const nested = nestSubgraph(made, ["last", "out-neuron"], "tail");
    expect(checkQuantized(nested, schemes)).toEqual([]);
    expect([...readQuantized(nested, schemes).weights.keys()].sort()).toContain("tail/last");
  });
});

describe("what was changed is seen", () => {
  test("one weight moved by one LSB: integers are derived again; by a third of one: stale", async () => {
    const made = await quantizedWith(uniform);
    const last = made.node("last");
    if (last.type !== "Linear") throw new Error("last is no Linear");
    const scale = readQuantized(made).weights.get("last")?.weight.scale[0] ?? 1;
    const moved = (by: number): NirGraph => {
      const data = toFloat32(last.weight).slice();
      data[2] = (data[2] ?? 0) + by * scale;
      return made.with({ setNodes: [["last", { ...last, weight: tensor("float32", [2, 3], data) }]] });
    };
    expect(checkQuantized(moved(1), schemes).map(({ code }) => code)).toEqual(["W_STALE_WEIGHTS"]);
    const before = readQuantized(made).weights.get("last")?.weight.ints[2] ?? 0;
    expect(readQuantized(moved(1)).weights.get("last")?.weight.ints[2]).toBe(before + 1);
    expect(checkQuantized(moved(1 / 3), schemes).map(({ code }) => code)).toEqual(["E_STALE_WEIGHTS"]);
  });

  test("a threshold moved by two steps, a grid that does not ascend, without 0 or past its range", async () => {
    const made = await quantizedWith(uniform, 5);
    const path = "out-neuron";
    const node = made.node(path);
    if (node.type !== "CubaLIF") throw new Error("no CubaLIF");
    const moved = made.with({
      setNodes: [[path, { ...node, vThreshold: tensor("float32", [2], [1.9, 1.9]) }]],
    });
    expect(checkQuantized(moved, schemes).map(({ code }) => code)).toContain("E_THETA_MISMATCH");
    const words = JSON.parse(node.metadata?.get("nirkit:neuron") as string);
    const withLevels = (stateLevels: readonly number[]): readonly string[] => {
      const metadata = new Map([...(node.metadata ?? [])]);
      metadata.set("nirkit:neuron", JSON.stringify({ ...words, stateLevels }));
      return checkQuantized(made.with({ setNodes: [[path, { ...node, metadata }]] }), schemes).map(
        ({ message }) => message,
      );
    };
    expect(withLevels([0, 4, 2])[0]).toMatch(/do not ascend/);
    expect(withLevels([1, 2])[0]).toMatch(/do not contain 0/);
    expect(withLevels([0, 2 ** 30])[0]).toMatch(/leave the range/);
  });

  test("sums past 32 bits are refused by the check too: a scale of input bits that grew", async () => {
    const wide = graph()
      .input("in", [64])
      .linear("fc", { weight: tensor("float32", [1, 64], new Float32Array(64).fill(0.9)) })
      .lif("lif", { tau: 8, r: 8, vThreshold: 100 })
      .output("out")
      .build();
    const { graph: made } = await quantizeGraph(wide, uniform as AnyQuantizer, {
      params: uniform.params.parse({ bits: 8 }),
      dt: 1,
      fracBits: 12,
      stateBits: 32,
      inputs: new Map([["in", { bits: 4, signed: false, scale: 0.25 }]]),
    });
    expect(checkQuantized(made, schemes)).toEqual([]);
    const metadata = new Map([["nirkit:input", '{"bits":16,"scale":0.25,"signed":false,"v":1}']]);
    const grown = made.with({ setNodes: [["in", { ...made.node("in"), metadata } as NirNode]] });
    expect(checkQuantized(grown, schemes).map(({ code, path }) => `${code} ${path}`)).toEqual([
      "E_ACCUMULATOR_OVERFLOW nodes.lif",
    ]);
  });

  test("an encoding comes back; an unknown kind is refused", async () => {
    const made = await quantizedWith(uniform);
    expect(readQuantized(made).encodings.get("in")).toEqual({ kind: "direct", steps: 12 });
    expect(made.node("in").metadata?.get("nirkit:encoding")).toBe('{"kind":"direct","steps":12,"v":1}');
    const metadata = new Map([["nirkit:encoding", '{"kind":"morse","steps":12,"v":1}']]);
    const odd = made.with({ setNodes: [["in", { ...made.node("in"), metadata } as NirNode]] });
    expect(checkQuantized(odd)[0]?.code).toBe("E_ANNOTATION");
  });

  test("LIF parameters keep one entry per neuron", async () => {
    const made = (await quantizedWith(uniform)).flatten();
    const [lif] = [...made.nodes().values()].filter((node): node is LIF => node.type === "LIF");
    expect(lif?.vThreshold.shape).toEqual([3]);
  });
});
