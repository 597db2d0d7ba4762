/** 24 random networks against PyTorch autograd: `scripts/pytorch-graphs.py` fills the values in. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NirGraph, type NirNode, tensor } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  type BuildOptions,
  buildTrainable,
  countMSE,
  firstSpikeCrossEntropy,
  knowledgeDistillation,
  type Loss,
  l1Rate,
  membraneLastCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneRange,
  membraneSumCrossEntropy,
  type Regularizer,
  rateCrossEntropy,
  rateLower,
  rateMSE,
  rateUpper,
  type SeqTensor,
  spikeCountCrossEntropy,
  type TrainableModel,
  temporalMSE,
  vanRossum,
  weightDecay,
} from "../src/index.ts";

interface Case {
  readonly build: BuildOptions & { readonly dt: number };
  readonly nodes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly edges: readonly (readonly [string, string])[];
  readonly inShape: readonly number[];
  readonly x: readonly number[];
  readonly raw: Readonly<Record<string, readonly number[]>>;
  readonly lossName: string;
  readonly temperature: number;
  readonly regs: readonly string[];
  readonly labels: readonly number[];
  readonly seqT?: readonly number[];
  readonly proj?: readonly number[];
  readonly teacher?: readonly number[];
  readonly steps: number;
  readonly batch: number;
  readonly classes: number;
  readonly torch: { readonly loss: number; readonly gradients: Readonly<Record<string, readonly number[]>> };
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, "pytorch-graphs.json"), "utf8")) as {
  readonly cases: readonly Case[];
};

function graphOf({ nodes, edges }: Case): NirGraph {
  const read = (value: unknown): unknown => {
    const given = value as { readonly shape: number[]; readonly data: number[] } | null;
    return typeof given === "object" && given !== null && "data" in given
      ? tensor("float32", given.shape, given.data)
      : value;
  };
  return NirGraph.from({
    nodes: Object.entries(nodes).map(([name, { outShape: _, ...node }]) => [
      name,
      Object.fromEntries(
        Object.entries(node).map(([key, value]) => [key, read(value)]),
      ) as unknown as NirNode,
    ]),
    edges,
  });
}

const losses: Readonly<Record<string, (found: Case) => Loss>> = {
  spikeCountCrossEntropy: ({ temperature }) => spikeCountCrossEntropy({ temperature }),
  rateCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneSumCrossEntropy,
  membraneLastCrossEntropy,
  countMSE: () => countMSE(),
  rateMSE: () => rateMSE(),
  temporalMSE: () => temporalMSE(),
  firstSpikeCrossEntropy: () => firstSpikeCrossEntropy(),
  vanRossum: () => vanRossum({ tau: 2 }),
  knowledgeDistillation: () =>
    knowledgeDistillation({ base: spikeCountCrossEntropy(), temperature: 3, alpha: 0.3 }),
};

const terms: Readonly<Record<string, Regularizer>> = {
  rateUpper: rateUpper({ target: 0.1, weight: 2 }),
  rateLower: rateLower({ target: 0.6, weight: 2 }),
  l1Rate: l1Rate({ weight: 0.5 }),
  weightDecay: weightDecay({ weight: 0.01 }),
  membraneRange: membraneRange({ limit: 0.3, weight: 0.7 }),
};

function lossOf(found: Case, model: TrainableModel, x: tf.Tensor): tf.Scalar {
  const { steps, batch, classes, labels, seqT = [], proj = [], teacher = [], regs, lossName } = found;
  const used = regs.map((name) => terms[name] as Regularizer);
  const signals = [...new Set(used.flatMap(({ records }) => records ?? []))];
  const result = model.forward(new Map([["in", x]]), {
    training: true,
    inputGradient: true,
    ...(signals.length === 0 ? {} : { record: { nodes: "all", signals } }),
  });
  const output = result.outputs.get("out") as SeqTensor;
  const shape = [steps, batch, classes];
  const target = {
    labels: Int32Array.from(labels),
    ...(seqT.length === 0 ? {} : { sequence: tf.tensor([...seqT], shape) }),
    ...(teacher.length === 0 ? {} : { teacher: tf.tensor([...teacher], [batch, classes]) }),
  };
  const loss = losses[lossName];
  const first =
    loss === undefined
      ? (tf.sum(tf.mul(output.dense(), tf.tensor([...proj], shape))) as tf.Scalar)
      : loss(found).compute(output, target);
  return used.reduce<tf.Scalar>((sum, term) => tf.add(sum, term.term(result, model)), first);
}

let serial = 0;
const backends = process.env.NIRKIT_DEEP === "1" ? ["cpu", "wasm"] : ["cpu"];

describe.each(backends.flatMap((backend) => [["composite", backend] as const, ["fused", backend] as const]))(
  "losses and all gradients, %s on %s",
  (execution, backend) => {
    test.each(
      cases.map(
        (found, k) =>
          [
            k,
            Object.values(found.nodes)
              .map(({ type }) => type)
              .join(" "),
            found,
          ] as const,
      ),
    )("are those of PyTorch to 3e-5 of the largest: network %i, %s", async (_, __, found) => {
      await tf.setBackend(backend);
      const { steps, batch, inShape, raw, torch } = found;
      const wanted = execution === "fused" ? "auto" : execution;
      const model = await buildTrainable(graphOf(found), {
        ...found.build,
        execution: wanted,
        name: `graph${serial++}`,
      });
      for (const { name, variable } of model.parameters.values())
        variable.assign(tf.tensor([...(raw[name] ?? [])], variable.shape));
      const x = tf.variable(tf.tensor([...found.x], [steps, batch, ...inShape]), true, `x${serial++}`);
      const { value, grads } = tf.variableGrads(() => lossOf(found, model, x));
      expect(Math.abs((value.dataSync()[0] ?? 0) - torch.loss)).toBeLessThan(
        3e-5 * (1 + Math.abs(torch.loss)),
      );
      const variables = new Map([...model.parameters.values()].map(({ name, variable }) => [name, variable]));
      for (const [name, expected] of Object.entries(torch.gradients)) {
        const gradient = grads[(name === "@in" ? x : (variables.get(name) as tf.Variable)).name]?.dataSync();
        const scale = Math.max(...expected.map(Math.abs), 1e-3);
        expected.forEach((value, k) => {
          expect(Math.abs((gradient?.[k] ?? 0) - value) / scale, name).toBeLessThan(3e-5);
        });
      }
      x.dispose();
      model.dispose();
    });
  },
);
