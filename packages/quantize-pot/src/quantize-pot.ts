/** Post-training quantisation of a graph with the schemes of this package, as functions and as passes. */
import type { NirGraph, Pass, PassContext, PassResult } from "@nirkit/graph";
import {
  type DriverWords,
  type QuantizeReport,
  quantizeWith,
  type SchemeOptions,
  schemePass,
} from "@nirkit/quantize";
import { type ApotParams, apot, apotShape } from "./apot.ts";
import { type DeepShiftParams, deepShift, deepShiftShape } from "./deep-shift.ts";
import { pot } from "./pot.ts";
import { type PotParams, potShape } from "./pot-params.ts";
import { type SbitParams, sbit, sbitShape } from "./sbit.ts";
import { type SlotsParams, slots, slotsShape } from "./slots.ts";

type Quantized = Promise<PassResult & { readonly report: QuantizeReport }>;

/**
 * Quantises a graph with {@link pot}.
 *
 * @example await quantizePot(graph, { bits: 4, axis: 0, dt: 1e-3 })
 * @throws NirkitError as `quantizeGraph` does
 */
export function quantizePot(
  graph: NirGraph,
  options: SchemeOptions<PotParams> = {},
  context?: PassContext,
): Quantized {
  return quantizeWith(pot, potShape, graph, options, context);
}

/** Quantises a graph with {@link apot}. @throws NirkitError as `quantizeGraph` does */
export function quantizeApot(
  graph: NirGraph,
  options: SchemeOptions<ApotParams> = {},
  context?: PassContext,
): Quantized {
  return quantizeWith(apot, apotShape, graph, options, context);
}

/** Quantises a graph with {@link sbit}. @throws NirkitError as `quantizeGraph` does */
export function quantizeSbit(
  graph: NirGraph,
  options: SchemeOptions<SbitParams> = {},
  context?: PassContext,
): Quantized {
  return quantizeWith(sbit, sbitShape, graph, options, context);
}

/** Quantises a graph with {@link slots}. @throws NirkitError as `quantizeGraph` does */
export function quantizeSlots(
  graph: NirGraph,
  options: SchemeOptions<SlotsParams> = {},
  context?: PassContext,
): Quantized {
  return quantizeWith(slots, slotsShape, graph, options, context);
}

/** Quantises a graph with {@link deepShift}. @throws NirkitError as `quantizeGraph` does */
export function quantizeDeepShift(
  graph: NirGraph,
  options: SchemeOptions<DeepShiftParams> = {},
  context?: PassContext,
): Quantized {
  return quantizeWith(deepShift, deepShiftShape, graph, options, context);
}

/** Before: float weights. After: `fc1 pot4/axis0`, integer thresholds. Text form `quantize-pot{bits=4,axis=0,dt=0.001}`. */
export const quantizePotPass: Pass<PotParams & DriverWords> = schemePass(
  pot,
  potShape,
  "quantize-pot",
  "Quantizes weights to powers of two and folds neurons to integers",
);

/** As {@link quantizePotPass}, with {@link apot}. */
export const quantizeApotPass: Pass<ApotParams & DriverWords> = schemePass(
  apot,
  apotShape,
  "quantize-apot",
  "Quantizes weights to sums of powers of two and folds neurons to integers",
);

/** As {@link quantizePotPass}, with {@link sbit}. */
export const quantizeSbitPass: Pass<SbitParams & DriverWords> = schemePass(
  sbit,
  sbitShape,
  "quantize-sbit",
  "Quantizes weights to integers of few signed digits and folds neurons to integers",
);

/** As {@link quantizePotPass}, with {@link slots}. */
export const quantizeSlotsPass: Pass<SlotsParams & DriverWords> = schemePass(
  slots,
  slotsShape,
  "quantize-slots",
  "Quantizes weights to sums of slot entries and folds neurons to integers",
);

/** As {@link quantizePotPass}, with {@link deepShift}. */
export const quantizeDeepShiftPass: Pass<DeepShiftParams & DriverWords> = schemePass(
  deepShift,
  deepShiftShape,
  "quantize-deepshift",
  "Quantizes weights to shifts and signs and folds neurons to integers",
);
