export { type BinaryParams, binary, binaryParams } from "./binary.ts";
export { clipValue, lsqInit, sawb, type Weights } from "./clip.ts";
export { type DorefaParams, dorefa, dorefaParams } from "./dorefa.ts";
export { type DuqGradients, type DuqParams, duq, duqGradient, duqParams } from "./duq.ts";
export { ewgs, lsqDerivatives } from "./gradient.ts";
export {
  type AffineInput,
  dequantizeInputs,
  fitInput,
  foldZeroPoint,
  type InputRangeForm,
  quantizeInputs,
} from "./input-quantizer.ts";
export { nestedPrecision, nestings } from "./nested.ts";
export { type PactActivation, pact, pactGradient } from "./pact.ts";
export { bitPlanes, type PlusMinusParams, plusMinus, plusMinusParams, spikeDot } from "./plus-minus.ts";
export {
  quantizeBinaryPass,
  quantizeDorefaPass,
  quantizeDuqPass,
  quantizePlusMinusPass,
  quantizeSigmoidStepsPass,
  quantizeTernaryPass,
  quantizeUniform,
  quantizeUniformPass,
  type UniformOptions,
} from "./quantize-uniform.ts";
export {
  annealedTemperature,
  hardSteps,
  integerSteps,
  type SigmoidSteps,
  type SigmoidStepsParams,
  type SigmoidValue,
  sigmoidSteps,
  sigmoidStepsParams,
  sigmoidSum,
} from "./sigmoid-sum.ts";
export { type TernaryParams, ternary, ternaryParams } from "./ternary.ts";
export { uniform } from "./uniform.ts";
export { type ClipMode, type UniformParams, uniformParams, uniformRange } from "./uniform-params.ts";
export { type Standardized, standardize, wsdrGradient, wsdrScale, wsdrTemperature } from "./ws-dr.ts";
