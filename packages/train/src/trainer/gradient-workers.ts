/** Gradients of one batch by several threads: each has its own model, and computes its part of the samples. */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { TrainableModel } from "../model/trainable-model.ts";
import { tensorOf } from "../segment/fused/tensor-memory.ts";
import { computePart, type GradientEngine, type PartRequest } from "./gradient-engine.ts";
import type { GradientResult, Objective, PassResult } from "./objective.ts";
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
  /** Shared memory that the gradients go into; undefined where there is none, and they are sent. */
  readonly room: ReadonlyMap<string, Float32Array> | undefined;
}

type Reply =
  | { readonly id: number; readonly result: GradientResult }
  | { readonly id: number; readonly result: PassResult; readonly keys: readonly string[] }
  | { readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly id: number; readonly reason: string };

/** Answers requests inside a worker. `open` builds the task; called once, at the first request. */
export function serveGradients(port: GradientPort, open: () => Promise<TrainingTask>): void {
  let task: Promise<TrainingTask> | undefined;
  const answer = async ({ id, part, values, room }: Request): Promise<void> => {
    try {
      task ??= open();
      const { model, objective } = await task;
      for (const { key, variable } of trainedVariables(model)) {
        const next = values.get(key);
        if (next !== undefined) tf.tidy(() => variable.assign(tensorOf(next, variable.shape)));
      }
      const { gradients: found, ...result } = await computePart(model, objective, part);
      if (room !== undefined) {
        for (const [key, gradient] of found) room.get(key)?.set(gradient);
        port.post({ id, result, keys: [...found.keys()] }, []);
        return;
      }
      // Copied: what the backend still holds must not be moved to another thread.
      const gradients = new Map([...found].map(([key, gradient]) => [key, gradient.slice()]));
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
  const memory = new ExchangeMemory(model);
  return {
    parallel: workers + 1,
    compute: async (parts) => {
      const values = await memory.publish();
      const asked = parts.map((part, k) =>
        k % (workers + 1) === 0
          ? undefined
          : pool.request((k % (workers + 1)) - 1, { part, values, room: memory.room(k) }),
      );
      const results: GradientResult[] = [];
      for (const [k, part] of parts.entries())
        results[k] = asked[k] === undefined ? await computePart(model, objective, part) : await asked[k];
      return results;
    },
    close: () => pool.close(),
  };
}

/** Memory that threads read values from and write gradients to; made once, where there is shared memory. */
class ExchangeMemory {
  readonly #model: TrainableModel;
  #values: ReadonlyMap<string, Float32Array> | undefined;
  /** By part of a batch. */
  readonly #rooms: ReadonlyMap<string, Float32Array>[] = [];

  constructor(model: TrainableModel) {
    this.#model = model;
  }

  /** The values of the model, for workers to read until the next call. */
  async publish(): Promise<ReadonlyMap<string, Float32Array>> {
    const read = await Promise.all(
      trainedVariables(this.#model).map(
        async ({ key, variable }) => [key, (await variable.data()) as Float32Array] as const,
      ),
    );
    if (typeof SharedArrayBuffer === "undefined") return new Map(read);
    this.#values ??= sharedLike(read);
    for (const [key, data] of read) this.#values.get(key)?.set(data);
    return this.#values;
  }

  /** Where the gradients of part k go. */
  room(part: number): ReadonlyMap<string, Float32Array> | undefined {
    if (this.#values === undefined) return undefined;
    this.#rooms[part] ??= sharedLike([...this.#values]);
    return this.#rooms[part];
  }
}

/** Arrays of the same names and lengths in one piece of shared memory. */
function sharedLike(arrays: readonly (readonly [string, Float32Array])[]): ReadonlyMap<string, Float32Array> {
  const total = arrays.reduce((sum, [, { length }]) => sum + length, 0);
  const shared = new SharedArrayBuffer(4 * total);
  let at = 0;
  return new Map(
    arrays.map(([key, { length }]) => {
      at += length;
      return [key, new Float32Array(shared, 4 * (at - length), length)];
    }),
  );
}

interface OpenRequest {
  readonly room: Request["room"];
  resolve(result: GradientResult): void;
  reject(error: Error): void;
}

/** The gradients that a worker wrote. */
function written(room: Request["room"], keys: readonly string[]): ReadonlyMap<string, Float32Array> {
  return new Map(keys.map((key) => [key, room?.get(key) ?? new Float32Array(0)]));
}

/** Open requests and the workers that answer them. */
class Pool {
  readonly #workers: readonly GradientWorker[];
  readonly #open: Map<number, OpenRequest> = new Map();
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
      this.#open.set(id, { resolve, reject, room: request.room });
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
    if ("keys" in reply) open?.resolve({ ...reply.result, gradients: written(open.room, reply.keys) });
    else if ("result" in reply) open?.resolve(reply.result);
    else if ("diagnostics" in reply) open?.reject(new NirkitError(reply.diagnostics));
    else open?.reject(trainError("E_TRAIN_WORKER", "worker", { why: `A worker failed: ${reply.reason}` }));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
