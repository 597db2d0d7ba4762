/**
 * The network as one differentiable operation: values of parameters in, outputs out, forward and backward in the
 * kernels' memory.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec } from "../../model/node-spec.ts";
import type { Executor, ExecutorInput, ExecutorResult } from "../executor.ts";
import { fanOut } from "../fan-out.ts";
import { BatchRun } from "./batch-run.ts";
import type { Flow } from "./flow.ts";
import type { FusedNetwork, FusedRun } from "./fused-run.ts";
import { type DenseInput, denseInputs, networkValues } from "./operation-inputs.ts";
import { type Packed, pack, packedTensor, unpack } from "./packed.ts";
import { compileProgram } from "./program.ts";
import { SegmentedRun } from "./segmented-run.ts";
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

class FusedExecutor implements Executor {
  readonly kind = "fused";
  readonly #fused: FusedNetwork;
  readonly #composite: Executor;
  /** Passes whose way back has not been gone, with the tape they are on. */
  #open: { readonly run: BatchRun; readonly tape: unknown }[] = [];
  #loaded: FusedRun | BatchRun | undefined;

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
    const operation = (tensors: readonly tf.Tensor[]): { value: tf.Tensor; run: BatchRun } => {
      const run = new BatchRun(this.#fused, input);
      this.#load(run, keys, tensors);
      const state = run.forward();
      packed = pack(this.#fused.network, run, input);
      result = { state, activity: run.activity() };
      return { value: packedTensor(packed), run };
    };
    const inputs = [...values.values(), ...dense.map(({ tensor }) => tensor)];
    const { segment = input.steps } = input;
    if (segment < input.steps) return this.#segmented(input, segment, keys, inputs, dense);
    let whole: tf.Tensor;
    if (tape === undefined) {
      const { value, run } = tf.tidy(() => {
        const done = operation(inputs);
        tf.keep(done.value);
        return done as unknown as tf.TensorContainerObject;
      }) as unknown as { value: tf.Tensor; run: BatchRun };
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

  /** A pass that keeps states alone, and what its way back runs again. */
  #segmented(
    input: ExecutorInput,
    segment: number,
    keys: readonly string[],
    inputs: readonly tf.Tensor[],
    dense: readonly DenseInput[],
  ): ExecutorResult {
    const fed = denseInputs(this.#fused.network, input);
    const pass = new SegmentedRun(this.#fused, input, segment);
    let result: ReturnType<SegmentedRun["forward"]> | undefined;
    const whole = tf.customGrad((...given) => {
      const save = given.pop() as tf.GradSaveFunc;
      const tensors = given as tf.Tensor[];
      save([...tensors, ...fed.map(({ tensor }) => tensor)]);
      result = pass.forward((run) => this.#load(run, keys, tensors));
      const { packed } = result;
      return {
        value: packedTensor(packed),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const again = new Map(input.inputs);
          fed.forEach(({ name }, k) => {
            again.set(name, saved[inputs.length + k] as tf.Tensor);
          });
          const sums = inputs.map(({ size }) => new Float64Array(size));
          pass.backward(packed, tensorValues(dy).slice(), again, {
            load: (run) => this.#load(run, keys, saved),
            collect: (run, from) => this.#collect(run, from, { keys, dense, sums }),
          });
          return sums.map((sum, k) => tensorOf(Float32Array.from(sum), (saved[k] as tf.Tensor).shape));
        },
      };
    })(...inputs);
    const { packed, state, activity } = result as ReturnType<SegmentedRun["forward"]>;
    return { ...unpack(whole, packed), state, activity };
  }

  /** Adds the gradients of a segment to the sums. */
  #collect(run: FusedRun, from: number, { keys, dense, sums }: SegmentSums): void {
    const add = (sum: Float64Array, values: ArrayLike<number>, at: number): void => {
      for (let i = 0; i < values.length; i++) sum[at + i] = (sum[at + i] as number) + (values[i] as number);
    };
    keys.forEach((key, k) => {
      const found = this.#found(key);
      if (found !== undefined) add(sums[k] as Float64Array, found, 0);
    });
    dense.forEach(({ name }, k) => {
      const { program, workspace } = this.#fused;
      const flow = run.flows[program.outputs.get(name) as number] as Flow;
      const values = workspace.f32(flow.gradient(), flow.rows * flow.n);
      add(sums[keys.length + k] as Float64Array, values, from * flow.stepSize);
    });
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

  #load(run: FusedRun | BatchRun, keys: readonly string[], tensors: readonly tf.Tensor[]): void {
    const values = new Map(keys.map((key, i) => [key, tensors[i] as tf.Tensor]));
    for (const { cells } of this.#fused.program.parts) for (const { cell } of cells) cell.load?.(values);
    this.#loaded = run;
  }

  #back(
    run: BatchRun,
    packed: readonly Packed[],
    dy: tf.Tensor,
    saved: readonly tf.Tensor[],
    keys: readonly string[],
    dense: readonly DenseInput[],
  ): tf.Tensor[] {
    // Another pass may have put other values into the kernels' memory since.
    if (this.#loaded !== run) this.#load(run, keys, saved);
    run.backward(packed, tensorValues(dy), dense.length > 0);
    const gradients = keys.map((key, i) => this.#gradientOf(key, saved[i] as tf.Tensor));
    for (const { name, tensor } of dense) gradients.push(tensorOf(run.inputGradient(name), tensor.shape));
    run.free();
    this.#open = this.#open.filter((other) => other.run !== run);
    return gradients;
  }

  #gradientOf(key: string, like: tf.Tensor): tf.Tensor {
    const found = this.#found(key);
    return found === undefined ? tf.zerosLike(like) : tensorOf(found, like.shape);
  }

  #found(key: string): Float32Array | undefined {
    for (const { cells } of this.#fused.program.parts)
      for (const { cell } of cells) {
        const found = cell.gradient?.(key);
        if (found !== undefined) return found;
      }
    return undefined;
  }
}

/** Where the gradients of segments are added up: of parameters first, then of dense inputs. */
interface SegmentSums {
  readonly keys: readonly string[];
  readonly dense: readonly DenseInput[];
  readonly sums: readonly Float64Array[];
}
