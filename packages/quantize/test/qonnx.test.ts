import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, type NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { type AnyQuantizer, quantizeGraph, readQuantized } from "@nirkit/quantize";
import { toQonnx } from "@nirkit/quantize/qonnx";
import { apot, pot, sbit } from "@nirkit/quantize-pot";
import { binary, dorefa, ternary, uniform } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";

const python = process.env.NIRKIT_PYTHON;
const hasPython = python !== undefined && existsSync(python);
const hasOnnx = hasPython && spawnSync(python, ["-c", "import onnx"]).status === 0;
if (!hasOnnx && process.env.NIRKIT_STRICT === "1")
  throw new Error("NIRKIT_PYTHON names no Python with the package onnx");
if (!hasOnnx) process.stderr.write("skipped: the Python package onnx is missing (NIRKIT_PYTHON)\n");

const random = philox(31, "qonnx");
const draw = (...shape: readonly number[]): unknown => {
  const [n = 0, ...rest] = shape;
  return Array.from({ length: n }, () => (rest.length === 0 ? random.normal() * 0.3 : draw(...rest)));
};

const source: NirGraph = graph()
  .input("in", [2, 8, 8])
  .conv2d("conv", { weight: draw(4, 2, 3, 3), bias: draw(4), padding: [1, 1] } as never)
  .lif("lif/1", { tau: 8, r: 8, vThreshold: 1 })
  .sumPool2d("pool", { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0] })
  .flatten("flat", { startDim: 0, endDim: -1 })
  .affine("fc", { weight: draw(5, 64), bias: draw(5) } as never)
  .lif("lif2", { tau: 8, r: 8, vThreshold: 1 })
  .output("out")
  .build();

interface Plain {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
interface Answer {
  readonly domains: Readonly<Record<string, number>>;
  readonly ops: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly reference: Readonly<Record<string, Plain>>;
  readonly qonnx?: Readonly<Record<string, Plain>>;
}

function runInPython(model: Uint8Array): Answer {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-"));
  try {
    const file = join(folder, "model.onnx");
    writeFileSync(file, model);
    const script = join(import.meta.dirname, "run-qonnx.py");
    const { stdout, stderr, status } = spawnSync(python ?? "", [script, file], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Answer;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const schemes: readonly (readonly [string, AnyQuantizer, object])[] = [
  ["uniform:8", uniform, { bits: 8 }],
  ["uniform:4 per channel, full range", uniform, { bits: 4, axis: 0, range: "full", clip: "lsq" }],
  ["uniform:16", uniform, { bits: 16 }],
  ["ternary", ternary, {}],
  ["binary per channel", binary, { axis: 0 }],
  ["dorefa:3", dorefa, { bits: 3 }],
  ["pot:4 per channel", pot, { bits: 4, axis: 0 }],
  ["pot:5", pot, { bits: 5 }],
  ["apot:4", apot, { bits: 4 }],
  ["sbit:8", sbit, { bits: 8 }],
];

async function quantize(quantizer: AnyQuantizer, params: object): Promise<NirGraph> {
  const options = { params: quantizer.params.parse(params), dt: 1 };
  return (await quantizeGraph(source, quantizer, options)).graph;
}

describe.skipIf(!hasOnnx)("QONNX models in Python", () => {
  for (const [name, quantizer, params] of schemes)
    test(`${name}: onnx runs it, every dequantised weight is the same to the last bit`, async () => {
      const quantized = await quantize(quantizer, params);
      const answer = runInPython(toQonnx(quantized));
      const view = readQuantized(quantized, [quantizer]);
      for (const engine of [answer.reference, ...(answer.qonnx === undefined ? [] : [answer.qonnx])])
        for (const path of ["conv", "fc"]) {
          const found = engine[`${path}.weight_quantized`];
          const weight = view.weights.get(path)?.weight;
          expect(found?.shape).toEqual(weight?.shape);
          expect(found?.values).toEqual([...(weight?.dequant ?? [])].map((x) => x + 0));
        }
    });

  test("uniform:8: weighted sums are those of the dequantised weights, neurons are cut out and listed", async () => {
    const quantized = await quantize(uniform, { bits: 8 });
    const answer = runInPython(toQonnx(quantized));
    expect(answer.domains).toEqual({ "": 13, "qonnx.custom_op.general": 1 });
    expect(answer.ops.filter((op) => op === "IntQuant").length).toBe(2);
    expect(answer.metadata["nirkit:dt"]).toBe("1");
    expect(JSON.parse(answer.metadata["nirkit:neurons"] ?? "")).toEqual([
      { node: "lif/1", type: "LIF", receives: "lif/1.input", sends: "lif/1" },
      { node: "lif2", type: "LIF", receives: "lif2.input" },
    ]);
    const fc = quantized.node("fc");
    const weight = readQuantized(quantized).weights.get("fc")?.weight.dequant;
    if (fc.type !== "Affine" || weight === undefined) throw new Error("fc is gone");
    // spikes [4, 8, 8], 1 at every third place; sum pooling 2 x 2; row-major
    const pooled = new Float64Array(64);
    for (let i = 0; i < 256; i += 3)
      pooled[Math.floor(i / 64) * 16 + Math.floor((i % 64) / 16) * 4 + Math.floor((i % 8) / 2)] =
        (pooled[Math.floor(i / 64) * 16 + Math.floor((i % 64) / 16) * 4 + Math.floor((i % 8) / 2)] ?? 0) + 1;
    const sums = Array.from({ length: 5 }, (_, o) =>
      pooled.reduce((sum, x, j) => sum + x * (weight[o * 64 + j] ?? 0), Number(fc.bias.data[o] ?? 0)),
    );
    const found = answer.reference["lif2.input"];
    expect(found?.shape).toEqual([1, 5]);
    // float32 sums of 64 terms in another order
    for (const [o, sum] of sums.entries()) expect(found?.values[o]).toBeCloseTo(sum, 4);
    expect(answer.reference["lif/1.input"]?.shape).toEqual([1, 4, 8, 8]);
  });
});

/** Fields of a protocol buffer message: number and bytes, or the varint. */
function* fieldsOf(bytes: Uint8Array): Generator<readonly [number, Uint8Array | number]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) yield [tag >>> 3, varint()];
    else {
      const length = varint();
      yield [tag >>> 3, bytes.subarray(at, at + length)];
      at += length;
    }
  }
}

const textOf = (value: Uint8Array | number): string => new TextDecoder().decode(value as Uint8Array);
const pick = (bytes: Uint8Array | number, number: number): (Uint8Array | number)[] =>
  [...fieldsOf(bytes as Uint8Array)].filter(([n]) => n === number).map(([, value]) => value);

describe("the file itself", () => {
  const opsOf = (model: Uint8Array): string[] =>
    pick(pick(model, 7)[0] ?? new Uint8Array(0), 1).map((node) =>
      textOf(pick(node, 4)[0] ?? new Uint8Array(0)),
    );

  test("is IR version 8, of producer nirkit, with the operators in an order that runs", async () => {
    const model = toQonnx(await quantize(uniform, { bits: 8 }));
    expect(pick(model, 1)).toEqual([8]);
    expect(pick(model, 2).map(textOf)).toEqual(["nirkit"]);
    const ops = [
      "IntQuant",
      "Conv",
      "Identity",
      "AveragePool",
      "Mul",
      "Reshape",
      "IntQuant",
      "Transpose",
      "MatMul",
    ];
    expect(opsOf(model)).toEqual([...ops, "Add", "Identity"]);
  });

  test("one bit is BipolarQuant, and the same graph gives the same bytes", async () => {
    const quantized = await quantize(binary, {});
    expect(opsOf(toQonnx(quantized)).filter((op) => op === "BipolarQuant").length).toBe(2);
    expect(toQonnx(quantized)).toEqual(toQonnx(quantized));
  });

  test("a Threshold node is Greater and Cast; a recurrent neuron feeds its own sum from outside", async () => {
    const loop = graph()
      .input("in", [2])
      .linear("w", { weight: [[0.5, -0.25]] })
      .lif("n", { tau: 8, r: 8, vThreshold: 1 })
      .linear("back", { weight: [[0.25]] })
      .output("out")
      .build();
    const recurrent = loop.with({ addEdges: [["back", "n"]] });
    const { graph: quantized } = await quantizeGraph(recurrent, uniform, {
      params: uniform.params.parse({}),
      dt: 1,
    });
    expect(opsOf(toQonnx(quantized))).toContain("Sum");
    const compared = graph()
      .input("in", [2])
      .linear("w", { weight: [[0.5, -0.25]] })
      .threshold("t", { threshold: 0.3 })
      .output("out")
      .build();
    const done = await quantizeGraph(compared, uniform, { params: uniform.params.parse({}), dt: 1 });
    expect(opsOf(toQonnx(done.graph)).slice(-3)).toEqual(["Greater", "Cast", "Identity"]);
  });

  test("a graph without annotation is refused with E_NOT_QUANTIZED", () => {
    expect(() => toQonnx(source)).toThrow(/E_NOT_QUANTIZED/);
  });
});
