export { trainDiagnostic } from "./diagnostics.ts";
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
export { type SeqTensor, seqTensor } from "./model/seq-tensor.ts";
export type { DialectRequest, TrainDialect } from "./model/train-dialect.ts";
export type {
  ForwardOptions,
  ForwardResult,
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
