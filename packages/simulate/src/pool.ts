/** Batches over several workers: each runs samples of its own, in simulators of one network. */
import {
  type Diagnostic,
  type Edge,
  InternalError,
  NirGraph,
  NirkitError,
  type NirNode,
  type SpikeInput,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import type { BatchOptions, RecordOptions, SimulationTrace } from "./run-sample.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "./simulator.ts";

/** The side of a worker that its owner holds: a Web Worker, or one of `node:worker_threads` behind the same words. */
export interface PoolWorker {
  /** Sends a message to the worker. */
  postMessage(message: unknown): void;
  /** Called with each message that the worker sends. */
  onMessage(listen: (message: unknown) => void): void;
  /** Called when the worker breaks down. */
  onError(listen: (error: unknown) => void): void;
  /** Ends the worker. */
  terminate(): unknown;
}

/** The side of a worker that the worker itself holds. */
export interface WorkerPort {
  /** Sends a message to the owner. */
  postMessage(message: unknown): void;
  /** Called with each message of the owner. */
  onMessage(listen: (message: unknown) => void): void;
}

/** Workers that have one network open. */
export interface SimulatorPool {
  /**
   * Traces in the order of the samples, the same that `simulator.run` gives.
   *
   * @throws what `run` throws, E_POOL_SINK, E_BATCH_CANCELLED
   */
  runBatch(
    inputs: readonly SpikeInput[],
    record?: RecordOptions,
    options?: BatchOptions,
  ): Promise<readonly SimulationTrace[]>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** A network as it is sent. */
interface OpenMessage {
  readonly kind: "open";
  readonly nodes: readonly (readonly [string, NirNode])[];
  readonly edges: readonly Edge[];
  readonly options: { readonly dialect: Dialect; readonly dt: number } & SimulatorOptions;
}

interface RunMessage {
  readonly kind: "run";
  readonly id: number;
  readonly input: SpikeInput;
  readonly record: RecordOptions | undefined;
}

type Answer =
  | { readonly id: number; readonly trace: SimulationTrace }
  | { readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly id: number; readonly failure: string };

/**
 * Opens the network of a simulator in every worker.
 *
 * @param workers each runs {@link serveSimulator}; they belong to the pool from now on
 */
export function createSimulatorPool(simulator: Simulator, workers: readonly PoolWorker[]): SimulatorPool {
  const { graph, dialect, dt, precision, engine } = simulator;
  const open: OpenMessage = {
    kind: "open",
    nodes: [...graph.nodes()],
    edges: graph.edges(),
    options: { dialect, dt, precision, engine },
  };
  const seats = workers.map((worker) => seatOf(worker, open));
  return {
    runBatch: (inputs, record, options = {}) => runBatch(seats, inputs, record, options),
    close: async () => {
      for (const worker of workers) await worker.terminate();
    },
  };
}

/** One worker, one sample at a time. */
type Seat = (input: SpikeInput, record: RecordOptions | undefined) => Promise<SimulationTrace>;

function seatOf(worker: PoolWorker, open: OpenMessage): Seat {
  const waiting = new Map<number, { resolve(trace: SimulationTrace): void; reject(error: unknown): void }>();
  let next = 0;
  worker.onMessage((message) => {
    const answer = message as Answer;
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("trace" in answer) waiter?.resolve(answer.trace);
    else if ("diagnostics" in answer) waiter?.reject(new NirkitError(answer.diagnostics));
    else waiter?.reject(new InternalError(`A worker failed: ${answer.failure}`));
  });
  worker.onError((error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  worker.postMessage(open);
  return (input, record) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      const message: RunMessage = { kind: "run", id, input, record };
      worker.postMessage(message);
    });
}

async function runBatch(
  seats: readonly Seat[],
  inputs: readonly SpikeInput[],
  record: RecordOptions | undefined,
  { signal, progress }: BatchOptions,
): Promise<readonly SimulationTrace[]> {
  const probes = record === undefined ? [] : [record].flat();
  if (probes.some((probe) => "sink" in probe && probe.sink !== undefined))
    throw new NirkitError([simulateDiagnostic("E_POOL_SINK", "record", {})]);
  const traces = new Array<SimulationTrace | undefined>(inputs.length);
  let next = 0;
  let done = 0;
  const work = async (seat: Seat): Promise<void> => {
    for (let at = next++; at < inputs.length; at = next++) {
      if (signal?.aborted === true)
        throw new NirkitError([
          simulateDiagnostic("E_BATCH_CANCELLED", "run", { done, samples: inputs.length }),
        ]);
      traces[at] = await seat(inputs[at] as SpikeInput, record);
      progress?.(++done, inputs.length);
    }
  };
  const results = await Promise.allSettled(seats.map(work));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return traces as SimulationTrace[];
}

/**
 * The whole program of a worker of a pool.
 *
 * @example serveSimulator({ postMessage: (m) => self.postMessage(m), onMessage: (f) => { self.onmessage = (e) => f(e.data); } })
 */
export function serveSimulator(port: WorkerPort): void {
  let simulator: Simulator | undefined;
  let refused: unknown;
  port.onMessage((message) => {
    const task = message as OpenMessage | RunMessage;
    if (task.kind === "open") {
      try {
        simulator = createSimulator(NirGraph.unchecked(task), task.options);
      } catch (error) {
        refused = error;
      }
      return;
    }
    port.postMessage(answerTo(task, simulator, refused));
  });
}

function answerTo(
  { id, input, record }: RunMessage,
  simulator: Simulator | undefined,
  refused: unknown,
): Answer {
  try {
    if (simulator === undefined) throw refused ?? new InternalError("a sample came before the network");
    return { id, trace: simulator.run(input, record) };
  } catch (error) {
    if (error instanceof NirkitError) return { id, diagnostics: error.diagnostics };
    return { id, failure: String(error) };
  }
}
