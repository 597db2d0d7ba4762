/**
 * The network as one differentiable operation: values of parameters in, outputs out, forward and backward in the
 * kernels' memory.
 */
import { sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import { learnedSlots } from "../../neuron/neuron-spec.ts";
import type { ModelParameter } from "../../parameter/parameter.ts";
import { type Executor, type ExecutorInput, type ExecutorResult, wantsRecord } from "../executor.ts";
import { fanOut } from "../fan-out.ts";
import type { Flow } from "./flow.ts";
import { type FusedNetwork, FusedRun } from "./fused-run.ts";
import { rowsToFlow } from "./layout.ts";
import { slotKey } from "./neuron-cell.ts";
import { compileProgram } from "./program.ts";
import { tensorOf, tensorValues } from "./tensor-memory.ts";
import { createWorkspace } from "./workspace.ts";

/** How the fused path runs. */
export interface FusedOptions {
  readonly build: "auto" | "relaxed" | "plain";
  readonly denseAbove: number;
  /** Runs what the kernels give no gradient of (recorded currents). */
  readonly composite: Executor;
}

/** An executor on kernels of its own memory. */
export function fusedExecutor(network: NetworkSpec, options: FusedOptions): Executor {
  const workspace = createWorkspace(options.build, options.denseAbove);
  const program = compileProgram(network, workspace);
  const fanOuts = new Map([...network.specs].map(([name, spec]) => [name, fanOut(spec)]));
  return new FusedExecutor({ network, program, workspace, fanOuts }, options.composite);
}

/** A part of the packed result: an output, or a record. */
interface Packed {
  readonly key: string;
  readonly node: string;
  readonly what: "output" | "spikes" | "membrane";
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

class FusedExecutor implements Executor {
  readonly kind = "fused";
  readonly #fused: FusedNetwork;
  readonly #composite: Executor;
  /** Passes whose way back has not been gone, with the tape they are on. */
  #open: { readonly run: FusedRun; readonly tape: unknown }[] = [];
  #loaded: FusedRun | undefined;

  constructor(fused: FusedNetwork, composite: Executor) {
    this.#fused = fused;
    this.#composite = composite;
  }

  get memoryBytes(): number {
    return this.#fused.workspace.kernels.peakBytes;
  }

  dispose(): void {
    for (const { run } of this.#open) run.free();
    this.#open = [];
  }

  run(input: ExecutorInput): ExecutorResult {
    if (input.record.signals.includes("current")) return this.#composite.run(input);
    const { state } = tf.engine();
    const tape = state.gradientDepth > 0 ? state.activeTape : undefined;
    this.#dropStale(tape, state.gradientDepth);
    const values = networkValues(this.#fused.network, input);
    const dense = input.inputGradient ? denseInputs(this.#fused.network, input) : [];
    let result: Omit<ExecutorResult, "outputs" | "recorded"> | undefined;
    let packed: readonly Packed[] = [];
    const keys = [...values.keys()];
    const operation = (tensors: readonly tf.Tensor[]): { value: tf.Tensor; run: FusedRun } => {
      const run = new FusedRun(this.#fused, input);
      this.#load(run, keys, tensors);
      run.forward();
      packed = pack(this.#fused.network, run, input);
      result = { state: run.endState(), activity: run.activity() };
      return { value: packedTensor(packed), run };
    };
    const inputs = [...values.values(), ...dense.map(({ tensor }) => tensor)];
    let whole: tf.Tensor;
    if (tape === undefined) {
      const { value, run } = tf.tidy(() => {
        const done = operation(inputs);
        tf.keep(done.value);
        return done as unknown as tf.TensorContainerObject;
      }) as unknown as { value: tf.Tensor; run: FusedRun };
      run.free();
      whole = tf.clone(value);
      value.dispose();
    } else
      whole = tf.customGrad((...given) => {
        const save = given.pop() as tf.GradSaveFunc;
        const tensors = given as tf.Tensor[];
        save(tensors);
        const { value, run } = operation(tensors);
        this.#open.push({ run, tape });
        return {
          value,
          gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => this.#back(run, packed, dy, saved, keys, dense),
        };
      })(...inputs);
    return { ...unpack(whole, packed), ...(result as Omit<ExecutorResult, "outputs" | "recorded">) };
  }

  /** Frees passes of gradients that were computed without them. */
  #dropStale(tape: unknown, depth: number): void {
    if (depth > 1) return;
    this.#open = this.#open.filter(({ run, tape: own }) => {
      if (run.open && own === tape) return true;
      run.free();
      return false;
    });
  }

  #load(run: FusedRun, keys: readonly string[], tensors: readonly tf.Tensor[]): void {
    const values = new Map(keys.map((key, i) => [key, tensors[i] as tf.Tensor]));
    for (const { cells } of this.#fused.program.parts) for (const { cell } of cells) cell.load?.(values);
    this.#loaded = run;
  }

  #back(
    run: FusedRun,
    packed: readonly Packed[],
    dy: tf.Tensor,
    saved: readonly tf.Tensor[],
    keys: readonly string[],
    dense: readonly DenseInput[],
  ): tf.Tensor[] {
    // Another pass may have put other values into the kernels' memory since.
    if (this.#loaded !== run) this.#load(run, keys, saved);
    this.#spreadGradient(run, packed, tensorValues(dy));
    run.backward();
    const gradients = keys.map((key, i) => this.#gradientOf(key, saved[i] as tf.Tensor));
    for (const { name, tensor } of dense) gradients.push(this.#inputGradient(run, name, tensor));
    run.free();
    this.#open = this.#open.filter((other) => other.run !== run);
    return gradients;
  }

  #spreadGradient(run: FusedRun, packed: readonly Packed[], dy: Float32Array): void {
    const { program, workspace } = this.#fused;
    let at = 0;
    // The kernels' memory may be that of dy: nothing may be allocated while it is read.
    const parts = packed.map((part) => {
      const own = dy.slice(at, at + part.values.length);
      at += part.values.length;
      return own;
    });
    packed.forEach(({ node, what }, p) => {
      const flow = run.flows[program.outputs.get(node) as number] as Flow;
      const values = rowsToFlow(parts[p] as Float32Array, flow);
      if (what !== "membrane") {
        flow.addGradient(0, run.steps, (to) => workspace.f32(to, values.length).set(values));
        return;
      }
      const buffer = workspace.pool.take(values.length);
      workspace.f32(buffer.ptr, values.length).set(values);
      run.membraneGradients.set(node, buffer);
    });
  }

  #gradientOf(key: string, like: tf.Tensor): tf.Tensor {
    for (const { cells } of this.#fused.program.parts)
      for (const { cell } of cells) {
        const found = cell.gradient?.(key);
        if (found !== undefined) return tensorOf(found, like.shape);
      }
    return tf.zerosLike(like);
  }

  #inputGradient(run: FusedRun, name: string, like: tf.Tensor): tf.Tensor {
    const { program, workspace } = this.#fused;
    const flow = run.flows[program.outputs.get(name) as number] as Flow;
    return tensorOf(workspace.f32(flow.gradient(), flow.rows * flow.n), like.shape);
  }
}

interface DenseInput {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

function denseInputs({ plan }: NetworkSpec, { inputs }: ExecutorInput): DenseInput[] {
  return [...plan.nodes.values()].flatMap(({ name, node }) => {
    const given = node.type === "Input" ? inputs.get(name) : undefined;
    return given === undefined || ("kind" in given && given.kind === "events")
      ? []
      : [{ name, tensor: given as tf.Tensor }];
  });
}

/** Effective values of everything that cells load, by key; differentiable. */
function networkValues({ specs }: NetworkSpec, context: ExecutorInput): Map<string, tf.Tensor> {
  const values = new Map<string, tf.Tensor>();
  const add = (parameter: ModelParameter | undefined): void => {
    if (parameter !== undefined) values.set(parameter.name, parameter.value(context));
  };
  for (const [name, spec] of specs) addValues(name, spec);
  return values;

  function addValues(name: string, spec: NodeSpec): void {
    switch (spec.kind) {
      case "dense":
      case "conv":
        add(spec.weight);
        add(spec.bias);
        return;
      case "scale":
        add(spec.gain);
        return;
      case "threshold":
        if (spec.learned !== undefined) values.set(slotKey(name, "threshold"), spec.learned.value(context));
        return;
      case "neuron":
        for (const [slot, tensor] of learnedSlots(spec.neuron, context))
          values.set(slotKey(name, slot), tensor);
        return;
      default:
    }
  }
}

function pack(
  { plan, specs }: NetworkSpec,
  run: FusedRun,
  { steps, batch, record }: ExecutorInput,
): Packed[] {
  const packed: Packed[] = [];
  for (const { name, node, outputShape } of plan.nodes.values()) {
    const shape = [steps, batch, ...outputShape];
    if (node.type === "Output")
      packed.push({ key: name, node: name, what: "output", shape, values: run.values(name) });
    if (wantsRecord(record, name, "spikes"))
      packed.push({ key: `${name}.spikes`, node: name, what: "spikes", shape, values: run.values(name) });
    if (specs.get(name)?.kind === "neuron" && wantsRecord(record, name, "membrane")) {
      const values = run.membranes(name);
      if (values !== undefined)
        packed.push({ key: `${name}.membrane`, node: name, what: "membrane", shape, values });
    }
  }
  return packed;
}

function packedTensor(packed: readonly Packed[]): tf.Tensor {
  const [only] = packed;
  if (only !== undefined && packed.length === 1) return tf.tensor1d(only.values, "float32");
  const whole = new Float32Array(packed.reduce((total, { values }) => total + values.length, 0));
  let at = 0;
  for (const { values } of packed) {
    whole.set(values, at);
    at += values.length;
  }
  return tf.tensor1d(whole, "float32");
}

function unpack(whole: tf.Tensor, packed: readonly Packed[]): Pick<ExecutorResult, "outputs" | "recorded"> {
  const outputs = new Map<string, tf.Tensor>();
  const recorded = new Map<string, tf.Tensor>();
  let at = 0;
  for (const { key, what, shape } of packed) {
    const size = sizeOf(shape);
    const part = packed.length === 1 ? whole : tf.slice(whole, [at], [size]);
    (what === "output" ? outputs : recorded).set(key, tf.reshape(part, [...shape]));
    at += size;
  }
  return { outputs, recorded };
}
