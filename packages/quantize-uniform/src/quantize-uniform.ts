/** Post-training quantisation of a graph with the schemes of this package, as a function and as passes. */
import type { NirGraph, Pass, PassContext, PassResult } from "@nirkit/graph";
import {
  type DriverWords,
  type QuantizeReport,
  quantizeWith,
  type SchemeOptions,
  schemePass,
} from "@nirkit/quantize";
import { type BinaryParams, binary, binaryShape } from "./binary.ts";
import { type DorefaParams, dorefa, dorefaShape } from "./dorefa.ts";
import { type DuqParams, duq, duqShape } from "./duq.ts";
import { type PlusMinusParams, plusMinus, plusMinusShape } from "./plus-minus.ts";
import { type SigmoidStepsParams, sigmoidSteps, sigmoidStepsShape } from "./sigmoid-sum.ts";
import { type TernaryParams, ternary, ternaryShape } from "./ternary.ts";
import { uniform } from "./uniform.ts";
import { type UniformParams, uniformShape } from "./uniform-params.ts";

/** Options of {@link quantizeUniform}: the scheme's parameters beside the driver's options. */
export type UniformOptions = SchemeOptions<UniformParams>;

/**
 * Quantises a graph with {@link uniform}.
 *
 * @example await quantizeUniform(graph, { bits: 4, axis: 0, dt: 1e-3 })
 * @throws NirkitError as `quantizeGraph` does
 */
export function quantizeUniform(
  graph: NirGraph,
  options: UniformOptions = {},
  context?: PassContext,
): Promise<PassResult & { readonly report: QuantizeReport }> {
  return quantizeWith(uniform, uniformShape, graph, options, context);
}

/** Before: float weights. After: `fc1 uniform4/axis0`, integer thresholds. Text form `quantize-uniform{bits=4,axis=0,dt=0.001}`. */
export const quantizeUniformPass: Pass<UniformParams & DriverWords> = schemePass(
  uniform,
  uniformShape,
  "quantize-uniform",
  "Quantizes weights to equally spaced levels and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link ternary}. */
export const quantizeTernaryPass: Pass<TernaryParams & DriverWords> = schemePass(
  ternary,
  ternaryShape,
  "quantize-ternary",
  "Quantizes weights to -1, 0 and 1 and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link binary}. */
export const quantizeBinaryPass: Pass<BinaryParams & DriverWords> = schemePass(
  binary,
  binaryShape,
  "quantize-binary",
  "Quantizes weights to their signs and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link dorefa}. */
export const quantizeDorefaPass: Pass<DorefaParams & DriverWords> = schemePass(
  dorefa,
  dorefaShape,
  "quantize-dorefa",
  "Quantizes the tanh of weights to equal steps and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link duq}. */
export const quantizeDuqPass: Pass<DuqParams & DriverWords> = schemePass(
  duq,
  duqShape,
  "quantize-duq",
  "Quantizes clipped weights to equal steps of another scale and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link sigmoidSteps}. */
export const quantizeSigmoidStepsPass: Pass<SigmoidStepsParams & DriverWords> = schemePass(
  sigmoidSteps,
  sigmoidStepsShape,
  "quantize-sigmoid-steps",
  "Quantizes weights to the steps of a sum of sigmoids and folds neurons to integers",
);

/** As {@link quantizeUniformPass}, with {@link plusMinus}. */
export const quantizePlusMinusPass: Pass<PlusMinusParams & DriverWords> = schemePass(
  plusMinus,
  plusMinusShape,
  "quantize-plus-minus",
  "Quantizes weights to odd integers for popcount hardware and folds neurons to integers",
);
