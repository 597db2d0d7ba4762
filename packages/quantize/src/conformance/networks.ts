/** Integers of a scheme in whole networks: the integer engine against a float reader of the same file. */
import { graph, type NirGraph, type SpikeInput, type Tensor, type Trace, tensor } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import { checkQuantized } from "../annotation/check-quantized.ts";
import { quantizeGraph } from "../driver/quantize-graph.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";

/** What runs networks; both lie above this package and are handed in. */
export interface ConformanceEngines {
  /** `simulate` of `@nirkit/simulate` with `{ dt: 1, precision: "f64", dialect: "nir-euler" }`. */
  readonly float: (network: NirGraph, input: SpikeInput) => Pick<Trace, "outputs">;
  /** `simulateNetwork(lower(network), input)` of `@nirkit/network`. */
  readonly integer: (network: NirGraph, input: SpikeInput) => Pick<Trace, "outputs">;
}

/** Size of the trial. */
export interface NetworkOptions<P> {
  readonly params?: Partial<P>;
  /** Random networks, default 4. */
  readonly networks?: number;
  /** Steps of each, default 200. */
  readonly steps?: number;
  /**
   * Threshold of the last layer, default 1, those of the first lie from it to 1 above. Schemes whose integers stand for
   * larger values than the weights need more.
   */
  readonly threshold?: number;
  readonly seed?: number;
}

const inputs = 8;

/**
 * Quantises random networks of two layers of IF neurons and runs both engines on random spikes.
 *
 * Sums of integers times one scale per neuron are exact in float64 for these sizes, so that no spike may differ.
 *
 * @returns spikes of all outputs; 0 proves nothing
 * @throws Error that names network, step and neuron of the first difference
 */
export async function compareEngines<P>(
  quantizer: WeightQuantizer<P>,
  engines: ConformanceEngines,
  options: NetworkOptions<P> = {},
): Promise<number> {
  const { params = {}, networks = 4, steps = 200, threshold = 1, seed = 1 } = options;
  const random = philox(seed, `conformance/${quantizer.scheme}`);
  let spikes = 0;
  for (let k = 0; k < networks; k++) {
    const source = randomNetwork(random, threshold);
    const given = { params: quantizer.params.parse(params), dt: 1, stateBits: 32 };
    const { graph: quantized } = await quantizeGraph(source, quantizer, given);
    const [unsound] = checkQuantized(quantized, [quantizer]);
    if (unsound !== undefined)
      throw new Error(`network ${k}: ${unsound.code} ${unsound.path}: ${unsound.message}`);
    const data = Uint8Array.from({ length: steps * inputs }, () => Number(random.uniform() < 1 / 3));
    const input: SpikeInput = new Map([["in", tensor("uint8", [steps, inputs], data)]]);
    const [float, integer] = [engines.float, engines.integer].map((run) => valuesOf(run(quantized, input)));
    const width = (integer?.length ?? 0) / steps;
    const at = integer?.findIndex((value, i) => value !== float?.[i]) ?? -1;
    if (at >= 0 || integer?.length !== float?.length)
      throw new Error(
        `network ${k}, step ${Math.floor(at / width)}, output ${at % width}: ${integer?.[at]} in integers, ${float?.[at]} in float64`,
      );
    spikes += integer?.reduce((sum, value) => sum + value, 0) ?? 0;
  }
  return spikes;
}

function randomNetwork(random: Random, threshold: number): NirGraph {
  const normal = (rows: number, columns: number): Tensor =>
    tensor(
      "float32",
      [rows, columns],
      Float32Array.from({ length: rows * columns }, () => random.normal() * 0.5),
    );
  return graph()
    .input("in", [inputs])
    .linear("fc1", { weight: normal(12, inputs) })
    .if("if1", { vThreshold: Array.from({ length: 12 }, () => threshold + random.uniform()), r: 1 })
    .linear("fc2", { weight: normal(4, 12) })
    .if("if2", { vThreshold: threshold, r: 1 })
    .output("out")
    .build();
}

function valuesOf({ outputs }: Pick<Trace, "outputs">): readonly number[] {
  return Array.from(outputs.get("out")?.data ?? [], Number);
}
