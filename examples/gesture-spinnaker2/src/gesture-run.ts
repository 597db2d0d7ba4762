/** The whole path: recordings, float network, quantized networks, simulated chip, costs. */

import type { CostReport } from "@nirkit/backend";
import { estimateS2 } from "@nirkit/backend-spinnaker2";
import type { NirGraph, Sample } from "@nirkit/graph";
import { type ChipOptions, type ChipRun, mapGestures, runChip } from "./chip-run.ts";
import { correctSamples } from "./float-network.ts";
import { percentiles, type Quantized, quantizeAt, quantizeBySearch } from "./post-training.ts";

/** A quantized network with what it is right about. */
export interface Row {
  readonly quantized: Quantized;
  /** Correct samples of the quantized network in the float simulator, and on the simulated chip. */
  readonly simulated: number;
  readonly chip: ChipRun;
  readonly cost: CostReport;
}

/** Everything that the table and the report are made of. */
export interface GestureRun {
  readonly graph: NirGraph;
  readonly test: readonly Sample[];
  /** Correct samples of the float network. */
  readonly float: number;
  readonly rows: readonly Row[];
  /** The row that was chosen on calibration samples, never on test samples. */
  readonly chosen: Row;
}

/** What the path is walked with. */
export interface RunChoices extends ChipOptions {
  /** Samples of training users, for the search. */
  readonly calibration: readonly Sample[];
  readonly test: readonly Sample[];
  /** The network after quantization-aware training, where there is one. */
  readonly trained?: NirGraph;
}

/** Quantizes a float network in every way, and runs each on the simulated chip. */
export async function runGestures(
  graph: NirGraph,
  { calibration, test, trained, ...chip }: RunChoices,
  progress: (row: Row) => void = () => {},
): Promise<GestureRun> {
  const rows: Row[] = [];
  const add = (quantized: Quantized): Row => {
    const run = runChip(mapGestures(quantized.graph, chip), test);
    const row = {
      quantized,
      simulated: correctSamples(quantized.graph, test),
      chip: run,
      cost: estimateS2(run.mapping, run.activity),
    };
    rows.push(row);
    progress(row);
    return row;
  };
  for (const percentile of percentiles) add(await quantizeAt(graph, percentile));
  const chosen = add(await quantizeBySearch(graph, calibration));
  if (trained !== undefined) add({ ...(await quantizeAt(trained, 100)), name: "trained with 8 bit" });
  return { graph, test, float: correctSamples(graph, test), rows, chosen };
}

/** A figure of the cost report by its name. */
export function figureOf(cost: CostReport, name: string): number {
  const figure = cost.figures.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new Error(`The estimate has no figure "${name}"`);
  return figure.value;
}

/** Millijoules of a gesture at the two operating points of the chip. */
export function energyOfGesture(cost: CostReport): { readonly low: number; readonly high: number } {
  return {
    low: figureOf(cost, "energy at 0.5 V, 150 MHz"),
    high: figureOf(cost, "energy at 0.8 V, 300 MHz"),
  };
}
