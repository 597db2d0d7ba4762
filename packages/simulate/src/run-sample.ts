/** One sample through an engine: chunk by chunk, with probes, progress and a way to stop. */
import { NirkitError, type RecordSpec, type Trace } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Engine, SimulatorState } from "./engine.ts";
import type { Precision } from "./float-array.ts";
import type { InputFeed } from "./input-feed.ts";
import { createRecorder, type ProbeSpec } from "./recorder.ts";
import { assertState } from "./state.ts";

/** How one sample is run. */
export interface RunOptions {
  /** State to start from instead of rest: `finalState` of an earlier run of the same graph and dialect. */
  readonly initialState?: SimulatorState;
  /** Stops the run between two chunks with E_CANCELLED. */
  readonly signal?: AbortSignal;
  /** Called with steps done and steps in all. */
  progress?(done: number, total: number): void;
}

/** How a batch is run. */
export interface BatchOptions {
  /** Stops the batch between two samples with E_BATCH_CANCELLED. */
  readonly signal?: AbortSignal;
  /** Called with samples done and samples in all. */
  progress?(done: number, total: number): void;
}

/** Result of one sample. */
export interface SimulationTrace extends Trace {
  /** Steps in which each neuron fired, by firing node, row-major; whatever was recorded. */
  readonly activeSteps: ReadonlyMap<string, Uint32Array>;
  /** What the network holds after the last step. */
  readonly finalState: SimulatorState;
}

/** One signal list for all, or several probes. */
export type RecordOptions = RecordSpec | ProbeSpec | readonly ProbeSpec[];

/** Values of all recorded signals that one chunk may hold. */
const chunkValues = 2 ** 20;

/** A run in the making: `next` runs one chunk. */
interface Run {
  /** What a sink wants waited for, or undefined; false when all steps are done. */
  next(): Promise<void> | undefined | false;
  trace(): SimulationTrace;
  close(): Promise<void> | undefined;
}

function start(
  engine: Engine,
  feed: InputFeed,
  record: RecordOptions,
  { initialState, signal, progress }: RunOptions,
  precision: Precision,
): Run {
  const probes: readonly ProbeSpec[] = Array.isArray(record) ? record : [record as ProbeSpec];
  const { steps } = feed;
  const chunk = chunkOf(engine, probes, steps);
  engine.release();
  const outputs = createRecorder(
    engine,
    [{ nodes: feed.outputs, signals: ["out"] }],
    steps,
    chunk,
    precision,
  );
  const recorder = createRecorder(engine, probes, steps, chunk, precision);
  engine.reset(steps);
  if (initialState !== undefined) {
    assertState(engine.save(0), initialState);
    engine.load(initialState);
  }
  let done = 0;
  return {
    next: () => {
      if (signal?.aborted === true)
        throw new NirkitError([simulateDiagnostic("E_CANCELLED", "run", { done, steps })]);
      if (done >= steps) return false;
      const count = Math.min(chunk, steps - done);
      engine.advance(feed, done, count);
      outputs.take(done, count);
      const wait = recorder.take(done, count);
      done += count;
      progress?.(done, steps);
      return wait;
    },
    trace: () => ({
      steps,
      outputs: new Map([...outputs.records()].map(([key, value]) => [key.slice(0, -"/out".length), value])),
      records: recorder.records(),
      activity: engine.activity(steps),
      activeSteps: engine.activeSteps(),
      finalState: engine.save(steps),
    }),
    close: () => {
      const waits = [...new Set(probes.map(({ sink }) => sink))].map((sink) => sink?.close?.());
      return waits.some((wait) => wait !== undefined) ? Promise.all(waits).then(() => undefined) : undefined;
    },
  };
}

/** As many steps as keep the captured rows small; few enough for progress, many enough for whole-chunk work. */
function chunkOf(engine: Engine, probes: readonly ProbeSpec[], steps: number): number {
  const widest = engine.nodes.reduce((sum, { shape }) => sum + shape.reduce((a, n) => a * n, 1), 1);
  const signals = 1 + probes.reduce((most, probe) => Math.max(most, probe.signals.length), 0);
  return Math.max(1, Math.min(steps, engine.chunk, Math.floor(chunkValues / (widest * signals)) || 16));
}

/** @throws E_SINK_WAITS where a sink gives a promise, E_CANCELLED */
export function runSample(
  engine: Engine,
  feed: InputFeed,
  record: RecordOptions,
  options: RunOptions,
  precision: Precision,
): SimulationTrace {
  const run = start(engine, feed, record, options, precision);
  const refuse = (wait: Promise<void> | undefined | false): void => {
    if (wait instanceof Promise) throw new NirkitError([simulateDiagnostic("E_SINK_WAITS", "record", {})]);
  };
  try {
    for (let wait = run.next(); wait !== false; wait = run.next()) refuse(wait);
    return run.trace();
  } finally {
    refuse(run.close());
  }
}

/** The same, letting others run between two chunks and waiting for sinks. @throws E_CANCELLED */
export async function runSampleAsync(
  engine: Engine,
  feed: InputFeed,
  record: RecordOptions,
  options: RunOptions,
  precision: Precision,
): Promise<SimulationTrace> {
  const run = start(engine, feed, record, options, precision);
  try {
    for (let wait = run.next(); wait !== false; wait = run.next()) {
      await wait;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return run.trace();
  } finally {
    await run.close();
  }
}
