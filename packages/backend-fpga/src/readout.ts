/** Readouts: what a sample at the exit says, computed here as in hardware (`nk_readout`). */
import type { Tensor } from "@nirkit/graph";
import { boardNamed } from "./boards.ts";
import type { FpgaOptions } from "./options.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";

/** Readouts with hardware; `stream` is none beside the words that leave. */
export const readoutNames = [
  "stream",
  "spikeCount",
  "firstSpike",
  "maxMembrane",
  "lastMembrane",
  "sumMembrane",
] as const;

/** One of them. */
export type ReadoutName = (typeof readoutNames)[number];

/** More classes than this have no readout hardware. */
export const mostClasses = 1024;

/** What of a last layer decides about its readout. */
interface ReadoutSource {
  readonly spiking: boolean;
  readonly neurons: number;
  /** It leaves as a map, with packed addresses. */
  readonly isMap: boolean;
}

/** True where the design has AXI4-Lite registers: where asked for, and else on boards that have a master for them. */
export function hasAxiLite({ axiLite, readout, board }: FpgaOptions): boolean {
  return axiLite ?? ((readout !== undefined && readout !== "stream") || boardNamed(board).vendor === "amd");
}

/**
 * The readout that is built: the chosen one, or with registers the one that suits the last layer.
 *
 * @example a spiking layer of 10 neurons on a board with registers: spikeCount; states: lastMembrane
 */
function readoutName(options: FpgaOptions, { spiking, neurons, isMap }: ReadoutSource): ReadoutName {
  if (options.readout !== undefined) return options.readout;
  if (!hasAxiLite(options) || isMap || neurons > mostClasses) return "stream";
  return spiking ? "spikeCount" : "lastMembrane";
}

/** The layer that a readout watches: the only source of the only Output. */
export function readoutLayer({ layers, graph }: Pick<FpgaPlan, "layers" | "graph">): LayerPlan | undefined {
  if (graph === undefined) return layers.at(-1);
  const [exit, ...others] = graph.exits;
  if (exit === undefined || others.length > 0 || exit.source.kind !== "layer") return undefined;
  return layers[exit.source.index];
}

/** The readout of a plan. */
export function planReadout(plan: Pick<FpgaPlan, "options" | "layers" | "graph">): ReadoutName {
  const last = readoutLayer(plan);
  if (last === undefined) return "stream";
  return readoutName(plan.options, {
    spiking: last.neuron.spiking,
    neurons: last.neurons,
    isMap: last.conv !== null,
  });
}

/** Values of all classes over one sample and the class that wins; `none` of firstSpike is 0xFFFFFFFF. */
export interface Readout {
  readonly name: ReadoutName;
  readonly values: readonly number[];
  readonly argmax: number;
  readonly score: number;
}

/** firstSpike of a class that never fires. */
const none = 0xffffffff;

/**
 * The readout of one sample from what leaves: spikes or states `[T, classes]`.
 *
 * maxMembrane is the largest state before any reset, lastMembrane that of the last step, sumMembrane their sum. Ties go to
 * the lowest class; firstSpike wins with the smallest step, and is none (0xFFFFFFFF) where nothing fires.
 */
export function readoutOf(name: ReadoutName, output: Tensor): Readout | undefined {
  if (name === "stream") return undefined;
  const steps = output.shape[0] ?? 0;
  const classes = steps === 0 ? 0 : output.data.length / steps;
  const values = Array.from({ length: classes }, (_, c) =>
    classValue(
      name,
      Array.from({ length: steps }, (_, t) => Number(output.data[t * classes + c])),
    ),
  );
  const score = values.reduce((a, b) => ((name === "firstSpike" ? b < a : b > a) ? b : a), values[0] ?? 0);
  const isSilent = name === "firstSpike" && score === none;
  return { name, values, argmax: isSilent ? none : values.indexOf(score), score };
}

function classValue(name: Exclude<ReadoutName, "stream">, trace: readonly number[]): number {
  switch (name) {
    case "spikeCount":
    case "sumMembrane":
      return trace.reduce((a, b) => a + b, 0);
    case "firstSpike": {
      const step = trace.findIndex((value) => value !== 0);
      return step < 0 ? none : step;
    }
    case "maxMembrane":
      return trace.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    case "lastMembrane":
      return trace.at(-1) ?? 0;
    default:
      return name satisfies never;
  }
}
