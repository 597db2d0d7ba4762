/** Convolution: events scattered along windows, or a product of gathered windows. */
import {
  type Block,
  convDenseScratchBytes,
  convShape,
  packConvDense,
  packConvEvents,
  unpackConvDense,
  unpackConvEvents,
} from "@nirkit/kernels";
import { convInputGradientScratchBytes } from "@nirkit/kernels/train";
import type * as tf from "@tensorflow/tfjs-core";
import type { ConvSpec } from "../../model/node-spec.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { CellPlace } from "./dense-cell.ts";
import type { Flow } from "./flow.ts";
import { tensorValues } from "./tensor-memory.ts";
import type { Workspace } from "./workspace.ts";

/** Cross-correlation of images, channels last in memory; weights lie in the layouts of events and of products. */
export class ConvCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #spec: ConvSpec;
  readonly #workspace: Workspace;
  readonly #shape: Block<Int32Array>;
  /** The same for events that count channels first. */
  readonly #shapeOfFile: Block<Int32Array>;
  readonly #eventWeight: number;
  readonly #denseWeight: number;
  /** Gradients of the weights in the two layouts; a band adds to one of them. */
  readonly #eventGradient: number;
  readonly #denseGradient: number;
  readonly #bias: number;
  readonly #biasGradient: number;
  readonly #size: number;
  readonly #channels: number;
  readonly #scratchBytes: number;
  readonly #backBytes: number;

  constructor(workspace: Workspace, at: CellPlace, spec: ConvSpec) {
    const { kernels } = workspace;
    const { geometry } = spec;
    this.#workspace = workspace;
    this.#at = at;
    this.#spec = spec;
    this.#shape = convShape(kernels, geometry);
    this.#shapeOfFile = convShape(kernels, { ...geometry, eventOrder: "chw" });
    this.#size = spec.weight.variable.size;
    this.#channels = geometry.output[0];
    this.#eventWeight = kernels.f32(this.#size).ptr;
    this.#denseWeight = kernels.f32(this.#size).ptr;
    this.#eventGradient = kernels.f32(this.#size).ptr;
    this.#denseGradient = kernels.f32(this.#size).ptr;
    this.#bias = kernels.f32(this.#channels).ptr;
    this.#biasGradient = kernels.f32(this.#channels).ptr;
    const window = geometry.kernel[0] * geometry.kernel[1] * (geometry.input[0] / geometry.groups);
    this.#backBytes = convInputGradientScratchBytes(geometry);
    this.#scratchBytes = convDenseScratchBytes(window, geometry.output[2]);
  }

  load(values: ReadonlyMap<string, tf.Tensor>): void {
    const { f32 } = this.#workspace;
    const { weight, bias, geometry } = this.#spec;
    const given = tensorValues(values.get(weight.name) as tf.Tensor);
    packConvEvents(geometry, given, f32(this.#eventWeight, this.#size));
    packConvDense(geometry, given, f32(this.#denseWeight, this.#size));
    if (bias !== undefined)
      f32(this.#bias, this.#channels).set(tensorValues(values.get(bias.name) as tf.Tensor));
  }

  clear(): void {
    this.#workspace.f32(this.#eventGradient, this.#size).fill(0);
    this.#workspace.f32(this.#denseGradient, this.#size).fill(0);
    this.#workspace.f32(this.#biasGradient, this.#channels).fill(0);
  }

  forward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { kernels, scratch } = this.#workspace;
    const rows = steps * run.batch;
    const to = output.makeDense() + 4 * from * output.stepSize;
    const events = input.stepwise ? undefined : input.sparse();
    if (events !== undefined) {
      const shape = input.layout === "nir" ? this.#shapeOfFile : this.#shape;
      const { start, index, value } = events;
      kernels.convEvents(
        shape.ptr,
        rows,
        start.ptr + 4 * from * run.batch,
        index.ptr,
        value?.ptr ?? 0,
        this.#eventWeight,
        this.#bias,
        to,
        0,
      );
      return;
    }
    this.#withImages(input, from, rows, (x) => {
      const room = scratch(this.#scratchBytes);
      kernels.convDense(this.#shape.ptr, rows, x, this.#denseWeight, this.#bias, to, room);
    });
  }

  /** Dense images with channels last. */
  #withImages(input: Flow, from: number, rows: number, use: (x: number) => void): void {
    const { kernels, pool } = this.#workspace;
    const x = input.dense() + 4 * from * input.stepSize;
    const [c, h, w] = this.#spec.geometry.input;
    if (input.layout === "hwc" || c === 1 || h * w === 1) {
      use(x);
      return;
    }
    const turned = pool.take(rows * input.n);
    kernels.transposeImages(rows, c, h * w, x, turned.ptr);
    use(turned.ptr);
    pool.give(turned);
  }

  backward(run: Run, from: number, steps: number): void {
    if (run.needs[this.#at.input] !== true) return;
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { kernels, train, pool, scratch } = this.#workspace;
    const rows = steps * run.batch;
    const dy = output.gradient() + 4 * from * output.stepSize;
    const [c, h, w] = this.#spec.geometry.input;
    input.addGradient(from, steps, (dx) => {
      const room = scratch(this.#backBytes);
      if (input.layout === "hwc" || c === 1 || h * w === 1) {
        train.convInputGradient(this.#shape.ptr, rows, dy, this.#denseWeight, dx, room);
        return;
      }
      const images = pool.take(rows * input.n);
      train.convInputGradient(this.#shape.ptr, rows, dy, this.#denseWeight, images.ptr, room);
      kernels.transposeImages(rows, h * w, c, images.ptr, dx);
      pool.give(images);
    });
  }

  parameters(run: Run): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { train, scratch } = this.#workspace;
    const { output: sizes } = this.#spec.geometry;
    const dy = output.gradient();
    train.sumRows(output.rows * sizes[1] * sizes[2], this.#channels, dy, this.#biasGradient);
    const events = input.sparse();
    if (events !== undefined) {
      const shape = input.layout === "nir" ? this.#shapeOfFile : this.#shape;
      const { start, index, value } = events;
      train.convEventsWeightGradient(
        shape.ptr,
        output.rows,
        start.ptr,
        index.ptr,
        value?.ptr ?? 0,
        dy,
        this.#eventGradient,
      );
      return;
    }
    this.#withImages(input, 0, output.rows, (x) => {
      const room = scratch(this.#scratchBytes);
      train.convDenseWeightGradient(this.#shape.ptr, output.rows, x, dy, this.#denseGradient, room);
    });
  }

  /** What a feedback edge delivers before the first step: the bias of each channel. */
  silentOutput(rows: number, to: number): void {
    const { output } = this.#spec.geometry;
    const y = this.#workspace.f32(to, rows * output[0] * output[1] * output[2]);
    const bias = this.#workspace.f32(this.#bias, this.#channels);
    for (let i = 0; i < y.length; i++) y[i] = bias[i % bias.length] as number;
  }

  /** Adds the gradient of that. */
  silentGradient(rows: number, dy: number): void {
    const { output } = this.#spec.geometry;
    this.#workspace.train.sumRows(rows * output[1] * output[2], this.#channels, dy, this.#biasGradient);
  }

  gradient(key: string): Float32Array | undefined {
    const { weight, bias, geometry } = this.#spec;
    const { f32 } = this.#workspace;
    if (key === bias?.name) return f32(this.#biasGradient, this.#channels);
    if (key !== weight.name) return undefined;
    const unpacked = new Float32Array(this.#size);
    const more = new Float32Array(this.#size);
    unpackConvEvents(geometry, f32(this.#eventGradient, this.#size), unpacked);
    unpackConvDense(geometry, f32(this.#denseGradient, this.#size), more);
    for (let i = 0; i < more.length; i++) unpacked[i] = (unpacked[i] as number) + (more[i] as number);
    return unpacked;
  }
}
