/** A neuron node as the executors run it: constants, learned quantities, spike test and reset. */
import type { Shape } from "@nirkit/graph";
import type { FloatSlot } from "@nirkit/kernels";
import * as tf from "@tensorflow/tfjs-core";
import type {
  BuildOptions,
  Granularity,
  LeakOptions,
  NodeOptions,
  ThresholdOptions,
  TrainableOptions,
} from "../model/build-options.ts";
import type { Plan, PlanNode } from "../model/plan.ts";
import type { TrainDialect } from "../model/train-dialect.ts";
import type { ParameterRole } from "../model/trainable-model.ts";
import { gatherValues, granularShape } from "../parameter/granularity.ts";
import { createParameter, type ModelParameter } from "../parameter/parameter.ts";
import type { Reparametrization } from "../parameter/reparametrize.ts";
import { identity, leakParametrization, thresholdParametrization } from "../parameter/reparametrize.ts";
import { atan, type Surrogate } from "../surrogate/surrogate.ts";
import { assertLevels, type MembraneLevels } from "./membrane-levels.ts";
import { type Constant, type NeuronConstants, type NeuronNode, neuronConstants } from "./neuron-constants.ts";

/** Spike test, reset and what of them is learned. */
export interface NeuronSpec extends Pick<TrainDialect, "compare" | "reset" | "resetDelay" | "cubaOrder"> {
  readonly name: string;
  readonly shape: Shape;
  readonly constants: NeuronConstants;
  readonly surrogate: Surrogate;
  readonly detachReset: boolean;
  readonly leak: LearnedLeak | undefined;
  readonly synLeak: LearnedLeak | undefined;
  readonly threshold: ModelParameter | undefined;
  readonly vReset: ModelParameter | undefined;
  readonly membrane: MembraneLevels | undefined;
}

/** A learned decay, and the factor of the gain that moves with it. */
export interface LearnedLeak {
  readonly parameter: ModelParameter;
  readonly coupled: Constant | undefined;
}

/** Options of a node before those of the model. */
export function mergedOptions(options: BuildOptions, own: NodeOptions): TrainableOptions & NodeOptions {
  return { ...options.trainable, ...own };
}

const leakOptions = (given: Granularity | LeakOptions | undefined): Required<LeakOptions> => ({
  granularity: "none",
  param: "logit",
  coupleGain: true,
  ...(typeof given === "string" ? { granularity: given } : given),
});

const thresholdOptions = (given: Granularity | ThresholdOptions | undefined): Required<ThresholdOptions> => ({
  granularity: "none",
  param: "softplus",
  ...(typeof given === "string" ? { granularity: given } : given),
});

/** The spec of a neuron node, with a parameter for everything that is learned. */
export function neuronSpec(plan: Plan, at: PlanNode, options: BuildOptions, own: NodeOptions): NeuronSpec {
  const { dialect, dt } = plan;
  const constants = neuronConstants(at.name, at.node as NeuronNode, at.outputShape, dialect, dt);
  const merged = mergedOptions(options, own);
  const learn = learner(at, options.name ?? "model");
  const leak = leakOptions(merged.leak);
  const synLeak = leakOptions(merged.synLeak);
  const threshold = thresholdOptions(merged.threshold);
  const learnedLeak = (
    role: "leak" | "syn-leak",
    wanted: Required<LeakOptions>,
    decay: Constant,
    factor: Constant | undefined,
  ): LearnedLeak | undefined => {
    const path = `nodes.${at.name}.${role === "leak" ? "tau" : "tauSyn"}`;
    const parameter = learn(role, wanted.granularity, decay, () =>
      leakParametrization(wanted.param, { dt, leak: dialect.leak, path }),
    );
    return parameter && { parameter, coupled: wanted.coupleGain ? factor : undefined };
  };
  const chosen = own.dialect ?? {};
  if (own.membrane !== undefined) assertLevels(`nodes.${at.name}`, own.membrane);
  return {
    name: at.name,
    shape: at.outputShape,
    constants,
    surrogate: own.surrogate ?? options.surrogate ?? atan(),
    membrane: own.membrane,
    detachReset: own.detachReset ?? options.detachReset ?? true,
    compare: chosen.compare ?? dialect.compare,
    reset: chosen.reset ?? dialect.reset,
    resetDelay: chosen.resetDelay ?? dialect.resetDelay,
    cubaOrder: chosen.cubaOrder ?? dialect.cubaOrder,
    leak: constants.leaky ? learnedLeak("leak", leak, constants.decay, constants.gainFactor) : undefined,
    synLeak: constants.synapse
      ? learnedLeak("syn-leak", synLeak, constants.synDecay, constants.synGainFactor)
      : undefined,
    threshold: constants.spiking
      ? learn("threshold", threshold.granularity, constants.threshold, (initial, shape) =>
          thresholdParametrization(threshold.param, initial, shape, `nodes.${at.name}.vThreshold`),
        )
      : undefined,
    vReset:
      constants.spiking && (chosen.reset ?? dialect.reset) === "value"
        ? learn("reset", merged.reset ?? "none", constants.vReset, () => identity)
        : undefined,
  };
}

type Learn = (
  role: ParameterRole,
  granularity: Granularity,
  values: Constant,
  parametrization: (initial: Float64Array, shape: Shape) => Reparametrization,
) => ModelParameter | undefined;

/** Makes the parameters of one node. */
export function learner(at: PlanNode, prefix: string): Learn {
  return (role, granularity, values, parametrization) => {
    if (granularity === "none") return undefined;
    const shape = granularShape(granularity, at.outputShape);
    const initial = gatherValues(values, granularity, at.outputShape, role, `nodes.${at.name}`);
    const reparametrization = parametrization(initial, shape);
    return createParameter({
      nodeId: at.name,
      role,
      initial,
      shape,
      trainable: true,
      reparametrization,
      prefix,
    });
  };
}

/** What is learned of a neuron, as tensors that broadcast to its shape; differentiable. */
export function learnedSlots(
  spec: NeuronSpec,
  context: { readonly training?: boolean; readonly step?: number },
): ReadonlyMap<FloatSlot, tf.Tensor> {
  const slots = new Map<FloatSlot, tf.Tensor>();
  const leak = (learned: LearnedLeak | undefined, decay: FloatSlot, gain: FloatSlot): void => {
    if (learned === undefined) return;
    const beta = learned.parameter.value(context);
    slots.set(decay, beta);
    if (learned.coupled !== undefined)
      slots.set(gain, tf.mul(constantTensor(learned.coupled, spec.shape), tf.sub(1, beta)));
  };
  leak(spec.leak, "decay", "gain");
  leak(spec.synLeak, "synDecay", "synGain");
  if (spec.threshold !== undefined) slots.set("threshold", spec.threshold.value(context));
  if (spec.vReset !== undefined) slots.set("vReset", spec.vReset.value(context));
  return slots;
}

/** A constant as a tensor, a scalar or in the shape of the neurons. */
export function constantTensor(value: Constant, shape: Shape): tf.Tensor {
  return typeof value === "number"
    ? tf.scalar(value, "float32")
    : tf.tensor(Float32Array.from(value), [...shape], "float32");
}
