/** What runs between two nodes: values of all steps and samples, as events or dense, and the gradient coming back. */
import type { Buffer } from "./buffer-pool.ts";
import type { Workspace } from "./workspace.ts";

/** Events by row t·B + b. */
export interface EventRows {
  readonly start: Buffer;
  readonly index: Buffer;
  readonly value: Buffer | undefined;
  readonly count: number;
}

/** Order of the elements of a row: as NIR counts them, or images with channels last. */
export type FlowLayout = "nir" | "hwc";

/** Sizes of a flow. */
export interface FlowShape {
  /** Elements of a row. */
  readonly n: number;
  readonly layout: FlowLayout;
  /** Channels and pixels of a row in the layout hwc. */
  readonly channels: number;
}

/** Values of a node over a sequence. */
export class Flow implements FlowShape {
  readonly n: number;
  readonly layout: FlowLayout;
  readonly channels: number;
  readonly steps: number;
  readonly batch: number;
  readonly #workspace: Workspace;
  #dense: Buffer | undefined;
  #adopted = false;
  #count: number | undefined;
  #events: EventRows | undefined;
  #gradient: Buffer | undefined;
  #written = false;
  /** True where gradients are added step by step. */
  readonly stepwise: boolean;

  constructor(
    workspace: Workspace,
    { n, layout, channels }: FlowShape,
    size: { readonly steps: number; readonly batch: number; readonly stepwise: boolean },
  ) {
    this.#workspace = workspace;
    this.n = n;
    this.layout = layout;
    this.channels = channels;
    this.steps = size.steps;
    this.batch = size.batch;
    this.stepwise = size.stepwise;
  }

  /** Rows of the sequence. */
  get rows(): number {
    return this.steps * this.batch;
  }

  /** Elements of one step. */
  get stepSize(): number {
    return this.batch * this.n;
  }

  /** Makes room for dense values and says where. */
  makeDense(): number {
    this.#dense ??= this.#workspace.pool.take(this.rows * this.n);
    return this.#dense.ptr;
  }

  /** Takes over dense values of another owner. */
  adoptDense(buffer: Buffer): void {
    this.#dense = buffer;
    this.#adopted = true;
  }

  /** True where dense values are this flow's alone, to be overwritten by who reads them last. */
  get ownsDense(): boolean {
    return this.#dense !== undefined && !this.#adopted;
  }

  /** Gives the dense values away. */
  releaseDense(): Buffer | undefined {
    const buffer = this.#dense;
    this.#dense = undefined;
    return buffer;
  }

  /** Frees dense values that events stand for. */
  dropDense(): void {
    if (this.ownsDense && this.#dense !== undefined && this.#events !== undefined) {
      this.#workspace.pool.give(this.#dense);
      this.#dense = undefined;
    }
  }

  setEvents(events: EventRows): void {
    this.#events = events;
  }

  get hasDense(): boolean {
    return this.#dense !== undefined;
  }

  /** Events where there are some; made of dense values where few enough are not 0. */
  events(): EventRows | undefined {
    if (this.#events !== undefined || this.#dense === undefined) return this.#events;
    const { kernels, train, pool, denseAbove } = this.#workspace;
    const size = this.rows * this.n;
    this.#count ??= train.countNonZero(size, this.#dense.ptr);
    const count = this.#count;
    if (count > denseAbove * size) return undefined;
    const start = pool.take(this.rows + 1);
    const index = pool.take(count);
    const value = pool.take(count);
    kernels.compactF32(this.rows, this.n, this.#dense.ptr, start.ptr, index.ptr, value.ptr);
    this.#events = { start, index, value, count };
    return this.#events;
  }

  /** Events where they are few, else undefined: what chooses between the two products. */
  sparse(): EventRows | undefined {
    const events = this.events();
    return events !== undefined && events.count <= this.#workspace.denseAbove * this.rows * this.n
      ? events
      : undefined;
  }

  /** Address of dense values, made of events where there are none. */
  dense(): number {
    if (this.#dense !== undefined) return this.#dense.ptr;
    if (this.#events === undefined) return this.makeDense();
    const { f32, u32 } = this.#workspace;
    const to = this.makeDense();
    const events = this.#events;
    const values = f32(to, this.rows * this.n);
    values.fill(0);
    const start = u32(events.start.ptr, this.rows + 1);
    const index = u32(events.index.ptr, events.count);
    const value = events.value && f32(events.value.ptr, events.count);
    for (let row = 0; row < this.rows; row++)
      for (let e = start[row] as number; e < (start[row + 1] as number); e++) {
        const at = row * this.n + (index[e] as number);
        values[at] = (values[at] as number) + (value === undefined ? 1 : (value[e] as number));
      }
    return to;
  }

  /** Number of elements that are not 0. */
  count(): number {
    if (this.#events !== undefined) return this.#events.count;
    if (this.#count !== undefined) return this.#count;
    const size = this.rows * this.n;
    this.#count =
      this.#dense === undefined ? size : this.#workspace.train.countNonZero(size, this.#dense.ptr);
    return this.#count;
  }

  /** Gradient of all steps; zeros where nothing came back. */
  gradient(): number {
    if (this.#gradient === undefined) {
      this.#gradient = this.#workspace.pool.take(this.rows * this.n);
      this.#workspace.f32(this.#gradient.ptr, this.rows * this.n).fill(0);
      this.#written = true;
    }
    return this.#gradient.ptr;
  }

  /** True once something came back. */
  get hasGradient(): boolean {
    return this.#gradient !== undefined;
  }

  /** Gives the gradient away, so that the next one back may overwrite it. */
  releaseGradient(): Buffer | undefined {
    const buffer = this.#gradient;
    this.#gradient = undefined;
    this.#written = false;
    return buffer;
  }

  /** Adds a gradient that lies in a buffer of one's own, and takes the buffer. */
  adoptGradient(buffer: Buffer): void {
    if (this.#gradient === undefined) {
      this.#gradient = buffer;
      this.#written = true;
      return;
    }
    this.#workspace.train.addScaled(this.rows * this.n, 1, buffer.ptr, this.#gradient.ptr);
    this.#workspace.pool.give(buffer);
  }

  /** Adds what `write` puts at an address to the gradient of steps; `write` overwrites all of them. */
  addGradient(from: number, steps: number, write: (ptr: number) => void): void {
    const { pool, train } = this.#workspace;
    const count = steps * this.stepSize;
    if (!this.#written && steps === this.steps) {
      this.#gradient ??= pool.take(this.rows * this.n);
      this.#written = true;
      write(this.#gradient.ptr);
      return;
    }
    const to = this.gradient() + 4 * from * this.stepSize;
    const part = pool.take(count);
    write(part.ptr);
    train.addScaled(count, 1, part.ptr, to);
    pool.give(part);
  }

  /** Gives the gradient back to the pool. */
  freeGradient(): void {
    const buffer = this.releaseGradient();
    if (buffer !== undefined) this.#workspace.pool.give(buffer);
  }

  /** Gives everything back. */
  free(): void {
    const { pool } = this.#workspace;
    this.freeGradient();
    if (this.#dense !== undefined) pool.give(this.#dense);
    if (this.#events !== undefined) {
      pool.give(this.#events.start);
      pool.give(this.#events.index);
      if (this.#events.value !== undefined) pool.give(this.#events.value);
    }
    this.#dense = undefined;
    this.#events = undefined;
  }
}
