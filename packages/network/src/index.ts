export { accumulatorBounds, type PopulationBounds } from "./bounds.ts";
export {
  createFloat32State,
  type Float32State,
  float32SumLength,
  fusedMultiplyAdd,
  resetFloat32State,
  stepFloat32,
} from "./float32-step.ts";
export { type IntegerEvents, integerEvents } from "./input-events.ts";
export { lower } from "./lower/lower.ts";
export type {
  Conv2dOp,
  Conv3dOp,
  DenseOp,
  Float32Neuron,
  Float32Parameter,
  IdentityOp,
  IntegerNeuron,
  LowerOptions,
  MaskGate,
  Network,
  NetworkMeta,
  NeuronModel,
  OutputPort,
  PoolOp,
  Population,
  Port,
  Projection,
  ProjectionOp,
  SparseOp,
} from "./network.ts";
export {
  createNetworkSimulator,
  type NetworkRunOptions,
  type NetworkSimulateOptions,
  type NetworkSimulator,
  type NetworkSimulatorOptions,
  type NetworkStream,
  type NetworkTrace,
  simulateNetwork,
} from "./network-simulator.ts";
export { type ProjectionMatrix, projectionMatrix } from "./projection-matrix.ts";
export type { NetworkRecordSpec } from "./simulator/recorder.ts";
export { validateNetwork } from "./validate-network.ts";
