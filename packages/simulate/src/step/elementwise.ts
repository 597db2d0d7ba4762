/** Nodes without state that work element by element: Input, Output, Flatten, Scale, Threshold. */
import { type Scale, sizeOf, type Threshold } from "@nirkit/graph";
import { constants, type FloatArray, floats, parameter } from "../float-array.ts";
import { noSignals, type Step, type StepContext } from "./step.ts";

/** y = x; Flatten only changes the shape, row-major order stays. */
export function copyStep(context: StepContext): Step {
  const out = floats(context.precision, sizeOf(context.outputShape));
  return stateless(out, (x) => out.set(x));
}

/** y = s ⊙ x. */
export function scaleStep(node: Scale, context: StepContext): Step {
  const path = `nodes.${context.name}.scale`;
  const scale = constants(context.precision, parameter(node.scale, context.outputShape, path), "scale", path);
  const out = floats(context.precision, scale.length);
  return stateless(out, (x) => {
    for (let i = 0; i < out.length; i++) out[i] = (scale[i] ?? 0) * (x[i] ?? 0);
  });
}

/** y = 1 if x > threshold else 0; strict, whatever the dialect compares neurons with. */
export function thresholdStep(node: Threshold, context: StepContext): Step {
  const path = `nodes.${context.name}.threshold`;
  const values = parameter(node.threshold, context.outputShape, path);
  const threshold = constants(context.precision, values, "threshold", path);
  const out = floats(context.precision, threshold.length);
  return stateless(out, (x) => {
    for (let i = 0; i < out.length; i++) out[i] = (x[i] ?? 0) > (threshold[i] ?? 0) ? 1 : 0;
  });
}

function stateless(out: FloatArray, step: (x: FloatArray) => void): Step {
  return { out, step, reset: () => {}, signals: noSignals, dynamic: false };
}
