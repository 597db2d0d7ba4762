/** What a conversion keeps: accuracy by number of steps, and how well rates stand for activations (training.md 16). */
import type { NirGraph } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { buildTrainable } from "../model/build-trainable.ts";
import type { TrainableModel } from "../model/trainable-model.ts";
import { valuesNow } from "../tfjs/read-values.ts";
import { registerGradients } from "../tfjs/register-gradients.ts";
import { annActivations } from "./ann-activations.ts";
import type { Converted } from "./convert-ann.ts";

/** What reads values inside a step. */
const what = "conversionReport";

/** Samples with their classes. */
export interface ConversionSamples {
  /** `[samples, ...shape]`, held as constant input for all steps. */
  readonly inputs: tf.Tensor;
  readonly labels: ArrayLike<number>;
}

/** Options of {@link conversionReport}. */
export interface ConversionReportOptions {
  /** Numbers of steps to read the output after. Default 1, 2, 4, 8, 16, 32. */
  readonly steps?: readonly number[];
  /** Samples of a forward pass. Default 200. */
  readonly batchSize?: number;
}

/** One layer of a converted network. */
export interface ConvertedLayer {
  /** Weight node of the ReLU network. */
  readonly name: string;
  /** Activation that a rate of 1 stands for. */
  readonly scale: number;
  /** Mean spikes per neuron and step. */
  readonly rate: number;
  /** Pearson correlation of rates after all steps with activations, over neurons and samples; NaN where one is constant. */
  readonly correlation: number;
}

/** What a conversion keeps. */
export interface ConversionReport {
  readonly samples: number;
  /** Share of samples that the ReLU network is right about. */
  readonly ann: number;
  /** Share that the spiking network is right about, by steps; `agreement` with the class of the ReLU network. */
  readonly steps: readonly { readonly steps: number; readonly snn: number; readonly agreement: number }[];
  /** Layers that spike, in the order of the graph. */
  readonly layers: readonly ConvertedLayer[];
}

/**
 * Runs a ReLU network and its conversion on samples. The class is that of the largest output; of the spiking network
 * the largest membrane.
 *
 * @throws E_CONVERT for graphs with several outputs, for no steps, and for steps that are no positive integers
 */
export async function conversionReport(
  ann: NirGraph,
  converted: Converted,
  { inputs, labels }: ConversionSamples,
  { steps = [1, 2, 4, 8, 16, 32], batchSize = 200 }: ConversionReportOptions = {},
): Promise<ConversionReport> {
  const flat = ann.flatten();
  const { input, output } = doors(flat);
  if (steps.length === 0 || steps.some((count) => !Number.isInteger(count) || count < 1))
    throw trainError("E_CONVERT", "steps", {
      why: `Steps are ${steps.join(", ") || "missing"}`,
      hint: "Positive integers, such as 1, 2, 4, 8, 16, 32",
    });
  await registerGradients();
  const model = await buildTrainable(converted.graph, {
    dt: converted.dt,
    dialect: "nir-euler+subtract",
    name: `conversion${reports++}`,
  });
  const spiking = [...converted.scales.keys()].filter(
    (name) => converted.graph.node(`${name}_if`).type === "IF",
  );
  const sums = new Map(spiking.map((name) => [name, new Moments()]));
  const samples = inputs.shape[0] ?? 0;
  let right = 0;
  const found = steps.map(() => ({ right: 0, same: 0 }));
  try {
    for (let from = 0; from < samples; from += batchSize) {
      const count = Math.min(batchSize, samples - from);
      tf.tidy(() => {
        const x = tf.slice(inputs, from, count);
        const values = annActivations(flat, x);
        const wanted = classes(values.get(output) as tf.Tensor);
        const membranes = spikingRun(
          model,
          converted,
          { x, input, output, steps: Math.max(...steps) },
          (name, rate) =>
            sums.get(name)?.add(valuesNow(values.get(name) as tf.Tensor, what), valuesNow(rate, what)),
        );
        for (let k = 0; k < count; k++) if (wanted[k] === labels[from + k]) right++;
        for (const [at, after] of steps.entries()) {
          const got = classes(tf.squeeze(tf.slice(membranes, after - 1, 1), [0]));
          const tally = found[at] as { right: number; same: number };
          for (let k = 0; k < count; k++) {
            if (got[k] === labels[from + k]) tally.right++;
            if (got[k] === wanted[k]) tally.same++;
          }
        }
      });
    }
  } finally {
    model.dispose();
  }
  return {
    samples,
    ann: right / samples,
    steps: steps.map((count, at) => ({
      steps: count,
      snn: (found[at]?.right ?? 0) / samples,
      agreement: (found[at]?.same ?? 0) / samples,
    })),
    layers: spiking.map((name) => ({
      name,
      scale: converted.scales.get(name) ?? 1,
      rate: sums.get(name)?.meanRate ?? Number.NaN,
      correlation: sums.get(name)?.correlation ?? Number.NaN,
    })),
  };
}

let reports = 0;

function doors(flat: NirGraph): { readonly input: string; readonly output: string } {
  const named = (type: "Input" | "Output"): string => {
    const names = [...flat.nodes()].filter(([, node]) => node.type === type).map(([name]) => name);
    if (names.length === 1) return names[0] as string;
    throw trainError("E_CONVERT", "nodes", {
      why: `The graph has ${names.length} ${type} nodes`,
      hint: "One Input and one Output",
    });
  };
  return { input: named("Input"), output: named("Output") };
}

interface SpikingRequest {
  readonly x: tf.Tensor;
  readonly input: string;
  readonly output: string;
  readonly steps: number;
}

/** Membranes `[T, B, classes]` of the accumulators; tells the rates of every layer. */
function spikingRun(
  model: TrainableModel,
  { scales, startState }: Converted,
  { x, input, output, steps }: SpikingRequest,
  onRate: (name: string, rate: tf.Tensor) => void,
): tf.Tensor {
  const batch = x.shape[0] ?? 0;
  const held = tf.tile(tf.expandDims(x, 0), [steps, ...x.shape.map(() => 1)]);
  const spiking = [...scales.keys()].filter((name) => model.graph.node(`${name}_if`).type === "IF");
  const { outputs, recorded } = model.forward(new Map([[input, held]]), {
    state: startState(batch),
    record: { nodes: spiking.map((name) => `${name}_if`), signals: ["spikes"] },
  });
  for (const name of spiking) {
    const counts = recorded.get(`${name}_if.spikes`)?.counts();
    if (counts !== undefined) onRate(name, tf.div(counts, steps));
  }
  const membranes = outputs.get(output)?.dense() as tf.Tensor;
  return tf.reshape(membranes, [steps, batch, -1]);
}

function classes(rows: tf.Tensor): Int32Array {
  const batch = rows.shape[0] ?? 0;
  return Int32Array.from(valuesNow(tf.argMax(tf.reshape(rows, [batch, -1]), 1), what));
}

/** Sums of pairs, in float64: enough for a mean and a correlation. */
class Moments {
  #n = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;

  add(xs: ArrayLike<number>, ys: ArrayLike<number>): void {
    for (let k = 0; k < xs.length; k++) {
      const [x, y] = [xs[k] as number, ys[k] as number];
      this.#n++;
      this.#x += x;
      this.#y += y;
      this.#xx += x * x;
      this.#yy += y * y;
      this.#xy += x * y;
    }
  }

  get meanRate(): number {
    return this.#y / this.#n;
  }

  get correlation(): number {
    const [mx, my] = [this.#x / this.#n, this.#y / this.#n];
    const spread = Math.sqrt((this.#xx / this.#n - mx * mx) * (this.#yy / this.#n - my * my));
    return spread > 0 ? (this.#xy / this.#n - mx * my) / spread : Number.NaN;
  }
}
