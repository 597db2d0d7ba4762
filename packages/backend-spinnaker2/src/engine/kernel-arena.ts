/** Input sums and dense rows in the memory of the SIMD kernels: one event adds a whole row at once. */
import { type Block, type Kernels, loadKernels } from "@nirkit/kernels";

/** What has to lie in one memory. */
export interface ArenaRequest {
  /** Entries of the input sums of each population. */
  readonly sums: readonly number[];
  /** Rows `[sources][width]` of each link that is dense. */
  readonly rows: readonly (Int8Array | undefined)[];
  /** Most events of a population in one step. */
  readonly events: number;
}

/** Memory that the kernels and the engine share. */
export class KernelArena {
  /** Input sums by population. */
  readonly sums: readonly Int32Array[];
  readonly #kernels: Kernels;
  readonly #sums: readonly Block<Int32Array>[];
  readonly #rows: readonly (Block<Int8Array> | undefined)[];
  readonly #index: Uint32Array;
  readonly #start: Uint32Array;
  readonly #indexAt: number;
  readonly #startAt: number;

  constructor(request: ArenaRequest) {
    const kernels = loadKernels();
    this.#kernels = kernels;
    this.#sums = request.sums.map((length) => kernels.i32(length));
    this.#rows = request.rows.map((rows) => (rows === undefined ? undefined : kernels.i8(rows.length)));
    const index = kernels.u32(Math.max(1, request.events));
    const start = kernels.u32(2);
    // Views are taken when nothing more is allocated: growth would leave them empty.
    for (const [k, rows] of request.rows.entries()) if (rows !== undefined) this.#rows[k]?.view.set(rows);
    this.sums = this.#sums.map(({ view }) => view.fill(0));
    this.#index = index.view;
    this.#start = start.view;
    this.#indexAt = index.ptr;
    this.#startAt = start.ptr;
  }

  /** Adds the rows of link `link` for the sources `from … to − 1` to the sums of population `post`, from entry `at` on. */
  add(
    link: number,
    post: number,
    width: number,
    at: number,
    events: { readonly sources: Uint32Array; readonly from: number; readonly to: number },
  ): void {
    const { sources, from, to } = events;
    for (let k = from; k < to; k++) this.#index[k - from] = sources[k] as number;
    this.#start[0] = 0;
    this.#start[1] = to - from;
    const rows = this.#rows[link]?.ptr ?? 0;
    const out = (this.#sums[post]?.ptr ?? 0) + 4 * at;
    this.#kernels.accumulateI8(1, width, this.#startAt, this.#indexAt, 0, rows, width, out, width);
  }
}
