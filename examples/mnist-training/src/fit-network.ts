/** How every spiking network of this example is trained and tested. */
import type { Dataset } from "@nirkit/events";
import { hasWeight, type NirGraph, type Sample } from "@nirkit/graph";
import type { WeightQuantizer } from "@nirkit/quantize";
import { argmax, createSimulator, parseDialect, spikeCount } from "@nirkit/simulate";
import {
  accuracy,
  adam,
  atan,
  type BuildOptions,
  buildTrainable,
  type Callback,
  cosine,
  fakeQuant,
  type Granularity,
  type Initializer,
  spikeCountCrossEntropy,
  spikeRates,
  Trainer,
  trainData,
} from "@nirkit/train";

/** Weights of few levels: a quantizer with its parameters. */
export interface FewLevels {
  readonly quantizer: WeightQuantizer<unknown>;
  readonly params: unknown;
}

/** One training. */
export interface Fit {
  readonly network: NirGraph;
  /** Samples of an epoch. */
  readonly samples: (epoch: number) => Dataset<Sample>;
  /** Measured after each epoch, where there are some. */
  readonly validation?: Dataset<Sample>;
  readonly epochs: number;
  /** First learning rate; it falls to 0 like a cosine. */
  readonly lr: number;
  readonly batchSize: number;
  /** Of new weights and of the order. */
  readonly seed: number;
  /** New weights; without it those of the network are trained on. */
  readonly init?: Initializer;
  /** Spike counts are divided by it before the softmax. Default 1. */
  readonly temperature?: number;
  /** Largest norm of a gradient; any where absent. */
  readonly clip?: number;
  /** Learns leak and threshold with this granularity. Default `none`. */
  readonly learned?: Granularity;
  /** Weights of few levels while training. */
  readonly levels?: FewLevels;
  readonly callbacks?: readonly Callback[];
}

/** A spike subtracts the threshold, a step is the unit of time. */
export const dialect = "nir-euler+subtract";

let fits = 0;

/** Trains by the spike counts of the output; the same request gives the same weights. */
export async function fitNetwork(fit: Fit): Promise<NirGraph> {
  const { network, samples, batchSize, seed, learned = "none", clip, callbacks = [] } = fit;
  const model = await buildTrainable(network, {
    dt: 1,
    dialect,
    surrogate: atan({ alpha: 2 }),
    trainable: { leak: learned, threshold: learned },
    nodes: levelsOf(network, fit.levels),
    init: fit.init ?? "keep",
    seed,
    name: `fit${fits++}`,
  });
  const trainer = new Trainer(model, {
    loss: spikeCountCrossEntropy({ temperature: fit.temperature ?? 1 }),
    optimizer: adam({ lr: fit.lr }),
    schedule: cosine(),
    learningRates: { leak: 0.1, threshold: 0.1 },
    metrics: [accuracy(), spikeRates()],
    callbacks,
    ...(clip === undefined ? {} : { gradClip: { norm: clip } }),
  });
  const held = fit.validation && { validation: trainData(fit.validation, { batchSize: 200 }) };
  const data = trainData(samples, { batchSize, seed });
  for await (const _ of trainer.fit(data, { epochs: fit.epochs, ...held }));
  const trained = model.toNir();
  model.dispose();
  return trained;
}

/** A fake quantizer of its own for every weight. */
function levelsOf(network: NirGraph, levels: FewLevels | undefined): NonNullable<BuildOptions["nodes"]> {
  if (levels === undefined) return {};
  const weighted = [...network.nodes()].filter(([, node]) => hasWeight(node));
  return Object.fromEntries(
    weighted.map(([name]) => [
      name,
      { transforms: { weight: [fakeQuant(levels.quantizer, levels.params)] } },
    ]),
  );
}

/**
 * Number of samples whose class is that of the output that spikes most, the first where several do: in the reference
 * simulator, which knows nothing of training.
 */
export async function correctSamples(network: NirGraph, samples: Dataset<Sample>): Promise<number> {
  const simulator = createSimulator(network, { dialect: parseDialect(dialect), dt: 1 });
  let correct = 0;
  for await (const { input, label } of samples) {
    const output = simulator.run(input).outputs.get("output");
    if (output !== undefined && argmax(spikeCount(output)) === label) correct++;
  }
  return correct;
}
