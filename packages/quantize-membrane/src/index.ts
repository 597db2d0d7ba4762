export {
  type AdaptiveGradients,
  type AdaptiveStep,
  adaptiveBackward,
  adaptiveForward,
  softplus,
} from "./adaptive-threshold.ts";
export {
  type ImSnnStep,
  imSnnLevels,
  imSnnMembrane,
  imSnnStep,
  stackedSurrogate,
  triangleSurrogate,
} from "./im-snn.ts";
export { describeLeak, type LeakReport, quantizeTau } from "./leak-report.ts";
export { type MintParams, mint, mintAlpha, mintLsb, mintMembrane, mintParams, mintTheta } from "./mint.ts";
export {
  type MembraneOptions,
  type MembraneReport,
  type MembraneResult,
  membraneScheme,
  quantizeMembrane,
  quantizeMembranePass,
} from "./quantize-membrane.ts";
export { isEquispaced, levelsMembrane, type StateQuantOptions, stateQuantLevels } from "./state-quant.ts";
