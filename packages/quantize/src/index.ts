export { checkQuantized } from "./annotation/check-quantized.ts";
export { annotateNeuron, annotateWeight } from "./annotation/encode.ts";
export { annotationKeys } from "./annotation/keys.ts";
export { readQuantized } from "./annotation/read-quantized.ts";
export { checkCode } from "./check-code.ts";
export { type Convention, checkConvention, defaultConvention } from "./convention.ts";
export { quantizeDiagnostic } from "./diagnostics.ts";
export { quantizeInput } from "./driver/calibration.ts";
export {
  type DriverOptions,
  type DriverWords,
  driverOptions,
  driverShape,
  type QuantizeOptions,
  type QuantizeOverride,
} from "./driver/options.ts";
export { quantizeGraph } from "./driver/quantize-graph.ts";
export type { NeuronReport, ObservedNeuron, QuantizeReport, Span, WeightReport } from "./driver/report.ts";
export type { NetworkExtent, ScaleRule, ScaleRuleRequest } from "./driver/scale-rule.ts";
export { quantizeWith, type SchemeOptions, type SchemeShape, schemePass } from "./driver/scheme-pass.ts";
export {
  type Candidate,
  membraneScaling,
  percentileScaling,
  type ThresholdScaling,
} from "./driver/threshold-scaling.ts";
export {
  countedWeights,
  fitScales,
  largestMagnitude,
  refuseMask,
  type ScaleRequest,
} from "./fit/fit-scales.ts";
export { leastSquaresClip } from "./fit/least-squares-clip.ts";
export { magnitudePercentile } from "./fit/magnitude-percentile.ts";
export { roundUpToPowerOfTwo } from "./fit/power-of-two.ts";
export { type BatchNorm, foldBatchNormInto } from "./fold/batch-norm.ts";
export { integerLeak, type LeakForm, leakDecay } from "./fold/leak.ts";
export { type FoldableNode, foldRecurrence, type Recurrence } from "./fold/recurrence.ts";
export {
  alignScale,
  type FoldedThreshold,
  type FoldMode,
  foldThreshold,
  type ThresholdMode,
} from "./fold/threshold.ts";
export { type InputRange, type StateWidth, stateWidth, type WidthRequest } from "./fold/width.ts";
export type { IntegerLeak, NeuronArithmetic } from "./integer-neuron.ts";
export {
  bitsMembrane,
  gridOfLevels,
  type MembraneGrid,
  type MembraneRequest,
  type MembraneScheme,
} from "./membrane.ts";
export {
  applyIntegerLeak,
  type MembraneNeuron,
  type MembraneResult,
  type MembraneState,
  membraneStep,
  nearestLevel,
  restingMembrane,
} from "./membrane-step.ts";
export { type ClipRequest, entropyClip, mseClip } from "./observe/clip-observers.ts";
export { HistogramObserver } from "./observe/histogram.ts";
export { MinMaxObserver } from "./observe/min-max.ts";
export { MovingAverageObserver } from "./observe/moving-average.ts";
export { type Observer, PerChannelObserver } from "./observe/per-channel.ts";
export { percentile } from "./observe/percentile.ts";
export { type QuantizePreset, quantizePresets, withPreset } from "./preset/presets.ts";
export {
  assertFinite,
  buildQuantTensor,
  channelSize,
  codeArray,
  type IntArray,
  intArray,
  type QuantStats,
  type QuantTensor,
  type QuantTensorParts,
} from "./quant-tensor.ts";
export type {
  InputEncoding,
  QuantizedInput,
  QuantizedNeuron,
  QuantizedView,
  QuantizedWeight,
} from "./quantized-view.ts";
export {
  type AnyQuantizer,
  defineQuantizer,
  type FittedScale,
  type Keeps,
  keepsOf,
  type QuantGradients,
  type SchemeWords,
  type WeightQuantizer,
} from "./weight-quantizer.ts";
