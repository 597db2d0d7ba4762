/** The float reference simulator: a graph, a dialect and a dt, compiled once and run sample by sample. */
import {
  assertNoErrors,
  type Diagnostic,
  type NirGraph,
  NirkitError,
  type Shape,
  type SpikeInput,
  schedule,
  type Tensor,
  validateGraph,
} from "@nirkit/graph";
import { createEngine } from "./create-engine.ts";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import { assertDialect } from "./dialect-conflicts.ts";
import { parseDialect } from "./dialects.ts";
import type { Engine, SimulatorState } from "./engine.ts";
import type { Precision } from "./float-array.ts";
import { importNotes } from "./import-notes.ts";
import { feedInput, type InputFeed, isMap } from "./input-feed.ts";
import { compileProgram, type Unit } from "./program.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import {
  type BatchOptions,
  type RecordOptions,
  type RunOptions,
  runSample,
  runSampleAsync,
  type SimulationTrace,
} from "./run-sample.ts";
import { assertSimulatorOptions } from "./simulator-options.ts";
import { assertState } from "./state.ts";
import { assertSimulated } from "./step/steps.ts";
import { checkDt, resolveDt } from "./time-step.ts";

/** How a graph is run. */
export interface SimulatorOptions {
  /** A label (`nir-euler@dt=1+subtract`) or a dialect; `nir-euler` when absent. */
  readonly dialect?: string | Dialect;
  /** Time step in the unit of tau; needed unless the label or the graph (`nirkit:graph`) carries it. */
  readonly dt?: number | undefined;
  /** float32 when absent. */
  readonly precision?: Precision;
  /**
   * `auto` (default): the SIMD kernels in float32, else the plain TypeScript that they are held against. Both give the
   * same bits; `plain` always takes the latter.
   */
  readonly engine?: "auto" | "plain";
}

/** A compiled graph. It keeps buffers but no memory of earlier samples: equal inputs give equal traces. */
export interface Simulator {
  /** What runs: flattened, each edge once. */
  readonly graph: NirGraph;
  readonly dialect: Dialect;
  readonly dt: number;
  readonly precision: Precision;
  readonly engine: "auto" | "plain";
  /** Warnings about dt, delays and loops, and what the dialect's framework would refuse or change. */
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Runs one sample from rest, or from `initialState`.
   *
   * @param input by Input node: `[T, ...shape]` or Events
   * @param record signals to keep besides the outputs: one list, or several probes
   * @throws E_INPUT_FORM, E_INPUT_MISSING, E_INPUT_UNKNOWN, E_INPUT_SHAPE, E_INPUT_STEPS, E_INPUT_VALUE, E_INPUT_EVENTS,
   *   E_RECORD_NODE, E_RECORD_SIGNAL, E_RECORD_NEURON, E_RECORD_WINDOW, E_SINK_WAITS, E_STATE, E_CANCELLED
   */
  run(input: SpikeInput, record?: RecordOptions, options?: RunOptions): SimulationTrace;
  /** Every sample of a batch from rest, one after the other; for several at once see `createSimulatorPool`. */
  runBatch(
    inputs: Iterable<SpikeInput>,
    record?: RecordOptions,
    options?: BatchOptions,
  ): readonly SimulationTrace[];
  /** The same between other work: progress is seen, `signal` heard, and sinks are waited for. Runs queue up. */
  runAsync(input: SpikeInput, record?: RecordOptions, options?: RunOptions): Promise<SimulationTrace>;
  /**
   * One step of a stream that goes on: state carries over from call to call, and is no other run's.
   *
   * @param input by Input node: a tensor `[...shape]` or Events of one step
   * @returns by Output node: `[...shape]`
   */
  step(input: SpikeInput): ReadonlyMap<string, Tensor>;
  /** Puts the stream of {@link Simulator.step} back to rest, or to a state. @throws E_STATE */
  reset(state?: SimulatorState): void;
  /** State of the stream after its last step. */
  state(): SimulatorState;
}

const nothing: RecordOptions = { nodes: [], signals: [] };

/**
 * Compiles a graph.
 *
 * Per step and node: sum of the incoming edges in the order of the schedule, then i, v*, spike test, reset, output.
 * A feedback edge delivers the value of the step before.
 *
 * @throws E_SIMULATOR_OPTION, E_UNKNOWN_DIALECT, E_UNKNOWN_MODIFIER, E_DIALECT_OPTION, E_DIALECT_CONFLICT, E_DIALECT_NODE, E_SHARED_WEIGHT,
 *   E_DT_MISSING, E_DT_CONFLICT, E_DT_VALUE, E_UNSUPPORTED_NODE, E_ALGEBRAIC_LOOP, E_NON_FINITE, E_PARAMETER_SHAPE,
 *   E_CONSTANT, E_ZERO_THRESHOLD, E_NO_INPUT, and the errors of `validateGraph`
 * @example LIF tau 4, r 1, v_threshold 1, dt 1, input 0 3 3: v* = 0, 0.75, 1.3125, so it fires in step 2
 * @see Pedersen et al., "Neuromorphic intermediate representation", Nature Communications 15:8122 (2024)
 */
export function createSimulator(graph: NirGraph, options: SimulatorOptions = {}): Simulator {
  const { dialect: asked = "nir-euler", precision = "f32" } = options;
  assertSimulatorOptions(options);
  const dialect = typeof asked === "string" ? parseDialect(asked) : asked;
  assertDialect(dialect);
  const flat = graph.flatten();
  assertSimulated(flat.nodes());
  assertNoErrors(validateGraph(graph));
  const dt = resolveDt(graph, flat, dialect, options.dt);
  const plan = schedule(graph, { dt });
  assertNoErrors(plan.diagnostics);
  const settings = { dialect, dt, precision };
  const program = compileProgram(plan, settings);
  const inputs = inputShapes(program.units);
  const outputs = program.units.filter(({ type }) => type === "Output").map(({ name }) => name);
  let engine: Engine | undefined;
  const feed = (input: SpikeInput): InputFeed => feedInput(input, inputs, outputs, precision);
  const compile = (chunk?: number): Engine =>
    createEngine(compileProgram(plan, settings), plan, settings, options.engine, chunk);
  let background: Engine | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  return {
    graph: plan.graph,
    dialect,
    dt,
    precision,
    engine: options.engine ?? "auto",
    diagnostics: [...checkDt(flat, dialect, dt), ...plan.diagnostics, ...importNotes(graph, dialect)],
    run: (input, record = nothing, run = {}) => {
      engine ??= createEngine(program, plan, settings, options.engine);
      return runSample(engine, feed(input), record, run, precision);
    },
    runBatch: (inputs, record = nothing, { signal, progress } = {}) => {
      const samples = [...inputs];
      engine ??= createEngine(program, plan, settings, options.engine);
      return samples.map((input, n) => {
        if (signal?.aborted === true)
          throw new NirkitError([
            simulateDiagnostic("E_BATCH_CANCELLED", "run", { done: n, samples: samples.length }),
          ]);
        const trace = runSample(engine as Engine, feed(input), record, {}, precision);
        progress?.(n + 1, samples.length);
        return trace;
      });
    },
    runAsync: (input, record = nothing, run = {}) => {
      const result = queue.then(() => {
        background ??= compile();
        return runSampleAsync(background, feed(input), record, run, precision);
      });
      queue = result.catch(() => undefined);
      return result;
    },
    ...streamOf(compile, feed, inputs, outputs, precision),
  };
}

/** The stream of `step`: an engine of its own, made when it is first used. */
function streamOf(
  compile: (chunk: number) => Engine,
  feed: (input: SpikeInput) => InputFeed,
  inputs: ReadonlyMap<string, Shape>,
  outputs: readonly string[],
  precision: Precision,
): Pick<Simulator, "step" | "reset" | "state"> {
  let opened: { readonly engine: Engine; readonly recorder: Recorder } | undefined;
  let t = 0;
  const endless = 2 ** 31 - 1;
  const open = (): { readonly engine: Engine; readonly recorder: Recorder } => {
    if (opened !== undefined) return opened;
    const engine = compile(1);
    engine.reset(endless);
    const recorder = createRecorder(engine, [{ nodes: outputs, signals: ["out"] }], 1, 1, precision);
    opened = { engine, recorder };
    return opened;
  };
  return {
    step: (input) => {
      const { engine, recorder } = open();
      const source = feed(withTime(input, inputs));
      engine.advance({ ...source, write: (name, _, to) => source.write(name, 0, to) }, t, 1);
      recorder.take(0, 1);
      t++;
      return framesOf(recorder.records());
    },
    reset: (state) => {
      const { engine: stream } = open();
      if (state !== undefined) assertState(stream.save(0), state);
      stream.reset(endless);
      t = 0;
      if (state !== undefined) stream.load(state);
    },
    state: () => open().engine.save(t),
  };
}

/** Records `NODE/out` of one step as arrays of their own by node, without the axis of time. */
function framesOf(records: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  return new Map(
    [...records].map(([key, value]) => {
      const frame = { ...value, shape: value.shape.slice(1), data: value.data.slice() } as Tensor;
      return [key.slice(0, -"/out".length), frame];
    }),
  );
}

/** Frames `[...shape]` as samples of one step. */
function withTime(input: SpikeInput, shapes: ReadonlyMap<string, Shape>): SpikeInput {
  if (!isMap(input)) return input;
  return new Map(
    [...input].map(([name, source]) => {
      const rank = shapes.get(name)?.length;
      const shape: Shape | undefined = source?.shape;
      const frame = Array.isArray(shape) && !("start" in source) && shape.length === rank;
      return [name, frame ? ({ ...source, shape: [1, ...source.shape] } as Tensor) : source];
    }),
  );
}

/**
 * Compiles a graph and runs one sample; use {@link createSimulator} for more than one.
 *
 * @throws what createSimulator and its `run` throw
 */
export function simulate(
  graph: NirGraph,
  input: SpikeInput,
  options: SimulatorOptions & { readonly record?: RecordOptions } = {},
): SimulationTrace {
  return createSimulator(graph, options).run(input, options.record);
}

function inputShapes(units: readonly Unit[]): ReadonlyMap<string, Shape> {
  const inputs = units.filter((unit) => unit.type === "Input");
  if (inputs.length === 0)
    throw new NirkitError([simulateDiagnostic("E_NO_INPUT", "nodes", { nodes: units.length })]);
  return new Map(inputs.map(({ name, shape }) => [name, shape]));
}
