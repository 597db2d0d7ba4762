/** Training of a 784-128-10 network of leaky neurons, in float and with quantized weights. */
import { graph, type NirGraph } from "@nirkit/graph";
import type { WeightQuantizer } from "@nirkit/quantize";
import {
  accuracy,
  adam,
  buildTrainable,
  cosine,
  fakeQuant,
  fastSigmoid,
  type Granularity,
  type StepEvent,
  spikeCountCrossEntropy,
  spikeRates,
  Trainer,
  trainData,
} from "@nirkit/train";
import { type Digits, spikingDigits } from "./images.ts";

/** One run. */
export interface DigitRun {
  readonly train: Digits;
  readonly test: Digits;
  /** Network to go on with; a new one when absent. */
  readonly from?: NirGraph;
  readonly epochs: number;
  readonly lr: number;
  readonly seed: number;
  readonly steps?: number;
  readonly hidden?: number;
  /** Learns leak and threshold with this granularity. */
  readonly learned?: Granularity;
  /** Weights of few levels while training. */
  readonly scheme?: { readonly quantizer: WeightQuantizer<unknown>; readonly params: unknown };
  readonly onStep?: (event: StepEvent) => void;
  readonly onEpoch?: (epoch: number, train: number, test: number) => void;
}

/** What a run gives. */
export interface DigitResult {
  /** Share of the test digits. */
  readonly accuracy: number;
  readonly graph: NirGraph;
}

/** 784-`hidden`-10 with a time constant of 5 steps and threshold 1; the weights are still 0. */
export function digitNetwork(hidden = 128): NirGraph {
  const zeros = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const lif = { tau: 5, r: 5, vThreshold: 1 };
  return graph()
    .input("input", [784])
    .affine("fc1", { weight: zeros(hidden, 784), bias: new Array<number>(hidden).fill(0) })
    .lif("lif1", lif)
    .affine("fc2", { weight: zeros(10, hidden), bias: new Array<number>(10).fill(0) })
    .lif("lif2", lif)
    .output("output")
    .build();
}

let runs = 0;

/** Trains and tests; the same run gives the same weights. */
export async function trainDigits(run: DigitRun): Promise<DigitResult> {
  const { train, test, epochs, seed, steps = 16, learned = "none", scheme } = run;
  const quantized = (): ReturnType<typeof fakeQuant>[] =>
    scheme === undefined ? [] : [fakeQuant(scheme.quantizer, scheme.params)];
  const model = await buildTrainable(run.from ?? digitNetwork(run.hidden), {
    dt: 1,
    dialect: "nir-euler+subtract",
    surrogate: fastSigmoid({ k: 5 }),
    trainable: { leak: learned, threshold: learned },
    nodes: { fc1: { transforms: { weight: quantized() } }, fc2: { transforms: { weight: quantized() } } },
    init: run.from === undefined ? { density: 0.15, steps } : "keep",
    seed,
    name: `digits${runs++}`,
  });
  const trainer = new Trainer(model, {
    loss: spikeCountCrossEntropy(),
    optimizer: adam({ lr: run.lr }),
    schedule: cosine(),
    learningRates: { leak: 0.1, threshold: 0.1 },
    metrics: [accuracy(), spikeRates()],
    clock: () => performance.now(),
  });
  const batches = trainData((epoch) => spikingDigits(train, steps, { pixels: 1, seed, epoch }), {
    batchSize: 128,
    seed,
  });
  const tests = trainData(spikingDigits(test, steps), { batchSize: 500 });
  let share = 0;
  for await (const event of trainer.fit(batches, { epochs, validation: tests })) {
    if (event.kind === "step") run.onStep?.(event);
    else {
      share = event.validation?.metrics.accuracy ?? 0;
      run.onEpoch?.(event.epoch, event.train.metrics.accuracy ?? 0, share);
    }
  }
  const result = { accuracy: share, graph: model.toNir() };
  model.dispose();
  return result;
}
