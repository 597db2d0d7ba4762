export { type SeqTensor, seqTensor } from "./model/seq-tensor.ts";
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
