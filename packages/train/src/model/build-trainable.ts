/** Makes a trainable model of a graph. */
import type { EventBatch } from "@nirkit/events";
import { type Activity, type NirGraph, type Shape, sameShape, sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { type Compacted, compactGraph } from "../compact/compact-graph.ts";
import { exportGraph } from "../convert/to-nir.ts";
import { trainError } from "../diagnostics.ts";
import { compositeExecutor } from "../segment/composite/composite-executor.ts";
import type { Executor, ExecutorInput, ExecutorResult } from "../segment/executor.ts";
import { fusedExecutor } from "../segment/fused/fused-executor.ts";
import { fusedRefusal } from "../segment/fused/refuse.ts";
import { onHost } from "../tfjs/on-host.ts";
import { readsAtOnce } from "../tfjs/read-values.ts";
import { registerGradients } from "../tfjs/register-gradients.ts";
import type { BuildOptions } from "./build-options.ts";
import { countOps, type SynapticOps } from "./count-ops.ts";
import { Forwarded } from "./forwarded.ts";
import { initializeWeights } from "./init-weights.ts";
import { type NetworkSpec, networkSpec } from "./node-spec.ts";
import { planNetwork } from "./plan.ts";
import { type SeqTensor, seqTensor } from "./seq-tensor.ts";
import type {
  ForwardOptions,
  ForwardResult,
  GradientCheckpointing,
  NetworkState,
  SequenceBatch,
  TrainableModel,
} from "./trainable-model.ts";

/**
 * A trainable model: parameters as tfjs variables, a differentiable forward pass over sequences, and the way back to
 * a graph.
 *
 * Every node type of NIR is trained, alone, in branches, in loops and nested. Loops cost one step, on the edge that the
 * schedule of `@nirkit/graph` says.
 *
 * @throws E_TRAIN_NODE, E_TRAIN_DIALECT, E_TRAIN_DT, E_DT_MISSING, E_ALGEBRAIC_LOOP, E_GRANULARITY, E_PARAMETRIZATION,
 * E_FUSED where `execution: "fused"` cannot be, E_BACKEND without a tfjs backend
 */
export async function buildTrainable(graph: NirGraph, options: BuildOptions = {}): Promise<TrainableModel> {
  await tf.ready();
  if (tf.getBackend() === undefined) throw trainError("E_BACKEND", "", { why: "no backend is registered" });
  await registerGradients();
  const plan = planNetwork(graph, options);
  const network = networkSpec(plan, options);
  if (options.init !== undefined && options.init !== "keep")
    initializeWeights(network, options.init, options.seed ?? 0);
  // Transforms pick their first scales now, so that what they learn is there before the first step.
  for (const parameter of network.parameters)
    if (parameter.transforms.length > 0) tf.tidy(() => void parameter.value());
  return new Model(network, createExecutor(network, options));
}

/** @throws E_FUSED */
function createExecutor(network: NetworkSpec, options: BuildOptions): Executor {
  const { execution = "auto", spiking = true, kernels = "portable", denseAbove = 0.3 } = options;
  const composite = compositeExecutor(network, spiking);
  if (execution === "composite") return composite;
  const backend = tf.getBackend();
  const refusal =
    fusedRefusal(network) ??
    (spiking ? undefined : "a smooth run") ??
    (backend === "cpu" || backend === "wasm" ? undefined : `values on the backend ${backend}`);
  if (refusal === undefined) {
    const build = kernels === "portable" ? "auto" : kernels;
    return fusedExecutor(network, { build, denseAbove, composite });
  }
  if (execution === "fused") throw trainError("E_FUSED", "execution", { why: refusal });
  return composite;
}

class Model implements TrainableModel {
  readonly graph: NirGraph;
  readonly dt: number;
  readonly execution: "fused" | "composite";
  readonly parameters: TrainableModel["parameters"];
  readonly #network: NetworkSpec;
  readonly #executor: Executor;
  #last: Pick<ForwardResult, "state"> = { state: new Map() };

  constructor(network: NetworkSpec, executor: Executor) {
    this.graph = network.plan.graph;
    this.dt = network.plan.dt;
    this.execution = executor.kind;
    this.parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
    this.#network = network;
    this.#executor = executor;
  }

  forward(input: SequenceBatch, options: ForwardOptions = {}): ForwardResult {
    const { state = new Map(), record = { nodes: [], signals: [] } } = options;
    const { training = false, step = 0, inputGradient = false } = options;
    const size = checkInputs(this.#network, input);
    const result = this.#executor.run({
      ...size,
      inputs: input,
      state,
      record,
      training,
      step,
      inputGradient,
      segment: segmentSteps(size.steps, options.checkpointing),
    } satisfies ExecutorInput);
    const forwarded = this.#result(result);
    this.#last = forwarded;
    return forwarded;
  }

  #result({ outputs, recorded, state, activity, settled }: ExecutorResult): ForwardResult {
    const named = new Map<string, SeqTensor>();
    for (const [name, dense] of outputs) named.set(name, seqTensor(this.#kindOf(name), dense));
    const kept = new Map<string, SeqTensor>();
    for (const [key, dense] of recorded)
      kept.set(key, seqTensor(key.endsWith(".spikes") ? this.#kindOf(key.slice(0, -7)) : "membrane", dense));
    return new Forwarded(named, kept, { state, activity, settled });
  }

  /** Spikes where every source gives spikes. */
  #kindOf(name: string): SeqTensor["kind"] {
    const { plan, specs } = this.#network;
    const spec = specs.get(name);
    if (spec?.kind === "neuron") return spec.neuron.constants.spiking ? "spikes" : "membrane";
    if (spec?.kind === "threshold") return "spikes";
    if (spec?.kind !== "pass" && spec?.kind !== "delay") return "membrane";
    const sources = plan.nodes.get(name)?.sources ?? [];
    return sources.length === 1 && sources.every((source) => this.#kindOf(source.name) === "spikes")
      ? "spikes"
      : "membrane";
  }

  get memoryBytes(): number {
    return this.#executor.memoryBytes;
  }

  toNir({ apply = "transforms" }: { readonly apply?: "transforms" | "none" } = {}): NirGraph {
    return exportGraph(this.#network, apply);
  }

  async downloadNir(options: { readonly apply?: "transforms" | "none" } = {}): Promise<NirGraph> {
    if (readsAtOnce()) return this.toNir(options);
    const held = this.#network.parameters.flatMap(({ variable, mask }) => [
      variable,
      ...(mask ? [mask] : []),
    ]);
    return onHost(held, () => this.toNir(options));
  }

  compact(): Compacted {
    return compactGraph(this.toNir());
  }

  countOps(activity: Activity): SynapticOps {
    return countOps(this.#network, activity);
  }

  state(): NetworkState {
    return this.#last.state;
  }

  resetState(): void {
    this.#last = { state: new Map() };
  }

  dispose(): void {
    this.#executor.dispose();
    for (const parameter of this.#network.parameters) {
      parameter.mask = undefined;
      for (const transform of parameter.transforms)
        for (const variable of transform.variables?.() ?? []) variable.dispose();
      parameter.variable.dispose();
    }
  }
}

/** @throws E_TRAIN_OPTION for steps that are no positive integer */
function segmentSteps(steps: number, checkpointing: GradientCheckpointing = "off"): number | undefined {
  if (checkpointing === "off") return undefined;
  if (checkpointing === "auto") return Math.ceil(Math.sqrt(steps));
  const { every } = checkpointing;
  if (Number.isInteger(every) && every >= 1) return every;
  throw trainError("E_TRAIN_OPTION", "checkpointing.every", {
    why: `It is ${every}, not a positive integer`,
  });
}

/** Steps and batch of the inputs. @throws E_TRAIN_INPUT */
function checkInputs(
  { plan }: NetworkSpec,
  inputs: SequenceBatch,
): { readonly steps: number; readonly batch: number } {
  let size: { steps: number; batch: number } | undefined;
  for (const at of plan.nodes.values()) {
    if (at.node.type !== "Input") continue;
    const given = inputs.get(at.name);
    const expected = `[T, B, ${at.outputShape.join(", ")}], or events of [${at.outputShape.join(", ")}]`;
    if (given === undefined)
      throw trainError("E_TRAIN_INPUT", at.name, {
        found: `inputs ${[...inputs.keys()].join(", ") || "none"}`,
        expected,
      });
    const own = sizeOfInput(given);
    if (!fits(own.shape, at.outputShape))
      throw trainError("E_TRAIN_INPUT", at.name, {
        found: `[${own.steps}, ${own.batch}, ${own.shape.join(", ")}]`,
        expected,
      });
    if (size !== undefined && (size.steps !== own.steps || size.batch !== own.batch))
      throw trainError("E_TRAIN_INPUT", at.name, {
        found: `${own.steps} steps of ${own.batch} samples`,
        expected: `${size.steps} steps of ${size.batch}, as the other inputs`,
      });
    size = { steps: own.steps, batch: own.batch };
  }
  if (size === undefined || size.steps < 1 || size.batch < 1)
    throw trainError("E_TRAIN_INPUT", "input", {
      found: "nothing to run",
      expected: "at least one step of one sample",
    });
  return size;
}

function sizeOfInput(given: tf.Tensor | EventBatch): {
  readonly steps: number;
  readonly batch: number;
  readonly shape: Shape;
} {
  if (isEvents(given)) return given;
  const [steps = 0, batch = 0, ...shape] = given.shape;
  return { steps, batch, shape };
}

/** True for events, false for a tensor. */
function isEvents(given: tf.Tensor | EventBatch): given is EventBatch {
  return "kind" in given && given.kind === "events";
}

/** Events carry the shape of their sensor; its elements have to be as many. */
function fits(found: Shape, expected: Shape): boolean {
  return sameShape(found, expected) || sizeOf(found) === sizeOf(expected);
}
