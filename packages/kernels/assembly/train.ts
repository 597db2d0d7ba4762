export { convDenseWeightGradient, convEventsWeightGradient, convInputGradient, poolInputGradient } from "./conv-gradients.ts";
export { neuronBackward, surrogateDerivative } from "./neuron-backward.ts";
export { adam, addScaled, sgd, sumRows, sumSquares } from "./optimizers.ts";
