export { convInputGradientScratchBytes } from "./conv-scratch.ts";
export { loadTrainKernels } from "./load-train-kernels.ts";
export { type NeuronGradients, neuronGradients } from "./neuron-gradients.ts";
export { type SurrogateOptions, surrogate } from "./surrogate.ts";
export type { TrainKernels } from "./train-kernels.ts";
