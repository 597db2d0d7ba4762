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
export { type Edge, type GraphEdits, type GraphParts, NirGraph } from "./graph.ts";
export {
  type Affine, type AvgPool2d, type Conv1d, type Conv2d, type CubaLI, type CubaLIF, type Delay, type ExtensionNode,
  type Flatten, hasWeight, type I, type IF, type Input, isNeuron, type LI, type LIF, type Linear, type Metadata,
  type MetadataValue, type NirNode, type NirSubgraph, type NodeType, nodeTypes, type Output, type Padding, type Pair,
  type PrimitiveNode, type Scale, type SumPool2d, type Threshold,
} from "./node.ts";
export { definePass, type Pass, type PassContext, type PassResult } from "./pass.ts";
export type { Activity, Events, NodeActivity, RecordSpec, Sample, Signal, SpikeInput, Trace } from "./signal.ts";
export { type DType, dtypes, full, type Shape, sameShape, sizeOf, type Tensor, type TypedArrayOf, tensor, toFloat32, toFloat64, zeros } from "./tensor.ts";
