/** What quantising a group needs to know of the run. */
import type { Shape } from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import type { LeakForm } from "../fold/leak.ts";
import type { Recurrence } from "../fold/recurrence.ts";
import type { ThresholdMode } from "../fold/threshold.ts";
import type { MembraneScheme } from "../membrane.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import type { Curvature } from "./curvature.ts";
import type { PopulationUse } from "./projections.ts";
import type { NetworkExtent, ScaleRule } from "./scale-rule.ts";

/** Resolved settings of a run. */
export interface GroupSettings {
  readonly quantizerOf: (path: string) => AnyQuantizer;
  readonly paramsOf: (path: string) => unknown;
  readonly dt: number;
  readonly convention: Convention;
  readonly mode: ThresholdMode;
  /** Whether the float graph gets folded thresholds, resets and biases, or keeps its own. */
  readonly nodes: "folded" | "float";
  /** `kept`: integers that a weight has already stay as they are. */
  readonly weights: "fit" | "kept";
  readonly joint: "equal" | "shift";
  readonly scaleRule: ScaleRule | undefined;
  readonly extent: NetworkExtent;
  readonly leak: LeakForm;
  readonly overflow: "sat" | "wrap";
  readonly accumulatorBits: number;
  readonly steps: number | undefined;
  readonly fracBitsOf: (path: string) => number | undefined;
  readonly stateBitsOf: (path: string) => number | undefined;
  readonly membraneOf: (path: string) => MembraneScheme | undefined;
  readonly shapeAt: (path: string) => Shape;
}

/** What calibration decides for one group; nothing of it keeps the scheme's own fit. */
export interface GroupPlan {
  /** Weights are clipped at this percentile of their magnitude when the scale is fitted. */
  readonly percentile?: number;
  /** Thresholds are multiplied by this before they become integers. */
  readonly thetaFactor?: number;
  /** Second-order statistics of the input of a weight, by path. */
  readonly curvature?: ReadonlyMap<string, Curvature>;
}

/** A population with its canonical recurrence; an Output has none. */
export interface Population extends PopulationUse {
  readonly recurrence?: Recurrence;
}
