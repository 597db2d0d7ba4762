export type { Block, BlockArray, Region } from "./arena.ts";
export {
  type ConvGeometry,
  convShape,
  packConvDense,
  packConvEvents,
  unpackConvDense,
  unpackConvEvents,
  type WeightArray,
} from "./conv-shape.ts";
export {
  type FloatArena,
  type FloatNeuron,
  type FloatNeuronOptions,
  type FloatSlot,
  floatNeuron,
  type NeuronParameter,
} from "./float-neuron.ts";
export type { Heap, HeapOptions, HeapViews } from "./heap.ts";
export type {
  DenseKernels,
  DriveKernels,
  EventKernels,
  InferenceKernels,
  IntegerKernels,
  ListKernels,
  NeuronKernels,
} from "./inference-kernels.ts";
export { type Build, supportsBuild } from "./instantiate.ts";
export {
  type IntegerNeuron,
  type IntegerNeuronOptions,
  integerNeuron,
  type KernelLeak,
} from "./integer-neuron.ts";
export { type KernelCode, KernelError } from "./kernel-error.ts";
export {
  convDenseScratchBytes,
  type KernelMemory,
  type Kernels,
  type LoadKernelsOptions,
  loadKernels,
  maskStrideBytes,
  sgemmScratchBytes,
} from "./kernels.ts";
