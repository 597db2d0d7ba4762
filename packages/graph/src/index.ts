export {
  type BuilderOptions,
  type ConvParams,
  type CurrentParams,
  type GraphBuilder,
  graph,
  type LeakyParams,
  type NestedNumbers,
  type NeuronParams,
  type PoolParams,
  type SpikingParams,
  type Values,
} from "./builder.ts";
export { type GraphDetails, graphDiagnostic } from "./diagnostics.ts";
export {
  assertNoErrors,
  type Diagnostic,
  type DiagnosticFactory,
  type DiagnosticText,
  defineDiagnostics,
  formatDiagnostic,
  InternalError,
  NirkitError,
} from "./diagnostics-core.ts";
export {
  diffGraphs,
  type EdgeDifference,
  type GraphDiff,
  type MetadataDifference,
  type NodeDifference,
  type ParameterDifference,
  type TensorKind,
  type TypeDifference,
} from "./diff/diff-graphs.ts";
export { printDiff } from "./diff/print-diff.ts";
export type { TensorDistance } from "./diff/tensor-distance.ts";
export type { EqualsOptions } from "./equals.ts";
export {
  defineExtension,
  type ExtensionNodeType,
  type ExtensionRules,
  type ExtensionSchema,
  type ExtensionState,
  type Lowering,
} from "./extensions/extension.ts";
export type { Layout } from "./extensions/layout.ts";
export { type Edge, type GraphEdits, type GraphParts, NirGraph } from "./graph.ts";
export { completeGraph } from "./infer/complete-graph.ts";
export { type GraphTypes, type InferOptions, inferTypes, type NodeTypes } from "./infer/infer-types.ts";
export { graphFromJson } from "./json/read-json.ts";
export { graphToJson } from "./json/write-json.ts";
export { withMetadata } from "./metadata.ts";
export {
  type Affine,
  type AvgPool2d,
  type Conv1d,
  type Conv2d,
  type CubaLI,
  type CubaLIF,
  type Delay,
  type ExtensionNode,
  type Flatten,
  hasWeight,
  type I,
  type IF,
  type Input,
  isNeuron,
  type LI,
  type LIF,
  type Linear,
  type Metadata,
  type MetadataValue,
  type NirNode,
  type NirSubgraph,
  type NodeType,
  nodeParam,
  nodeTypes,
  type Output,
  type Padding,
  type Pair,
  type ParamValue,
  type PrimitiveNode,
  type Scale,
  type SumPool2d,
  type Threshold,
  tensorParam,
} from "./node.ts";
export { dedupeEdges, dedupeEdgesPass } from "./passes/dedupe-edges.ts";
export { flattenPass } from "./passes/flatten-pass.ts";
export { foldBatchNorm, foldBatchNormPass } from "./passes/fold-batch-norm.ts";
export type { Folded, FoldOptions, FoldResult, Kept } from "./passes/fold-pointwise.ts";
export { foldScale, foldScalePass } from "./passes/fold-scale.ts";
export type { AnyPass, OptionsSchema } from "./passes/pass.ts";
export { definePass, type Pass, type PassContext, type PassResult } from "./passes/pass.ts";
export {
  type OptionRecord,
  type OptionValue,
  type Pipeline,
  pipeline,
  type Step,
  withOptions,
} from "./passes/pipeline.ts";
export { parsePipeline, printPipeline } from "./passes/pipeline-text.ts";
export { removeDeadNodes, removeDeadNodesPass } from "./passes/remove-dead-nodes.ts";
export type { PathStyle } from "./place.ts";
export { type PrintOptions, printGraph } from "./print-graph.ts";
export { type Schedule, type ScheduleOptions, schedule } from "./schedule/schedule.ts";
export { nodeSchemas } from "./schema/node-schemas.ts";
export type {
  Activity,
  Events,
  NodeActivity,
  RecordSpec,
  Sample,
  Signal,
  SpikeInput,
  Trace,
} from "./signal.ts";
export { knownFinite, type StoredElements, storedTensor } from "./stored-tensor.ts";
export { type Extraction, extractSubgraph } from "./subgraph/extract-subgraph.ts";
export { nestSubgraph } from "./subgraph/nest-subgraph.ts";
export {
  broadcastTo,
  type DType,
  dtypes,
  full,
  isTensor,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
  type TypedArrayOf,
  tensor,
  toFloat32,
  toFloat64,
  zeros,
} from "./tensor.ts";
export { bytesPerElement, tensorBytes, tensorFromBytes } from "./tensor-bytes.ts";
export type { NonFinite } from "./validate/check-values.ts";
export { nearestName } from "./validate/nearest-name.ts";
export { type ValidateOptions, validateGraph } from "./validate/validate-graph.ts";
