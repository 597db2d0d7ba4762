import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  completeGraph,
  type DType,
  graph,
  type MetadataValue,
  NirGraph,
  type NirNode,
  tensor,
  tensorBytes,
  withMetadata,
} from "@nirkit/graph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  inspectNir,
  type SidecarGraph,
  type SidecarValue,
  sidecar,
  writeNirWithReport,
} from "../src/index.ts";
import { available, corpusBytes, corpusFiles } from "./corpus.ts";

const python = process.env.NIRKIT_PYTHON;
const runs = available("the reference Python package (NIRKIT_PYTHON)", python);
const tolerant = { types: "skip", nonFinite: "warn" } as const;

/** One line of `python-dump.py`. */
interface Dump {
  readonly file: string;
  readonly strict?: boolean;
  readonly error?: string;
  readonly version: string;
  readonly attributes: readonly string[];
  readonly graph?: DumpNode;
}
type DumpValue = string | readonly unknown[] | { readonly items: Readonly<Record<string, DumpValue>> };
interface DumpNode {
  readonly type: string;
  readonly nodes?: Readonly<Record<string, DumpNode>>;
  readonly edges?: readonly (readonly string[])[];
  readonly params?: Readonly<Record<string, DumpValue>>;
  readonly input_type?: Readonly<Record<string, unknown>>;
  readonly output_type?: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, DumpValue>>;
}

const grouped = "grouped or not square: the reference computes another type";
const scalars = "0-d or [1] parameters: nir.read needs type_check=False, or the option complete";

/** What the reference reads with type_check=False only, and why. */
const looselyRead: ReadonlyMap<string, string> = new Map([
  ["primitives/conv1d_groups", grouped],
  ["primitives/conv2d_groups", grouped],
  ["primitives/conv2d_depthwise", grouped],
  ["lenient/conv2d_groups_input_shape", grouped],
  ["lenient/conv2d_nonsquare_kernel", grouped],
  ["lenient/cubalif_scalar_params", scalars],
  ["lenient/lif_scalar_params", scalars],
  ["lenient/lif_shape1_params", scalars],
  ["braille_flattened", scalars],
  ["graphs/duplicate_edge", "newer releases refuse the same edge twice when they check"],
  ["graphs/nested_multi_port", "the reference cannot check a subgraph with two inputs"],
  ["lenient/multi_output_fan", "the reference cannot check a subgraph with two outputs"],
  ["lenient/nested_then_pool", "the reference looks for an output named output"],
  ["lenient/pure_cycle_no_io", "nothing enters the cycle"],
]);

/** One parameter is 0-d beside others that are not: AssertionError in the reference, whatever the mode. */
const neverRead: ReadonlySet<string> = new Set(["lenient/lif_mixed_scalar", "lif_norse_mixed_scalar"]);

let folder = "";
const written = new Map<string, NirGraph>();
/** Files whose report says that the reference cannot read them. */
const announced = new Set<string>();
const dumps = new Map<string, Dump>();

async function write(name: string, source: NirGraph, complete = false): Promise<void> {
  written.set(name, complete ? completeGraph(source) : source);
  const { bytes, diagnostics } = await writeNirWithReport(source, { ...tolerant, complete });
  if (diagnostics.some((d) => d.code === "W_PYTHON_CANNOT_READ")) announced.add(name);
  writeFileSync(join(folder, `${name.replaceAll("/", "__")}.nir`), bytes);
}

function annotated(): NirGraph {
  const entries: [string, MetadataValue][] = [
    ["nirkit:quant", '{"v":1,"scheme":"uniform"}'],
    ["nirkit:weight_int", tensor("int8", [2, 3], [1, -2, 3, -4, 5, -6])],
    ["nirkit:weight_scale", tensor("float64", [1], [0.25])],
    ["nirkit:bias_frac", 6],
    ["nirkit:half", tensor("float16", [2], [0.5, -65504])],
    ["nirkit:flags", tensor("bool", [3], [1, 0, 1])],
    ["nirkit:on", true],
    ["nirkit:dt", 0.001],
  ];
  const plain = graph()
    .input("in", [3])
    .affine("fc", {
      weight: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      bias: [0.5, -0.5],
    })
    .lif("lif", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
    .output("out")
    .build();
  const nodes = [...plain.nodes()].map(([name, node]): [string, NirNode] => [
    name,
    withMetadata(node, entries),
  ]);
  return NirGraph.from({ nodes, edges: plain.edges(), metadata: new Map(entries) });
}

function nested(): NirGraph {
  const inner = NirGraph.from({ nodes: annotated().nodes(), edges: annotated().edges() });
  return NirGraph.from({
    nodes: [
      ["block", { type: "NIRGraph", graph: inner }],
      ["input", { type: "Input", shape: [3] }],
      ["output", { type: "Output", shape: [2] }],
    ],
    edges: [
      ["input", "block"],
      ["block", "output"],
    ],
  });
}

beforeAll(async () => {
  if (!runs) return;
  folder = mkdtempSync(join(tmpdir(), "nirkit-python-"));
  await write("annotated", annotated());
  await write("nested", nested());
  for (const file of ["conformance", "real"].flatMap((part) => corpusFiles(part, ".nir"))) {
    const { graph: read, diagnostics } = await inspectNir(corpusBytes(file));
    if (read === undefined || diagnostics.some((d) => d.level === "error" && d.code !== "E_AMBIGUOUS_PORT"))
      continue;
    const name = file.replace(/^(conformance|real)\//, "").replace(/\.nir$/, "");
    await write(name, read);
    if (neverRead.has(name) || looselyRead.get(name) === scalars) await write(`complete/${name}`, read, true);
  }
  const files = [...written.keys()].map((name) => join(folder, `${name.replaceAll("/", "__")}.nir`));
  const script = join(import.meta.dirname, "python-dump.py");
  const { stdout, stderr, status } = spawnSync(python, [script], {
    input: files.join("\n"),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(String(stderr));
  for (const [i, line] of String(stdout).trim().split("\n").entries())
    dumps.set([...written.keys()][i] ?? "", JSON.parse(line) as Dump);
}, 60_000);

afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true });
});

describe.runIf(runs)("the reference package reads what nirkit writes", () => {
  test("at least 190 files, annotated and nested graphs among them", () => {
    expect(dumps.size).toBeGreaterThan(corpusFiles("real", ".nir").length === 0 ? 1 : 190);
    expect(dumps.has("annotated") && dumps.has("nested")).toBe(true);
  });

  test("with type checking, but for the named exceptions", () => {
    const loose = [...dumps].filter(([, dump]) => dump.strict !== true).map(([name]) => name);
    expect(loose.filter((name) => !looselyRead.has(name) && !neverRead.has(name))).toEqual([]);
    expect([...neverRead].filter((name) => dumps.get(name)?.graph !== undefined)).toEqual([]);
  });

  test("what it refuses was announced with W_PYTHON_CANNOT_READ, and nothing else was", () => {
    const refused = [...dumps].filter(([, dump]) => dump.strict !== true).map(([name]) => name);
    expect([...announced].sort()).toEqual(refused.sort());
  });

  test("nodes, edges, dtypes, shapes, bits, types and metadata are equal", () => {
    for (const [name, source] of written) {
      const { graph: dump, strict = false } = dumps.get(name) ?? {};
      if (dump === undefined) continue;
      expect([name, compared(dump, strict)]).toEqual([name, expected(sidecar(source), strict)]);
    }
  });

  test("the version is 1.0.8 and there are no attributes", () => {
    for (const { version, attributes } of dumps.values())
      expect([version, attributes]).toEqual(["1.0.8", []]);
  });
});

/** Shapes by port are compared where the reference checked them. */
function compared(node: DumpNode, strict: boolean): unknown {
  const { type, metadata } = node;
  if (node.nodes === undefined)
    return { type, params: node.params, metadata, ...(strict ? typesOf(node) : {}) };
  const nodes = Object.entries(node.nodes).map(([name, inner]) => [name, compared(inner, strict)]);
  return { type, nodes: Object.fromEntries(nodes), edges: sorted(node.edges ?? []), metadata };
}

function typesOf(node: Pick<DumpNode, "input_type" | "output_type">): object {
  return { input_type: node.input_type, output_type: node.output_type };
}

function expected(graph: SidecarGraph, strict: boolean): unknown {
  const nodes = Object.entries(graph.nodes).map(([name, node]) => {
    if (node.graph !== undefined) return [name, expected(node.graph, strict)];
    const [params, metadata] = [valuesOf(node.params ?? {}), valuesOf(node.metadata ?? {})];
    const { type, input_type, output_type } = node;
    return [name, { type, params, metadata, ...(strict ? { input_type, output_type } : {}) }];
  });
  return {
    type: "NIRGraph",
    nodes: Object.fromEntries(nodes),
    edges: sorted(graph.edges),
    metadata: valuesOf(graph.metadata ?? {}),
  };
}

/** The reference adds missing edges in the order of a Python set. */
function sorted(edges: readonly (readonly string[])[]): string[] {
  return edges.map((edge) => JSON.stringify(edge)).sort();
}

function valuesOf(values: Readonly<Record<string, SidecarValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, dumped(value)]));
}

/** As `python-dump.py` prints a value: dtype, shape and hash, text, list of texts, or a map. */
function dumped(value: SidecarValue): unknown {
  if (value.kind === "string") return value.value;
  if (value.kind === "dict") return { items: valuesOf(value.items) };
  if (value.kind === "array")
    return value.dtype === "object" ? value.first : [value.dtype, value.shape, value.sha256];
  const bytes = tensorBytes(tensor(value.dtype as DType, [], [Number(value.value)]));
  return [value.dtype, [], createHash("sha256").update(bytes).digest("hex")];
}
