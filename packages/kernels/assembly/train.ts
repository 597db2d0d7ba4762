export { convEventsWeightGradient } from "./conv-events.ts";
export { convDenseWeightGradient, poolInputGradient } from "./conv-gradients.ts";
export { convInputGradient } from "./conv-input-gradient.ts";
export { neuronBackward, surrogateDerivative } from "./neuron-backward.ts";
export { adam, addScaled, countNonZero, sgd, sumRows, sumSquares } from "./optimizers.ts";
