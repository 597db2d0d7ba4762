/**
 * Seeded networks, one per primitive and wiring case, against traces of an independent oracle.
 *
 * Rule: spikes are equal in every step when the trace's margin (smallest |v* − threshold|) is at least 2e-5, else at
 * most 0.1 % of a node's entries differ; everything else within 2e-5 + 2e-5·|reference|, as two runs of the oracle
 * itself differ by up to 1.1e-5.
 */
import { isNeuron, type NirGraph, type Tensor, toFloat64 } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { createSimulator, type Simulator } from "../src/index.ts";
import { entry, hasTraces, readArrays, readGraph, readText, whySkipped } from "./reference-data.ts";

interface Case {
  readonly dialects: Readonly<Record<string, { readonly dt: number; readonly margin: number | null }>>;
}

const refused = /^(conv|cnn_pool)/;
const manifest: Readonly<Record<string, Case>> = hasTraces ? JSON.parse(readText("sets/manifest.json")) : {};
const runs = Object.entries(manifest)
  .filter(([name]) => !refused.test(name))
  .flatMap(([name, { dialects }]) =>
    Object.entries(dialects)
      .filter(([label]) => /^nir-(euler|exp)\b/.test(label))
      .map(([label, { dt, margin }]) => ({ name, label, dt, margin })),
  );

describe.skipIf(!hasTraces)(`reference traces${whySkipped}`, () => {
  test("cover 14 networks in 21 dialect runs", () => {
    expect([new Set(runs.map((run) => run.name)).size, runs.length]).toEqual([14, 21]);
  });

  test.each(runs)("$name in $label", async ({ name, label, dt, margin }) => {
    const graph = await readGraph(`sets/${name}.nir`);
    const arrays = readArrays(`sets/${name}.npz`);
    const simulator = createSimulator(graph, { dialect: label.replace(/@dt=[^+]*/, ""), dt });
    const records = runAll(simulator, entry(arrays, "input"));
    let compared = 0;
    for (const [key, reference] of arrays) {
      const [node = "", signal = ""] = splitKey(key, label);
      const found = records.get(`${node}/${signal}`);
      if (found === undefined) continue;
      compare(
        key,
        found,
        reference,
        signal === "out" && fires(simulator.graph, node) ? (margin ?? 1) : undefined,
      );
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(4);
  });

  test("convolutions are refused by node", async () => {
    const graph = await readGraph("sets/conv2d_valid.nir");
    expect(() => createSimulator(graph, { dt: 1e-4 })).toThrow(/E_UNSUPPORTED_NODE nodes\.conv: Conv2d/);
  });
});

function runAll(simulator: Simulator, input: Tensor): ReadonlyMap<string, Tensor> {
  const [name] = [...simulator.graph.nodes()].find(([, node]) => node.type === "Input") ?? [""];
  const record = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;
  return simulator.run(new Map([[name, input]]), record).records;
}

/** `nir-euler@dt=1/block/lif/v` into node and signal. */
function splitKey(key: string, label: string): readonly string[] {
  if (!key.startsWith(`${label}/`)) return [];
  const rest = key.slice(label.length + 1);
  return [rest.slice(0, rest.lastIndexOf("/")), rest.slice(rest.lastIndexOf("/") + 1)];
}

function fires(graph: NirGraph, name: string): boolean {
  const node = graph.node(name);
  return node.type === "Threshold" || (isNeuron(node) && "vThreshold" in node);
}

/** `margin` is given for spikes. */
function compare(key: string, found: Tensor, reference: Tensor, margin: number | undefined): void {
  expect(found.shape, key).toEqual(reference.shape);
  const [values, expected] = [toFloat64(found), toFloat64(reference)];
  const off = values.reduce((n, value, i) => {
    const other = expected[i] ?? Number.NaN;
    const same =
      margin === undefined ? Math.abs(value - other) <= 2e-5 + 2e-5 * Math.abs(other) : value === other;
    return n + (same ? 0 : 1);
  }, 0);
  // threshold_equality lands on the threshold with dyadic numbers: exact although its margin is 0.
  expect(off, key).toBeLessThanOrEqual(
    margin === undefined || margin >= 2e-5 || margin === 0 ? 0 : values.length / 1000,
  );
}
