export { convDense, poolDense } from "./conv-dense.ts";
export {
  convEvents,
  convEventsI8,
  convEventsI16,
  convEventsI32,
  poolEvents,
  poolEventsI32,
} from "./conv-events.ts";
export { accumulateEvents } from "./events.ts";
export { neuronForward } from "./float-neuron.ts";
export { sgemm, sgemv } from "./gemm.ts";
export { accumulateI8, accumulateI16, accumulateI32, accumulateSaturatingI8 } from "./integer-events.ts";
export { integerNeuronForward } from "./integer-neuron.ts";
export { compactF32, compactI32, compactMask, transposeEvents, transposeImages } from "./lists.ts";
export { sumsToDrive } from "./drive.ts";
