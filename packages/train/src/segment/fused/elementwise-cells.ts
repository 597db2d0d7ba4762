/** Scale and Delay on dense values. */
import type * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../../diagnostics.ts";
import type { ScaleSpec } from "../../model/node-spec.ts";
import type { NodeState } from "../../model/trainable-model.ts";
import { addToStart, historyKey } from "./boundary.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { CellPlace } from "./dense-cell.ts";
import type { Flow, FlowShape } from "./flow.ts";
import { fromFlow, rowsFromFlow, rowsToFlow, toFlow } from "./layout.ts";
import { tensorValues } from "./tensor-memory.ts";
import type { Workspace } from "./workspace.ts";

/** y = s ⊙ x. */
export class ScaleCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #spec: ScaleSpec;
  readonly #workspace: Workspace;
  readonly #flow: FlowShape;
  #gain: Float32Array;
  readonly #gradient: Float32Array;

  constructor(workspace: Workspace, at: CellPlace, spec: ScaleSpec, flow: FlowShape) {
    this.#workspace = workspace;
    this.#at = at;
    this.#spec = spec;
    this.#flow = flow;
    this.#gain = new Float32Array(flow.n);
    this.#gradient = new Float32Array(flow.n);
  }

  load(values: ReadonlyMap<string, tf.Tensor>): void {
    const given = tensorValues(values.get(this.#spec.gain.name) as tf.Tensor);
    const full = Float32Array.from({ length: this.#flow.n }, (_, i) => given[i % given.length] as number);
    this.#gain = toFlow(full, this.#flow).slice();
  }

  clear(): void {
    this.#gradient.fill(0);
  }

  forward(run: Run, from: number, steps: number): void {
    const [x, y] = this.#steps(run, from, steps);
    const gain = this.#gain;
    for (let i = 0; i < y.length; i++) y[i] = (x[i] as number) * (gain[i % gain.length] as number);
  }

  #steps(run: Run, from: number, steps: number): readonly [Float32Array, Float32Array] {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const at = 4 * from * output.stepSize;
    const count = steps * output.stepSize;
    const [from4, to4] = [input.dense() + at, output.makeDense() + at];
    return [this.#workspace.f32(from4, count), this.#workspace.f32(to4, count)];
  }

  backward(run: Run, from: number, steps: number): void {
    if (run.needs[this.#at.input] !== true) return;
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const count = steps * output.stepSize;
    const dy = output.gradient() + 4 * from * output.stepSize;
    const { f32 } = this.#workspace;
    input.addGradient(from, steps, (to) => {
      const [dx, d] = [f32(to, count), f32(dy, count)];
      for (let i = 0; i < count; i++)
        dx[i] = (d[i] as number) * (this.#gain[i % this.#gain.length] as number);
    });
  }

  parameters(run: Run): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const size = output.rows * output.n;
    const [from, back] = [input.dense(), output.gradient()];
    const [x, d] = [this.#workspace.f32(from, size), this.#workspace.f32(back, size)];
    const sums = Float64Array.from(this.#gradient);
    for (let i = 0; i < size; i++) {
      const k = i % sums.length;
      sums[k] = (sums[k] as number) + (x[i] as number) * (d[i] as number);
    }
    this.#gradient.set(sums);
  }

  gradient(key: string): Float32Array | undefined {
    if (key !== this.#spec.gain.name) return undefined;
    const own = fromFlow(this.#gradient, this.#flow);
    const { size } = this.#spec.gain.variable;
    if (size === own.length) return own;
    const shared = new Float32Array(size);
    for (let i = 0; i < own.length; i++) shared[i % size] = (shared[i % size] as number) + (own[i] as number);
    return shared;
  }
}

/** y[t] = x[t − d] per element. */
export class DelayCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #workspace: Workspace;
  readonly #flow: FlowShape;
  readonly #delays: Int32Array;
  readonly #longest: number;

  constructor(workspace: Workspace, at: CellPlace, delays: Int32Array, flow: FlowShape) {
    this.#workspace = workspace;
    this.#at = at;
    this.#flow = flow;
    // Whole numbers of this size are exact in float32.
    this.#delays = Int32Array.from(toFlow(Float32Array.from(delays), flow));
    this.#longest = delays.reduce((a, b) => Math.max(a, b), 0);
  }

  forward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { f32 } = this.#workspace;
    const size = output.rows * output.n;
    const [x4, y4] = [input.dense(), output.makeDense()];
    const [x, y] = [f32(x4, size), f32(y4, size)];
    const history = this.#history(run);
    const { n } = this.#flow;
    const step = output.stepSize;
    for (let at = from * step; at < (from + steps) * step; at++) {
      const source = at - (this.#delays[at % n] as number) * step;
      y[at] = source >= 0 ? (x[source] as number) : (history?.[history.length + source] ?? 0);
    }
  }

  #history(run: Run): Float32Array | undefined {
    const carried = run.state.get(this.#at.name)?.history;
    if (carried === undefined) return undefined;
    const expected = this.#longest * run.batch * this.#flow.n;
    if (carried.length !== expected)
      throw trainError("E_TRAIN_STATE", `nodes.${this.#at.name}`, {
        why: `it holds ${carried.length} values, this batch has ${expected}`,
      });
    return rowsToFlow(carried, this.#flow);
  }

  receive(run: Run): void {
    const late = run.boundary?.end.get(historyKey(this.#at.name));
    if (run.boundary === undefined || late === undefined || run.needs[this.#at.input] !== true) return;
    const input = run.flows[this.#at.input] as Flow;
    const size = input.rows * input.n;
    const dx = this.#workspace.f32(input.gradient(), size);
    const earlier = new Float32Array(late.length);
    late.forEach((gradient, at) => {
      const source = size - late.length + at;
      if (source >= 0) dx[source] = (dx[source] as number) + gradient;
      else earlier[late.length + source] = gradient;
    });
    addToStart(run.boundary, historyKey(this.#at.name), earlier);
  }

  backward(run: Run, from: number, steps: number): void {
    if (run.needs[this.#at.input] !== true) return;
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const size = output.rows * output.n;
    const [dx4, dy4] = [input.gradient(), output.gradient()];
    const [dx, dy] = [this.#workspace.f32(dx4, size), this.#workspace.f32(dy4, size)];
    const { n } = this.#flow;
    const step = output.stepSize;
    // Gradients by what was put in before the first step: of the segment before.
    const earlier = new Float32Array(run.boundary === undefined ? 0 : this.#longest * step);
    const add = (source: number, gradient: number): void => {
      if (source >= 0) dx[source] = (dx[source] as number) + gradient;
      else if (earlier.length > 0)
        earlier[earlier.length + source] = (earlier[earlier.length + source] as number) + gradient;
    };
    for (let at = from * step; at < (from + steps) * step; at++)
      add(at - (this.#delays[at % n] as number) * step, dy[at] as number);
    if (run.boundary !== undefined && earlier.length > 0)
      addToStart(run.boundary, historyKey(this.#at.name), earlier);
  }

  takeState(run: Run): NodeState | undefined {
    if (this.#longest === 0) return undefined;
    const input = run.flows[this.#at.input] as Flow;
    const step = input.stepSize;
    const values = this.#workspace.f32(input.dense(), input.rows * input.n);
    const kept = new Float32Array(this.#longest * step);
    const before = this.#history(run);
    for (let at = 0; at < kept.length; at++) {
      const source = values.length - kept.length + at;
      kept[at] = source >= 0 ? (values[source] as number) : (before?.[before.length + source] ?? 0);
    }
    return { history: rowsFromFlow(kept, this.#flow) };
  }
}
