export { type CheckpointOptions, type CheckpointStore, checkpoint } from "./checkpoint/checkpoint.ts";
export {
  type CheckpointFiles,
  checkpointFiles,
  restoreCheckpoint,
  verifyCheckpoint,
} from "./checkpoint/checkpoint-files.ts";
export type { Manifest } from "./checkpoint/manifest.ts";
export { type NamedArray, readSafetensors, writeSafetensors } from "./checkpoint/safetensors.ts";
export { type Compacted, compactGraph } from "./compact/compact-graph.ts";
export {
  type ConversionReport,
  type ConversionReportOptions,
  type ConversionSamples,
  type ConvertedLayer,
  conversionReport,
} from "./convert/conversion-report.ts";
export { type Converted, type ConvertOptions, convertAnn } from "./convert/convert-ann.ts";
export {
  disposeInputs,
  type HostTensor,
  singleInput,
  sliceSamples,
  sliceSteps,
  type TrainBatch,
  toSequenceBatch,
} from "./data/train-batch.ts";
export { type EpochSamples, type TrainData, type TrainDataOptions, trainData } from "./data/train-data.ts";
export { trainDiagnostic } from "./diagnostics.ts";
export {
  defineTrainableNode,
  type NodeBackResult,
  type NodeParameter,
  type NodeStep,
  type NodeStepGradient,
  type NodeStepResult,
  type StatesOf,
  type TrainableNode,
  type TrainableNodeRules,
} from "./extension/trainable-node.ts";
export {
  membraneLastCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneSumCrossEntropy,
  rateCrossEntropy,
  type SpikeCountOptions,
  spikeCountCrossEntropy,
} from "./loss/cross-entropy.ts";
export {
  firstSpikeCrossEntropy,
  firstSpikeTimes,
  type TemporalTargets,
  temporalMSE,
} from "./loss/first-spike.ts";
export { type DistillationOptions, knowledgeDistillation } from "./loss/knowledge-distillation.ts";
export type { Loss, Target } from "./loss/loss.ts";
export { countMSE, type RateTargets, rateMSE } from "./loss/squared-error.ts";
export { type VanRossumOptions, vanRossum } from "./loss/van-rossum.ts";
export { type SilentOptions, silentNeurons, spikeRates, synapticOps } from "./metric/activity.ts";
export { accuracy, confusionMatrix, latency, topK } from "./metric/classification.ts";
export type { Measured, Metric, Sums } from "./metric/metric.ts";
export type {
  BuildOptions,
  Granularity,
  Initializer,
  LeakOptions,
  LeakParametrization,
  NodeOptions,
  ThresholdOptions,
  ThresholdParametrization,
  TrainableOptions,
} from "./model/build-options.ts";
export { buildTrainable } from "./model/build-trainable.ts";
export { type CalibratedLayer, type CalibrateOptions, calibrateInit } from "./model/calibrate-init.ts";
export type { LayerOps, SynapticOps } from "./model/count-ops.ts";
export { type DietSnn, dietSnn } from "./model/diet-snn.ts";
export { type SeqTensor, seqTensor } from "./model/seq-tensor.ts";
export type { DialectRequest, TrainDialect } from "./model/train-dialect.ts";
export type {
  ForwardOptions,
  ForwardResult,
  GradientCheckpointing,
  NetworkState,
  NodeState,
  Parameter,
  ParameterRole,
  ParamTransform,
  RecordSignal,
  RecordSpec,
  SequenceBatch,
  TrainableModel,
  TransformContext,
  WeightNode,
} from "./model/trainable-model.ts";
export type { MembraneLevels } from "./neuron/membrane-levels.ts";
export { type AdamOptions, type AdamWOptions, adam, adamW } from "./optimizer/adam.ts";
export {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamaxOptions,
  adadelta,
  adagrad,
  adamax,
  type RmspropOptions,
  rmsprop,
} from "./optimizer/adaptive.ts";
export {
  clipByGlobalNorm,
  clipByValue,
  type GradientClip,
  globalNorm,
  type OwnedGradient,
} from "./optimizer/clip-gradients.ts";
export type { Optimizer, OptimizerState, Update, UpdateRole } from "./optimizer/optimizer.ts";
export { type SgdOptions, sgd } from "./optimizer/sgd.ts";
export { tfjsOptimizer } from "./optimizer/tfjs-optimizer.ts";
export { type FakeQuant, type FakeQuantOptions, fakeQuant } from "./quant/fake-quant.ts";
export { applyMasks, type MaskProvider, type MaskStep, magnitudeMasks } from "./quant/masks.ts";
export {
  l1Rate,
  membraneRange,
  type RateOptions,
  type Regularizer,
  rateLower,
  rateUpper,
  synopBudget,
  weightDecay,
} from "./regularizer/regularizer.ts";
export { type PlateauOptions, reduceOnPlateau } from "./schedule/reduce-on-plateau.ts";
export {
  type CosineOptions,
  constant,
  cosine,
  exponential as exponentialDecay,
  multiStep,
  type OneCycleOptions,
  oneCycle,
  polynomial,
  ramp,
  type Schedule,
  startAt,
  stepDecay,
} from "./schedule/schedule.ts";
export {
  atan,
  boxcar,
  customSurrogate,
  exponential,
  fastSigmoid,
  gaussian,
  multiGaussian,
  periodicExponential,
  type Surrogate,
  type SurrogateKind,
  type SurrogateScale,
  sigmoid,
  sparseFastSigmoid,
  stacked,
  straightThrough,
  surrogateDerivative,
  surrogatePrimitive,
  triangular,
} from "./surrogate/surrogate.ts";
export { registerGradients } from "./tfjs/register-gradients.ts";
export type { Callback } from "./trainer/callback.ts";
export { type EarlyStoppingOptions, earlyStopping } from "./trainer/early-stopping.ts";
export type { EpochSums } from "./trainer/epoch-sums.ts";
export {
  type EpochEvent,
  type EpochMeans,
  type MetricValues,
  monitored,
  type StepEvent,
  type TrainEvent,
} from "./trainer/events.ts";
export type { GradientEngine, PartRequest } from "./trainer/gradient-engine.ts";
export {
  type GradientPort,
  type GradientWorker,
  type GradientWorkersOptions,
  gradientWorkers,
  serveGradients,
  type TrainingTask,
} from "./trainer/gradient-workers.ts";
export type { GradientResult, Objective, PassRequest, PassResult } from "./trainer/objective.ts";
export type { TrainedVariable } from "./trainer/trained-variables.ts";
export { type FitOptions, type Position, Trainer } from "./trainer/trainer.ts";
export type { TrainerOptions } from "./trainer/trainer-options.ts";
export type { TruncatedBptt, Window } from "./trainer/windows.ts";
