/** Training of a 784-128-10 network of leaky neurons, in float and with weights of few levels. */
import { graph, type NirGraph } from "@nirkit/graph";
import type { WeightQuantizer } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import { ternary, uniform } from "@nirkit/quantize-uniform";
import type { Callback, Granularity } from "@nirkit/train";
import { correctSamples, type FewLevels, fitNetwork } from "./fit-network.ts";
import { type DigitCode, type Digits, shownDigits } from "./images.ts";

/**
 * What the networks are trained with. Chosen on the last 5 000 training images, which are not trained on; the test
 * images have chosen nothing.
 */
export const digitRecipe = {
  /** Training images; the others are for validation. */
  trained: 55_000,
  steps: 8,
  hidden: 128,
  batchSize: 128,
  /** Largest shift of a training image, in pixels. */
  shift: 1,
  float: { epochs: 20, lr: 3e-3 },
  /** More epochs with few levels, from the float network. */
  fewLevels: { epochs: 5, lr: 1.5e-3 },
} as const;

function scheme(quantizer: unknown, options: object): FewLevels {
  const known = quantizer as WeightQuantizer<unknown>;
  return { quantizer: known, params: known.params.parse(options) };
}

/** The weights of few levels that the example trains. */
export const digitSchemes: Readonly<Record<"pot-4" | "uniform-4" | "ternary", FewLevels>> = {
  "pot-4": scheme(pot, { bits: 4 }),
  "uniform-4": scheme(uniform, { bits: 4 }),
  ternary: scheme(ternary, {}),
};

/** One run. */
export interface DigitRun {
  readonly train: Digits;
  readonly validation: Digits;
  /** Network to go on with; a new one when absent. */
  readonly from?: NirGraph;
  readonly epochs: number;
  readonly lr: number;
  readonly seed: number;
  /** Default that of {@link digitRecipe}. */
  readonly steps?: number;
  /** Default that of {@link digitRecipe}. */
  readonly hidden?: number;
  /** Default `phase`. */
  readonly code?: DigitCode;
  /** Learns leak and threshold with this granularity. */
  readonly learned?: Granularity;
  /** Weights of few levels while training. */
  readonly levels?: FewLevels;
  readonly callbacks?: readonly Callback[];
}

/** 784-`hidden`-10 with a time constant of 5 steps and threshold 1; the weights are still 0. */
export function digitNetwork(hidden: number = digitRecipe.hidden): NirGraph {
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

/** Trains; the same run gives the same weights. */
export function trainDigits(run: DigitRun): Promise<NirGraph> {
  const { seed, steps = digitRecipe.steps, code = "phase", from, hidden, train, validation, ...rest } = run;
  const { shift: pixels, batchSize } = digitRecipe;
  return fitNetwork({
    ...rest,
    network: from ?? digitNetwork(hidden),
    samples: (epoch) => shownDigits(train, { steps, code, shift: { pixels, seed, epoch } }),
    validation: shownDigits(validation, { steps, code }),
    batchSize,
    seed,
    ...(from === undefined ? { init: { density: 0.15, steps } } : {}),
  });
}

/** Share of digits that a network is right about. */
export async function digitAccuracy(
  network: NirGraph,
  digits: Digits,
  { steps = digitRecipe.steps, code = "phase" }: { readonly steps?: number; readonly code?: DigitCode } = {},
): Promise<number> {
  return (await correctSamples(network, shownDigits(digits, { steps, code }))) / digits.labels.length;
}
