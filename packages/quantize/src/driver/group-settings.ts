/** What quantising a group needs to know of the run. */
import type { Shape } from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import type { LeakForm } from "../fold/leak.ts";
import type { Recurrence } from "../fold/recurrence.ts";
import type { ThresholdMode } from "../fold/threshold.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import type { PopulationUse } from "./projections.ts";

/** Resolved settings of a run. */
export interface GroupSettings<P> {
  readonly quantizer: WeightQuantizer<P>;
  readonly paramsOf: (path: string) => P;
  readonly dt: number;
  readonly convention: Convention;
  readonly mode: ThresholdMode;
  readonly leak: LeakForm;
  readonly overflow: "sat" | "wrap";
  readonly accumulatorBits: number;
  readonly steps: number | undefined;
  readonly fracBitsOf: (path: string) => number | undefined;
  readonly stateBitsOf: (path: string) => number | undefined;
  readonly shapeAt: (path: string) => Shape;
}

/** A population with its canonical recurrence; an Output has none. */
export interface Population extends PopulationUse {
  readonly recurrence?: Recurrence;
}
