/** The step of every node type; types that are not simulated have none. */
import { assertNoErrors, type NirNode, type NodeType } from "@nirkit/graph";
import { simulateDiagnostic } from "../diagnostics.ts";
import { delayStep } from "./delay.ts";
import { denseStep } from "./dense.ts";
import { copyStep, scaleStep, thresholdStep } from "./elementwise.ts";
import { cubaStep, integratorStep, leakyStep } from "./neuron.ts";
import type { Step, StepContext, StepOf } from "./step.ts";

const steps: { readonly [T in NodeType]: StepOf<T> | undefined } = {
  Input: (_, context) => copyStep(context),
  Output: (_, context) => copyStep(context),
  Flatten: (_, context) => copyStep(context),
  Affine: denseStep,
  Linear: denseStep,
  Scale: scaleStep,
  Threshold: thresholdStep,
  Delay: (_, context) => delayStep(context),
  I: integratorStep,
  IF: integratorStep,
  LI: leakyStep,
  LIF: leakyStep,
  CubaLI: cubaStep,
  CubaLIF: cubaStep,
  Conv1d: undefined,
  Conv2d: undefined,
  AvgPool2d: undefined,
  SumPool2d: undefined,
  NIRGraph: undefined,
};

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
