/** Batches made by workers: decoding, binning and collating run beside training. */
import type { Diagnostic, Sample } from "@nirkit/graph";
import { NirkitError } from "@nirkit/graph";
import type { Dataset } from "../dataset/dataset.ts";
import { eventsError } from "../diagnostics.ts";
import { type BatchOptions, batchPositions } from "./batches.ts";
import { type Batch, batchBuffers, collate } from "./collate.ts";

/** A worker as seen from the page or the main thread; a web `Worker` fits with a thin wrapper. */
export interface BatchWorker {
  /** Sends a message to the worker. */
  post(message: unknown): void;
  /** Called with each message of the worker, and once where it breaks down. */
  listen(onMessage: (message: unknown) => void, onFailure: (reason: string) => void): void;
  /** Ends the worker. */
  terminate(): void;
}

/** The other end, inside the worker. */
export interface BatchPort {
  /** Sends a message to the owner; the buffers change hands. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Called with each message of the owner. */
  listen(onMessage: (message: unknown) => void): void;
}

interface Request {
  readonly id: number;
  readonly positions: Uint32Array;
  readonly input: string | undefined;
}

type Reply =
  | { readonly id: number; readonly batch: Batch }
  | { readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly id: number; readonly reason: string };

/**
 * Answers requests for batches inside a worker.
 *
 * @param open gives the data set; called once, at the first request
 */
export function serveBatches(port: BatchPort, open: () => Promise<Dataset<Sample>>): void {
  let dataset: Promise<Dataset<Sample>> | undefined;
  const answer = async ({ id, positions, input }: Request): Promise<void> => {
    try {
      dataset ??= open();
      const samples = await dataset;
      const batch = collate(await Promise.all(Array.from(positions, (at) => samples.get(at))), input);
      port.post({ id, batch }, batchBuffers(batch));
    } catch (error) {
      if (error instanceof NirkitError) port.post({ id, diagnostics: error.diagnostics }, []);
      else port.post({ id, reason: error instanceof Error ? error.message : String(error) }, []);
    }
  };
  port.listen((message) => {
    void answer(message as Request);
  });
}

/** Options of {@link workerBatches}. */
export interface WorkerBatchOptions extends BatchOptions {
  /** Samples of the data set, which every worker opens. */
  readonly length: number;
  /** Makes one worker that runs {@link serveBatches}. */
  readonly createWorker: () => BatchWorker;
  readonly workers?: number;
  /** Batches that are asked for ahead of the consumer, per worker. Default 2. */
  readonly ahead?: number;
}

/**
 * The batches of one epoch in their order, the same whatever the number of workers. At most `workers * ahead` are
 * under way or waiting; the consumer's pace holds the workers back.
 *
 * @throws E_BATCH where a worker fails; what reading a sample throws
 */
export async function* workerBatches(options: WorkerBatchOptions): AsyncGenerator<Batch> {
  const { createWorker, workers = 1, ahead = 2, length, input } = options;
  if (!Number.isInteger(workers) || workers < 1 || !Number.isInteger(ahead) || ahead < 1)
    throw eventsError("E_BATCH", "workers", {
      why: `${workers} workers, ${ahead} batches ahead`,
      hint: "Both are at least 1",
    });
  const positions = batchPositions(length, options);
  const pool = new WorkerPool(Array.from({ length: Math.min(workers, positions.length) }, createWorker));
  const waiting: Promise<Batch>[] = [];
  let asked = 0;
  const ask = (): void => {
    const next = positions[asked];
    if (next === undefined) return;
    const batch = pool.request({ id: asked++, positions: next.slice(), input });
    batch.catch(() => {});
    waiting.push(batch);
  };
  try {
    for (let k = 0; k < workers * ahead; k++) ask();
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const made = await batch;
      ask();
      yield made;
    }
  } finally {
    pool.close();
  }
}

/** Batch i goes to worker i modulo their number. */
class WorkerPool {
  readonly #workers: readonly BatchWorker[];
  readonly #open: Map<number, { resolve(batch: Batch): void; reject(error: Error): void }> = new Map();
  #failure: Error | undefined;

  constructor(workers: readonly BatchWorker[]) {
    this.#workers = workers;
    for (const worker of workers)
      worker.listen(
        (message) => this.#settle(message as Reply),
        (reason) => this.#fail(eventsError("E_BATCH", "worker", { why: `A worker stopped: ${reason}` })),
      );
  }

  request(request: Request): Promise<Batch> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#open.set(request.id, { resolve, reject });
      this.#workers[request.id % this.#workers.length]?.post(request);
    });
  }

  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #settle(reply: Reply): void {
    const open = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    if ("batch" in reply) open?.resolve(reply.batch);
    else if ("diagnostics" in reply) open?.reject(new NirkitError(reply.diagnostics));
    else open?.reject(eventsError("E_BATCH", "worker", { why: `A worker failed: ${reply.reason}` }));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
