/** Linear and Affine: events against rows of weights, or a product. */
import { sgemmScratchBytes } from "@nirkit/kernels";
import type * as tf from "@tensorflow/tfjs-core";
import type { DenseSpec } from "../../model/node-spec.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { EventRows, Flow } from "./flow.ts";
import { tensorValues } from "./tensor-memory.ts";
import type { Workspace } from "./workspace.ts";

/** Where a cell reads and writes. */
export interface CellPlace {
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** True where nothing else reads the input. */
  readonly soleReader?: boolean;
}

/** y = W x + b. Weights lie twice: `[out, in]` as in the file, `[in, out]` for events. */
export class DenseCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #spec: DenseSpec;
  readonly #workspace: Workspace;
  readonly #weight: number;
  readonly #turned: number;
  readonly #bias: number;
  readonly #gradient: number;
  readonly #biasGradient: number;
  readonly #size: number;
  readonly #biasSize: number;
  /** True until the first band put its gradient where the others add theirs. */
  #fresh = true;

  constructor(workspace: Workspace, at: CellPlace, spec: DenseSpec) {
    this.#workspace = workspace;
    this.#at = at;
    this.#spec = spec;
    this.#size = spec.matrices * spec.inputs * spec.outputs;
    this.#biasSize = spec.matrices * spec.outputs;
    const { kernels } = workspace;
    this.#weight = kernels.f32(this.#size).ptr;
    this.#turned = kernels.f32(this.#size).ptr;
    this.#gradient = kernels.f32(this.#size).ptr;
    this.#bias = spec.bias === undefined ? 0 : kernels.f32(this.#biasSize).ptr;
    this.#biasGradient = spec.bias === undefined ? 0 : kernels.f32(this.#biasSize).ptr;
  }

  load(values: ReadonlyMap<string, tf.Tensor>): void {
    const { f32, kernels } = this.#workspace;
    const { weight, bias, matrices, inputs, outputs } = this.#spec;
    f32(this.#weight, this.#size).set(tensorValues(values.get(weight.name) as tf.Tensor));
    kernels.transposeImages(matrices, outputs, inputs, this.#weight, this.#turned);
    if (bias === undefined) return;
    const given = tensorValues(values.get(bias.name) as tf.Tensor);
    const to = f32(this.#bias, this.#biasSize);
    for (let i = 0; i < to.length; i++) to[i] = given[i % given.length] as number;
  }

  clear(): void {
    this.#fresh = true;
    if (this.#biasGradient !== 0) this.#workspace.f32(this.#biasGradient, this.#biasSize).fill(0);
  }

  forward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const rows = steps * run.batch;
    const to = output.makeDense() + 4 * from * output.stepSize;
    this.#multiply(input, from, steps, rows, to);
  }

  #multiply(input: Flow, from: number, steps: number, rows: number, to: number): void {
    const { kernels, scratch } = this.#workspace;
    const { matrices, inputs, outputs } = this.#spec;
    const events = matrices === 1 && !input.stepwise ? input.sparse() : undefined;
    if (events !== undefined) {
      const { start, index, value } = events;
      const room = scratch(128 * inputs);
      kernels.accumulateEvents(
        rows,
        inputs,
        outputs,
        start.ptr + 4 * from * (rows / steps),
        index.ptr,
        value?.ptr ?? 0,
        this.#turned,
        outputs,
        this.#bias,
        to,
        outputs,
        0,
        room,
      );
      return;
    }
    const x = input.dense() + 4 * from * input.stepSize;
    if (input.stepwise && matrices === 1 && this.#accumulateStep(rows, x, to)) return;
    const room = scratch(sgemmScratchBytes(outputs, inputs));
    const [wide, tall] = [matrices * inputs, matrices * outputs];
    for (let m = 0; m < matrices; m++)
      kernels.sgemm(
        rows,
        outputs,
        inputs,
        x + 4 * m * inputs,
        wide,
        0,
        this.#turned + 4 * m * inputs * outputs,
        outputs,
        0,
        to + 4 * m * outputs,
        tall,
        0,
        room,
      );
    if (this.#bias !== 0) this.#addBias(rows, to);
  }

  /** Events of one step inside a loop; false where too many spike. */
  #accumulateStep(rows: number, x: number, to: number): boolean {
    const { kernels, pool, scratch, denseAbove } = this.#workspace;
    const { inputs, outputs } = this.#spec;
    const start = pool.take(rows + 1);
    const index = pool.take(rows * inputs);
    const value = pool.take(rows * inputs);
    const count = kernels.compactF32(rows, inputs, x, start.ptr, index.ptr, value.ptr);
    const few = count <= denseAbove * rows * inputs;
    if (few)
      kernels.accumulateEvents(
        rows,
        inputs,
        outputs,
        start.ptr,
        index.ptr,
        value.ptr,
        this.#turned,
        outputs,
        this.#bias,
        to,
        outputs,
        0,
        scratch(128 * inputs),
      );
    for (const buffer of [start, index, value]) pool.give(buffer);
    return few;
  }

  #addBias(rows: number, to: number): void {
    const bias = this.#workspace.f32(this.#bias, this.#biasSize);
    const y = this.#workspace.f32(to, rows * this.#biasSize);
    for (let at = 0; at < y.length; at += bias.length)
      for (let o = 0; o < bias.length; o++) y[at + o] = (y[at + o] as number) + (bias[o] as number);
  }

  backward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    if (run.needs[this.#at.input] !== true) return;
    const { kernels, scratch } = this.#workspace;
    const { matrices, inputs, outputs } = this.#spec;
    const rows = steps * run.batch;
    const dy = output.gradient() + 4 * from * output.stepSize;
    const room = scratch(sgemmScratchBytes(inputs, outputs));
    input.addGradient(from, steps, (dx) => {
      for (let m = 0; m < matrices; m++)
        kernels.sgemm(
          rows,
          inputs,
          outputs,
          dy + 4 * m * outputs,
          matrices * outputs,
          0,
          this.#weight + 4 * m * inputs * outputs,
          inputs,
          0,
          dx + 4 * m * inputs,
          matrices * inputs,
          0,
          room,
        );
    });
  }

  parameters(run: Run): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { kernels, train, scratch } = this.#workspace;
    const { matrices, inputs, outputs } = this.#spec;
    const dy = output.gradient();
    const rows = output.rows;
    if (this.#biasGradient !== 0) train.sumRows(rows, this.#biasSize, dy, this.#biasGradient);
    const accumulate = this.#fresh ? 0 : 1;
    this.#fresh = false;
    const events = matrices === 1 ? input.sparse() : undefined;
    if (events !== undefined) {
      this.#gradientOfEvents(events, rows, dy, accumulate);
      return;
    }
    const x = input.dense();
    const room = scratch(sgemmScratchBytes(inputs, rows));
    for (let m = 0; m < matrices; m++)
      kernels.sgemm(
        outputs,
        inputs,
        rows,
        dy + 4 * m * outputs,
        matrices * outputs,
        1,
        x + 4 * m * inputs,
        matrices * inputs,
        0,
        this.#gradient + 4 * m * inputs * outputs,
        inputs,
        accumulate,
        room,
      );
  }

  /** dW[i,:] = Σ of dY[r,:] over the rows r in which i fired: the forward kernel on the list turned around. */
  #gradientOfEvents(
    { start, index, value, count }: EventRows,
    rows: number,
    dy: number,
    accumulate: number,
  ): void {
    const { kernels, train, pool, scratch } = this.#workspace;
    const { inputs, outputs } = this.#spec;
    const byStart = pool.take(inputs + 1);
    const byRow = pool.take(count);
    const byValue = value && pool.take(count);
    kernels.transposeEvents(
      rows,
      inputs,
      start.ptr,
      index.ptr,
      value?.ptr ?? 0,
      byStart.ptr,
      byRow.ptr,
      byValue?.ptr ?? 0,
    );
    const turned = pool.take(this.#size);
    kernels.accumulateEvents(
      inputs,
      rows,
      outputs,
      byStart.ptr,
      byRow.ptr,
      byValue?.ptr ?? 0,
      dy,
      outputs,
      0,
      turned.ptr,
      outputs,
      0,
      scratch(128 * rows),
    );
    if (accumulate === 0) kernels.transposeImages(1, inputs, outputs, turned.ptr, this.#gradient);
    else {
      const own = pool.take(this.#size);
      kernels.transposeImages(1, inputs, outputs, turned.ptr, own.ptr);
      train.addScaled(this.#size, 1, own.ptr, this.#gradient);
      pool.give(own);
    }
    for (const buffer of [byStart, byRow, turned]) pool.give(buffer);
    if (byValue !== undefined) pool.give(byValue);
  }

  /** Adds the gradient of what a feedback edge delivered before the first step, which is the bias. */
  silentGradient(rows: number, dy: number): void {
    if (this.#biasGradient !== 0) this.#workspace.train.sumRows(rows, this.#biasSize, dy, this.#biasGradient);
  }

  /** What a feedback edge delivers before the first step: the bias. */
  silentOutput(rows: number, to: number): void {
    this.#workspace.f32(to, rows * this.#biasSize).fill(0);
    if (this.#bias !== 0) this.#addBias(rows, to);
  }

  gradient(key: string): Float32Array | undefined {
    const { weight, bias } = this.#spec;
    const { f32 } = this.#workspace;
    if (key === weight.name) return f32(this.#gradient, this.#size);
    if (key !== bias?.name) return undefined;
    const sums = f32(this.#biasGradient, this.#biasSize);
    const count = bias.variable.size;
    if (count === sums.length) return sums;
    const shared = new Float32Array(count);
    for (let i = 0; i < sums.length; i++)
      shared[i % count] = (shared[i % count] as number) + (sums[i] as number);
    return shared;
  }
}
