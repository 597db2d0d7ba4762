/** One projection on the kernels: from the events of its source into the sums of its target. */
import type { Kernels } from "@nirkit/kernels";
import type { Projection } from "../network.ts";
import { eachTarget, synapseCounts } from "./columns.ts";
import { type EventRows, PooledEvents, poolable, type Target } from "./event-rows.ts";
import { type Add, addColumns, addWithKernel } from "./kernel-op.ts";
import type { KernelSource } from "./kernel-source.ts";

/** A projection that is ready to run; counts what it does. */
export class KernelProjection {
  readonly projection: Projection;
  eventsIn = 0;
  synapticOps = 0;
  readonly #source: KernelSource;
  readonly #pool: PooledEvents | undefined;
  readonly #add: Add;
  /** Non-zero weights by position of the source. */
  readonly #synapses: Uint32Array;

  constructor(kernels: Kernels, projection: Projection, source: KernelSource, target: Target, chunk: number) {
    this.projection = projection;
    this.#source = source;
    const each = eachTarget(projection, source.layout.size, target.layout.size);
    const counts = synapseCounts(projection, each, source.layout.size);
    const { toNir } = source.layout;
    this.#synapses = toNir === undefined ? counts : Uint32Array.from(toNir, (at) => counts[at] as number);
    const { pool } = projection;
    this.#pool =
      pool && poolable(pool, source.layout)
        ? new PooledEvents(kernels, pool, source.layout, chunk)
        : undefined;
    const from = this.#pool?.layout ?? source.layout;
    const isWhole = pool !== undefined && this.#pool === undefined;
    const { pool: _pool, ...inner } = projection;
    this.#add =
      (isWhole ? undefined : addWithKernel(kernels, inner, from, target, chunk)) ??
      addColumns(
        this.#pool === undefined ? each : eachTarget(inner, from.size, target.layout.size),
        projection,
        from,
        target,
      );
  }

  /** Adds the events that arrive in the steps `row … row + rows − 1` of the chunk. */
  run(row: number, rows: number): void {
    const { delay } = this.projection;
    const source = this.#source;
    this.#count(row, rows, delay);
    const events: EventRows = {
      start: source.startAt(row, delay),
      index: source.index.ptr,
      value: source.value?.ptr ?? 0,
      from: source,
      first: source.history + row - delay,
    };
    this.#add(this.#pool === undefined ? events : this.#pool.sum(events, rows), rows, row);
  }

  #count(row: number, rows: number, delay: number): void {
    const [from] = this.#source.rowEnds(row, delay);
    const [, to] = this.#source.rowEnds(row + rows - 1, delay);
    const index = this.#source.index.view;
    let ops = 0;
    for (let k = from; k < to; k++) ops += this.#synapses[index[k] as number] as number;
    this.synapticOps += ops;
    this.eventsIn += to - from;
  }
}

/** The image order that a projection would like its target to have. */
export function wantedImage({ op }: Projection): readonly [number, number, number] | undefined {
  return op.kind === "conv2d" || op.kind === "pool" ? op.outShape : undefined;
}
