/** How the cost of a run grows with spike density, width, steps and batch; nirkit alone. */
import type { SpikeInput } from "@nirkit/graph";
import { createSimulator } from "@nirkit/simulate";
import { mlp, spikes } from "./cases.ts";

/** One measurement. */
export interface ScalingRow {
  readonly what: string;
  readonly value: number;
  readonly ms: number;
  /** Synaptic operations per second, 1e9. */
  readonly gSynops: number;
}

interface Setting {
  readonly width: number;
  readonly steps: number;
  readonly density: number;
  readonly batch: number;
}

const usual: Setting = { width: 512, steps: 50, density: 0.05, batch: 1 };

const sweeps: readonly (readonly [what: keyof Setting, values: readonly number[]])[] = [
  ["density", [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]],
  ["width", [64, 128, 256, 512, 1024, 2048]],
  ["steps", [10, 50, 200, 1000]],
  ["batch", [1, 4, 16, 64]],
];

/** Every sweep around one setting: width-width-10, 50 steps, density 0.05, batch 1. */
export function scalingRows(): readonly ScalingRow[] {
  return sweeps.flatMap(([what, values]) =>
    values.map((value) => measured(what, value, { ...usual, [what]: value })),
  );
}

function measured(what: string, value: number, { width, steps, density, batch }: Setting): ScalingRow {
  const simulator = createSimulator(mlp([width, width, 10]), { dt: 1e-3 });
  const source = spikes([steps, width], density);
  const inputs: SpikeInput[] = Array.from({ length: batch }, () => new Map([["input", source]]));
  let operations = 0;
  for (const { activity } of simulator.runBatch(inputs))
    for (const { synapticOps } of activity.values()) operations += synapticOps;
  let ms = Number.POSITIVE_INFINITY;
  const end = performance.now() + 300;
  for (let n = 0; n < 5 || performance.now() < end; n++) {
    const start = performance.now();
    simulator.runBatch(inputs);
    ms = Math.min(ms, performance.now() - start);
  }
  return { what, value, ms, gSynops: operations / ms / 1e6 };
}
