import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  atan,
  type BuildOptions,
  boxcar,
  buildTrainable,
  exponential,
  fastSigmoid,
  gaussian,
  type Surrogate,
  sigmoid,
  sparseFastSigmoid,
  straightThrough,
  triangular,
} from "../src/index.ts";

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
/** Of networks with neurons in a row. */
interface DenseOptions {
  readonly cuba: boolean;
  readonly reset: "value" | "subtract" | "none";
  readonly resetDelay: 0 | 1;
  readonly detachReset: boolean;
  readonly kind: string;
  readonly compare: "gt" | "ge";
  readonly cubaOrder: "new" | "old";
  readonly vReset: number;
  readonly theta: number;
}
/** Of convolutions. */
interface ConvOptions {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}
interface Case {
  readonly name: string;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly options: DenseOptions & ConvOptions;
  readonly data: Readonly<Record<string, Stored>>;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, "pytorch-values.json"), "utf8")) as {
  cases: readonly Case[];
};

const surrogates: Readonly<Record<string, () => Surrogate>> = {
  fastSigmoid,
  atan,
  sigmoid,
  triangular,
  exponential,
  gaussian,
  boxcar,
  sparseFastSigmoid,
  straightThrough,
};

const stored = (given: Stored | undefined): ReturnType<typeof tensor> =>
  tensor("float32", given?.shape ?? [], given?.values ?? []);

/** τ of a decay with dt 1. */
const tau = (beta: number): number => 1 / (1 - beta);
const sigma = (w: number): number => 1 / (1 + Math.exp(-w));

function denseNetwork({ data, options }: Case): { graph: NirGraph; options: BuildOptions } {
  const { cuba, reset, resetDelay, detachReset, kind, compare, cubaOrder, vReset, theta } = options;
  const raw = (name: string): number => data[name]?.values[0] ?? 0;
  const common = { r: 5, vLeak: 0.05, vReset, vThreshold: theta };
  const start = graph()
    .input("in", [4])
    .affine("fc1", { weight: stored(data["fc1.weight"]), bias: stored(data["fc1.bias"]) });
  const leak = tau(sigma(raw("l1.leak")));
  const hidden = cuba
    ? start
        .cubaLif("l1", { ...common, tauMem: leak, tauSyn: tau(sigma(raw("l1.synLeak"))), wIn: 2 })
        .linear("rec", { weight: stored(data["rec.weight"]) })
        .edge("rec", "l1")
        .at("l1")
    : start.lif("l1", { ...common, tau: leak });
  return {
    graph: hidden
      .linear("fc2", { weight: stored(data["fc2.weight"]) })
      .lif("l2", { tau: 5, r: 5, vThreshold: 0.7 })
      .output("out")
      .build(),
    options: {
      dialect: { reset, resetDelay, compare, cubaOrder },
      detachReset,
      surrogate: (surrogates[kind] as () => Surrogate)(),
      nodes: { l1: { leak: "layer", synLeak: "layer", threshold: "layer" } },
    },
  };
}

function convNetwork({ data, options }: Case): { graph: NirGraph; options: BuildOptions } {
  const { stride, padding, dilation, groups } = options;
  return {
    graph: graph()
      .input("in", [2, 6, 5])
      .conv2d("c1", {
        weight: stored(data["c1.weight"]),
        bias: stored(data["c1.bias"]),
        stride,
        padding,
        dilation,
        groups,
      })
      .lif("l1", { tau: 5, r: 5, vThreshold: 0.7 })
      .avgPool2d("p", { kernelSize: 2, stride: 1 })
      .output("out")
      .build(),
    options: { dialect: { reset: "subtract" }, surrogate: atan() },
  };
}

let serial = 0;

describe.each([
  ["composite", "cpu"],
  ["composite", "wasm"],
  ["fused", "cpu"],
  ["fused", "wasm"],
] as const)("gradients of PyTorch autograd, %s on %s", (execution, backend) => {
  test.each(cases.map((found) => [found.name, found] as const))(
    "are found to 1e-5 of the largest: %s",
    async (_, found) => {
      await tf.setBackend(backend);
      const { graph: network, options } =
        "c1.weight" in found.data ? convNetwork(found) : denseNetwork(found);
      const model = await buildTrainable(network, { ...options, dt: 1, execution, name: `torch${serial++}` });
      const raw = (name: string): tf.Variable => model.parameters.get(name)?.variable as tf.Variable;
      // The raw values themselves are stored: τ and θ of the graph are only near them.
      for (const name of ["l1.leak", "l1.synLeak", "l1.threshold"])
        if (name in found.data) raw(name).assign(tf.scalar(found.data[name]?.values[0] ?? 0));
      const x = tf.tensor([...(found.data.x?.values ?? [])], [...(found.data.x?.shape ?? [])]);
      const c = tf.tensor([...(found.data.c?.values ?? [])], [...(found.data.c?.shape ?? [])]);
      const { value, grads } = tf.variableGrads(() => {
        const y = model
          .forward(new Map([["in", x]]))
          .outputs.get("out")
          ?.dense() as tf.Tensor;
        return tf.sum(tf.mul(c, y)) as tf.Scalar;
      });
      expect(value.dataSync()[0]).toBeCloseTo(found.loss, 4);
      for (const [name, expected] of Object.entries(found.gradients)) {
        const gradient = (grads[raw(name).name] as tf.Tensor).dataSync();
        const scale = Math.max(...expected.map(Math.abs), 1e-3);
        const worst = Math.max(...expected.map((value, i) => Math.abs(value - (gradient[i] ?? Number.NaN))));
        expect(worst / scale, name).toBeLessThan(1e-5);
      }
      model.dispose();
    },
  );
});
