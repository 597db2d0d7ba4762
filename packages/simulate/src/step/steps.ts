/** The step of every node type; types that are not simulated have none. */
import { assertNoErrors, type NirNode, type NodeType } from "@nirkit/graph";
import { simulateDiagnostic } from "../diagnostics.ts";
import { convolutionStep } from "./convolution.ts";
import { delayStep } from "./delay.ts";
import { denseStep } from "./dense.ts";
import { copyStep, scaleStep, thresholdStep } from "./elementwise.ts";
import { fixedPointStep } from "./fixed-point.ts";
import { linkedNeuronStep } from "./linked-neuron.ts";
import { neuronStep } from "./neuron.ts";
import { poolStep } from "./pool.ts";
import type { Step, StepContext, StepOf } from "./step.ts";

const steps: { readonly [T in NodeType]: StepOf<T> | undefined } = {
  Input: (_, context) => copyStep(context),
  Output: (_, context) => copyStep(context),
  Flatten: (_, context) => copyStep(context),
  Affine: denseStep,
  Linear: denseStep,
  Conv1d: convolutionStep,
  Conv2d: convolutionStep,
  AvgPool2d: poolStep,
  SumPool2d: poolStep,
  Scale: scaleStep,
  Threshold: thresholdStep,
  Delay: (_, context) => delayStep(context),
  I: neuronStep,
  IF: firingStep,
  LI: neuronStep,
  LIF: firingStep,
  CubaLI: neuronStep,
  CubaLIF: firingStep,
  NIRGraph: undefined,
};

/** A neuron that fires, in the arithmetic of the dialect. */
function firingStep(node: Extract<NirNode, { type: "IF" | "LIF" | "CubaLIF" }>, context: StepContext): Step {
  if (context.projection !== undefined) return linkedNeuronStep(node, context, context.projection);
  const fixed = context.dialect.arithmetic === "fixed-12" && node.type !== "LIF";
  return fixed ? fixedPointStep(node, context) : neuronStep(node, context);
}

/** Types with a step. */
const simulatedTypes: readonly string[] = Object.entries(steps)
  .filter(([, step]) => step !== undefined)
  .map(([type]) => type);

/** Refuses every node without a step, all at once. @throws E_UNSUPPORTED_NODE */
export function assertSimulated(nodes: ReadonlyMap<string, NirNode>): void {
  const refused = [...nodes].filter(([, node]) => !simulatedTypes.includes(node.type));
  assertNoErrors(
    refused.map(([name, { type }]) =>
      simulateDiagnostic("E_UNSUPPORTED_NODE", `nodes.${name}`, { type, known: simulatedTypes }),
    ),
  );
}

/** Compiles one node. */
export function compileStep(node: NirNode, context: StepContext): Step {
  assertSimulated(new Map([[context.name, node]]));
  return (steps[node.type as NodeType] as StepOf<NirNode["type"]>)(node as never, context);
}
