/** Training of 784-128-10 leaky neurons on held pixels: in float, then with powers of two of 4 bits. */
import { type Dataset, takeItems } from "@nirkit/events";
import { graph, type NirGraph, type Sample } from "@nirkit/graph";
import type { WeightQuantizer } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import {
  accuracy,
  adam,
  buildTrainable,
  cosine,
  fakeQuant,
  fastSigmoid,
  spikeCountCrossEntropy,
  Trainer,
  trainData,
} from "@nirkit/train";
import { type Digits, movedDigits, steps } from "./digits.ts";

/** How much is trained. */
export interface Recipe {
  readonly seed: number;
  readonly hidden: number;
  readonly batchSize: number;
  /** Epochs in float, and more with few levels. */
  readonly epochs: { readonly float: number; readonly pot: number };
  /** Images of an epoch, the first ones; all where absent. */
  readonly images?: number;
}

/** What the example is trained with. */
export const fullRecipe: Recipe = { seed: 1, hidden: 128, batchSize: 128, epochs: { float: 9, pot: 4 } };

/** A network before and after its weights were brought to few levels. */
export interface TrainedDigits {
  readonly float: NirGraph;
  readonly pot: NirGraph;
}

type Said = (phase: keyof TrainedDigits, epoch: number, train: number, test: number) => void;

/** Trains from nothing; the same recipe gives the same weights. */
export async function trainDigits(digits: Digits, recipe: Recipe, said: Said): Promise<TrainedDigits> {
  const float = await trainOnce(digits, recipe, { phase: "float", from: digitNetwork(recipe.hidden), said });
  return { float, pot: await trainOnce(digits, recipe, { phase: "pot", from: float, said }) };
}

/** 784-`hidden`-10 with a time constant of 5 steps and threshold 1; the weights are still 0. */
function digitNetwork(hidden: number): NirGraph {
  const dense = (rows: number, columns: number): { weight: number[][]; bias: number[] } => ({
    weight: Array.from({ length: rows }, () => new Array<number>(columns).fill(0)),
    bias: new Array<number>(rows).fill(0),
  });
  const lif = { tau: 5, r: 5, vThreshold: 1 };
  return graph()
    .input("input", [784])
    .affine("fc1", dense(hidden, 784))
    .lif("lif1", lif)
    .affine("fc2", dense(10, hidden))
    .lif("lif2", lif)
    .output("output")
    .build();
}

interface Run {
  readonly phase: keyof TrainedDigits;
  readonly from: NirGraph;
  readonly said: Said;
}

const learningRates = { float: 4e-3, pot: 1.5e-3 };
const scheme = pot as unknown as WeightQuantizer<unknown>;
const density = 0.13;

async function trainOnce({ train, test }: Digits, recipe: Recipe, run: Run): Promise<NirGraph> {
  const { seed, batchSize, epochs, images } = recipe;
  const { phase, from, said } = run;
  const levels = (): ReturnType<typeof fakeQuant>[] =>
    phase === "pot" ? [fakeQuant(scheme, scheme.params.parse({ bits: 4 }))] : [];
  const model = await buildTrainable(from, {
    dt: 1,
    dialect: "nir-euler+subtract",
    surrogate: fastSigmoid({ k: 5 }),
    trainable: { leak: "layer", threshold: "layer" },
    nodes: { fc1: { transforms: { weight: levels() } }, fc2: { transforms: { weight: levels() } } },
    init: phase === "float" ? { density, steps } : "keep",
    seed,
    name: `pot-fpga-mnist/${phase}`,
  });
  const trainer = new Trainer(model, {
    loss: spikeCountCrossEntropy(),
    optimizer: adam({ lr: learningRates[phase] }),
    schedule: cosine(),
    learningRates: { leak: 0.1, threshold: 0.1 },
    metrics: [accuracy()],
  });
  const shown = first(train, images);
  const batches = trainData((epoch) => movedDigits(shown, seed, epoch), { batchSize, seed });
  const validation = trainData(first(test, images), { batchSize: 500 });
  for await (const event of trainer.fit(batches, { epochs: epochs[phase], validation }))
    if (event.kind === "epoch")
      said(phase, event.epoch, event.train.metrics.accuracy ?? 0, event.validation?.metrics.accuracy ?? 0);
  const trained = model.toNir();
  model.dispose();
  return trained;
}

function first(samples: Dataset<Sample>, count: number | undefined): Dataset<Sample> {
  if (count === undefined || count >= samples.length) return samples;
  return takeItems(
    samples,
    Uint32Array.from({ length: count }, (_, k) => k),
  );
}
