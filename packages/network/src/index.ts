export { accumulatorBounds, type PopulationBounds } from "./bounds.ts";
export { type IntegerEvents, integerEvents } from "./input-events.ts";
export { lower } from "./lower/lower.ts";
export type {
  Conv2dOp,
  Conv3dOp,
  DenseOp,
  Float32Neuron,
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
  type NetworkSimulateOptions,
  type NetworkSimulator,
  type NetworkTrace,
  simulateNetwork,
} from "./network-simulator.ts";
export { validateNetwork } from "./validate-network.ts";
