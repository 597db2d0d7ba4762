export { finiteDifferences, relativeError } from "./finite-differences.ts";
export {
  type ReferenceGradients,
  type ReferenceNeuron,
  type ReferenceTrace,
  referenceBackward,
  referenceForward,
} from "./neuron-reference.ts";
