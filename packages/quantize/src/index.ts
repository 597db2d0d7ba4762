export type { IntegerLeak, NeuronArithmetic } from "./integer-neuron.ts";
export type { IntArray, QuantStats, QuantTensor } from "./quant-tensor.ts";
export type { FittedScale, Keeps, WeightQuantizer } from "./weight-quantizer.ts";
export type { QuantizedInput, QuantizedNeuron, QuantizedView, QuantizedWeight } from "./quantized-view.ts";
