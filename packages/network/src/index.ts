export type {
  Conv2dOp, Conv3dOp, DenseOp, Float32Neuron, IdentityOp, IntegerNeuron, LowerOptions, MaskGate, Network, NetworkMeta,
  NeuronModel, OutputPort, PoolOp, Population, Port, Projection, ProjectionOp, SparseOp,
} from "./network.ts";
