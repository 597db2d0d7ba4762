/** One population on the kernels: sums, state, spikes as events. */
import { type Signal, sizeOf } from "@nirkit/graph";
import {
  type Block,
  type IntegerNeuronOptions,
  integerNeuron,
  type Kernels,
  maskStrideBytes,
} from "@nirkit/kernels";
import type { PopulationBounds } from "../bounds.ts";
import type { IntegerNeuron, Population } from "../network.ts";
import type { KernelSource } from "./kernel-source.ts";
import { type Layout, toLayout } from "./layout.ts";
import type { Recorder } from "./recorder.ts";

const int32Limit = 2 ** 31 - 1;
const mostLevels = 256;

/** True where int32 provably holds everything that a step computes, and the kernels know the kind. */
export function fitsKernel({ neuron }: Population, bounds: PopulationBounds): boolean {
  if (neuron.arithmetic !== "integer" || neuron.kind === "delay") return false;
  const sub = neuron.reset === "subtract" ? neuron.sub.reduce((a, b) => Math.max(a, Math.abs(b)), 0) : 0;
  return bounds.widest + sub <= int32Limit && (neuron.stateLevels?.length ?? 0) <= mostLevels;
}

/** A population that the kernels update, many steps at a time. */
export class KernelPopulation {
  readonly name: string;
  readonly layout: Layout;
  readonly source: KernelSource;
  /** Sums `[chunk, n]`; read and cleared by the update. */
  readonly acc: Block<Int32Array>;
  saturations = 0;
  readonly #kernels: Kernels;
  readonly #neuron: IntegerNeuron;
  readonly #parameters: number;
  readonly #u: Block<Int32Array>;
  readonly #j: Block<Int32Array>;
  readonly #fired: Block<Uint8Array>;
  readonly #mask: Block<Uint8Array>;
  readonly #stride: number;
  readonly #chunk: number;
  #pre: Block<Int32Array> | undefined;
  #post: Block<Int32Array> | undefined;
  #recorders: readonly Recorder[] = [];
  /** Row of the records that row 0 of the chunk has. */
  #base = 0;

  constructor(kernels: Kernels, population: Population, source: KernelSource, chunk: number) {
    const size = sizeOf(population.shape);
    const neuron = population.neuron as IntegerNeuron;
    this.name = population.name;
    this.layout = source.layout;
    this.source = source;
    this.#kernels = kernels;
    this.#neuron = neuron;
    this.#chunk = chunk;
    this.#parameters = integerNeuron(kernels, optionsOf(population, neuron, this.layout)).ptr;
    this.acc = kernels.i32(chunk * size);
    this.#u = kernels.i32(size);
    this.#j = kernels.i32(neuron.kind === "cuba" ? size : 0);
    this.#fired = kernels.u8(size);
    this.#stride = maskStrideBytes(size);
    this.#mask = kernels.u8(chunk * this.#stride);
    if (!neuron.spiking) this.#post = kernels.i32(chunk * size);
  }

  reset(): void {
    for (const block of [this.#u, this.#j, this.#fired]) block.view.fill(0);
    this.source.clear();
  }

  begin(recorders: readonly Recorder[]): void {
    this.saturations = 0;
    this.#base = 0;
    this.#recorders = recorders.filter(({ population }) => population === this.name);
    const wants = (signal: Signal): boolean => this.#recorders.some((r) => r.signal === signal);
    if (wants("vpre")) this.#pre ??= this.#kernels.i32(this.#chunk * this.layout.size);
    if (wants("v")) this.#post ??= this.#kernels.i32(this.#chunk * this.layout.size);
  }

  /** Updates the rows `row … row + rows − 1` of the chunk. */
  run(row: number, rows: number): void {
    const current = this.#recorders.filter(({ signal }) => signal === "i");
    // The current is not kept by row: it is read after every step.
    const step = current.length > 0 ? 1 : rows;
    for (let r = row; r < row + rows; r += step) {
      this.#update(r, step);
      for (const recorder of current) this.#record(recorder, this.#base + r, this.#j.view, 0);
    }
  }

  #update(row: number, rows: number): void {
    const { size } = this.layout;
    const offset = 4 * row * size;
    const mask = this.#mask.ptr + row * this.#stride;
    this.saturations += this.#kernels.integerNeuronForward(
      this.#parameters,
      rows,
      size,
      this.acc.ptr + offset,
      1,
      this.#u.ptr,
      this.#neuron.kind === "cuba" ? this.#j.ptr : 0,
      this.#fired.ptr,
      mask,
      this.#stride,
      this.#pre === undefined ? 0 : this.#pre.ptr + offset,
      this.#post === undefined ? 0 : this.#post.ptr + offset,
    );
    const before = this.source.rowEnds(row)[0];
    const { start, index, value } = this.source.tail(row);
    if (this.#neuron.spiking) this.#kernels.compactMask(rows, size, mask, this.#stride, start, index);
    else this.#kernels.compactI32(rows, size, (this.#post?.ptr ?? 0) + offset, start, index, value);
    this.source.appended(row, rows, before);
  }

  /** Copies what is asked for out of a chunk of `count` rows. */
  record(count: number): void {
    for (const recorder of this.#recorders)
      for (let row = 0; row < count; row++) {
        const at = this.#base + row;
        if (recorder.signal === "vpre" && this.#pre !== undefined)
          this.#record(recorder, at, this.#pre.view, row);
        else if (recorder.signal === "v" && this.#post !== undefined)
          this.#record(recorder, at, this.#post.view, row);
        else if (recorder.signal === "out") this.#recordEvents(recorder, at, row);
      }
    this.#base += count;
  }

  #record(recorder: Recorder, t: number, values: Int32Array, row: number): void {
    const to = recorder.row(t);
    if (to < 0) return;
    const { size, fromNir } = this.layout;
    const data = recorder.tensor.data as Int32Array | Float64Array;
    const from = row * size;
    if (fromNir === undefined) data.set(values.subarray(from, from + size), to * size);
    else for (let i = 0; i < size; i++) data[to * size + i] = values[from + (fromNir[i] as number)] as number;
  }

  #recordEvents(recorder: Recorder, t: number, row: number): void {
    const to = recorder.row(t);
    if (to < 0) return;
    const data = recorder.tensor.data as Int32Array | Float64Array;
    const base = to * this.layout.size;
    eachEvent(this.source, row, (at, value) => {
      data[base + at] = value;
    });
  }
}

/** Visits the events of one row of the chunk, or of `delay` steps before it, by NIR index. */
export function eachEvent(
  source: KernelSource,
  row: number,
  visit: (index: number, value: number) => void,
  delay = 0,
): void {
  const [from, to] = source.rowEnds(row, delay);
  const index = source.index.view;
  const values = source.value?.view;
  const { toNir } = source.layout;
  for (let k = from; k < to; k++) {
    const position = index[k] as number;
    visit(
      toNir === undefined ? position : (toNir[position] as number),
      values === undefined ? 1 : (values[k] as number),
    );
  }
}

function optionsOf(population: Population, neuron: IntegerNeuron, layout: Layout): IntegerNeuronOptions {
  const n = layout.size;
  const spread = (values: Int32Array): number | Int32Array =>
    values.length === 1 ? (values[0] as number) : toLayout(values, layout);
  const leak = (from: IntegerNeuron["leak"]): IntegerNeuron["leak"] =>
    from.form !== "mul" || typeof from.mul === "number"
      ? from
      : {
          ...from,
          mul:
            from.mul.length === 1
              ? (from.mul[0] as number)
              : [...toLayout(Int32Array.from(from.mul), layout)],
        };
  const { compare, cubaOrder, fracBits, spiking, resetDelay, spikeDelay, overflow, stateBits, vMin, vMax } =
    neuron;
  const common = {
    n,
    bias: toLayout(population.bias, layout),
    theta: spread(neuron.theta),
    compare,
    fracBits,
    spiking,
    spikeDelay,
  };
  // Without a membrane nothing is stored between steps, and a Threshold stores nothing at all.
  if (neuron.kind === "threshold") return { ...common, leak: { form: "forget" }, reset: "none" };
  const stored = {
    overflow,
    stateBits,
    vMin,
    vMax,
    ...(neuron.stateLevels === undefined ? {} : { stateLevels: neuron.stateLevels }),
  };
  if (neuron.kind === "sum") return { ...common, ...stored, leak: { form: "forget" }, reset: "none" };
  return {
    ...common,
    ...stored,
    leak: leak(neuron.leak),
    ...(neuron.kind === "cuba" ? { synLeak: leak(neuron.synLeak) } : {}),
    order: cubaOrder,
    sub: spread(neuron.sub),
    vReset: spread(neuron.vReset),
    reset: neuron.reset,
    resetDelay,
  };
}
