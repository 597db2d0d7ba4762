/** Gradients of one batch by several threads: each has its own model, and computes its part of the samples. */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { TrainableModel } from "../model/trainable-model.ts";
import { computePart, type GradientEngine, type PartRequest } from "./gradient-engine.ts";
import type { GradientResult, Objective } from "./objective.ts";
import { trainedVariables } from "./trained-variables.ts";

/** A worker as seen from the thread that trains; a web `Worker` fits with a thin wrapper. */
export interface GradientWorker {
  /** Sends a message to the worker. */
  post(message: unknown): void;
  /** Called with each message of the worker, and once where it breaks down. */
  listen(onMessage: (message: unknown) => void, onFailure: (reason: string) => void): void;
  /** Ends the worker. */
  terminate(): void;
}

/** The other end, inside the worker. */
export interface GradientPort {
  /** Sends a message to the owner; the buffers change hands. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Called with each message of the owner. */
  listen(onMessage: (message: unknown) => void): void;
}

/** What a worker trains: the same model, loss and metrics as the thread that asks. */
export interface TrainingTask {
  readonly model: TrainableModel;
  readonly objective: Objective;
}

interface Request {
  readonly id: number;
  readonly part: PartRequest;
  readonly values: ReadonlyMap<string, Float32Array>;
}

type Reply =
  | { readonly id: number; readonly result: GradientResult }
  | { readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly id: number; readonly reason: string };

/** Answers requests inside a worker. `open` builds the task; called once, at the first request. */
export function serveGradients(port: GradientPort, open: () => Promise<TrainingTask>): void {
  let task: Promise<TrainingTask> | undefined;
  const answer = async ({ id, part, values }: Request): Promise<void> => {
    try {
      task ??= open();
      const { model, objective } = await task;
      for (const { key, variable } of trainedVariables(model)) {
        const next = values.get(key);
        if (next !== undefined)
          tf.tidy(() => variable.assign(tf.tensor(next.slice(), variable.shape, "float32")));
      }
      const result = await computePart(model, objective, part);
      // Copied: what the backend still holds must not be moved to another thread.
      const gradients = new Map([...result.gradients].map(([key, gradient]) => [key, gradient.slice()]));
      const buffers = [...gradients.values()].map(({ buffer }) => buffer as ArrayBuffer);
      port.post({ id, result: { ...result, gradients } }, buffers);
    } catch (error) {
      if (error instanceof NirkitError) port.post({ id, diagnostics: error.diagnostics }, []);
      else port.post({ id, reason: error instanceof Error ? error.message : String(error) }, []);
    }
  };
  port.listen((message) => {
    void answer(message as Request);
  });
}

/** Options of {@link gradientWorkers}. */
export interface GradientWorkersOptions extends TrainingTask {
  /** Makes one worker that runs {@link serveGradients}. */
  readonly createWorker: () => GradientWorker;
  /** Workers beside the thread that asks, which computes a part too. */
  readonly workers: number;
}

/**
 * Parts are computed at the same time: the first here, the others in workers, which get the values of this model
 * with each request. Gradients are added in the order of the parts, so that a run gives the same bits each time for
 * one number of workers.
 *
 * @throws E_TRAIN_OPTION unless there is at least one worker; E_TRAIN_WORKER where one stops
 */
export function gradientWorkers(options: GradientWorkersOptions): GradientEngine {
  const { model, objective, createWorker, workers } = options;
  if (!Number.isInteger(workers) || workers < 1)
    throw trainError("E_TRAIN_OPTION", "workers", {
      why: `There are ${workers} workers`,
      hint: "At least one",
    });
  const pool = new Pool(Array.from({ length: workers }, createWorker));
  return {
    parallel: workers + 1,
    compute: async (parts) => {
      const values = await valuesOf(model);
      const asked = parts.map((part, k) =>
        k % (workers + 1) === 0 ? undefined : pool.request((k % (workers + 1)) - 1, { part, values }),
      );
      const results: GradientResult[] = [];
      for (const [k, part] of parts.entries())
        results[k] = asked[k] === undefined ? await computePart(model, objective, part) : await asked[k];
      return results;
    },
    close: () => pool.close(),
  };
}

/** Values by key, in shared memory where there is some: one copy for all workers. */
async function valuesOf(model: TrainableModel): Promise<ReadonlyMap<string, Float32Array>> {
  const read = await Promise.all(
    trainedVariables(model).map(async ({ key, variable }) => [key, await variable.data()] as const),
  );
  const total = read.reduce((sum, [, { length }]) => sum + length, 0);
  const shared =
    typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(4 * total) : new SharedArrayBuffer(4 * total);
  let at = 0;
  return new Map(
    read.map(([key, data]) => {
      const values = new Float32Array(shared as ArrayBuffer, 4 * at, data.length);
      values.set(data as Float32Array);
      at += data.length;
      return [key, values];
    }),
  );
}

/** Open requests and the workers that answer them. */
class Pool {
  readonly #workers: readonly GradientWorker[];
  readonly #open: Map<number, { resolve(result: GradientResult): void; reject(error: Error): void }> =
    new Map();
  #failure: Error | undefined;
  #next = 0;

  constructor(workers: readonly GradientWorker[]) {
    this.#workers = workers;
    for (const worker of workers)
      worker.listen(
        (message) => this.#settle(message as Reply),
        (reason) =>
          this.#fail(trainError("E_TRAIN_WORKER", "worker", { why: `A worker stopped: ${reason}` })),
      );
  }

  request(worker: number, request: Omit<Request, "id">): Promise<GradientResult> {
    const id = this.#next++;
    const result = new Promise<GradientResult>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#open.set(id, { resolve, reject });
      this.#workers[worker]?.post({ ...request, id } satisfies Request);
    });
    // Awaited in the order of the parts; until then a failure is not unhandled.
    result.catch(() => {});
    return result;
  }

  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #settle(reply: Reply): void {
    const open = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    if ("result" in reply) open?.resolve(reply.result);
    else if ("diagnostics" in reply) open?.reject(new NirkitError(reply.diagnostics));
    else open?.reject(trainError("E_TRAIN_WORKER", "worker", { why: `A worker failed: ${reply.reason}` }));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
