/** The float reference simulator: a graph, a dialect and a dt, compiled once and run sample by sample. */
import {
  assertNoErrors,
  type Diagnostic,
  type NirGraph,
  NirkitError,
  type RecordSpec,
  type Shape,
  type SpikeInput,
  schedule,
  type Trace,
  validateGraph,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import { assertDialect } from "./dialect-conflicts.ts";
import { parseDialect } from "./dialects.ts";
import type { Precision } from "./float-array.ts";
import { feedInput, type InputFeed } from "./input-feed.ts";
import { outputProbe, probesOf } from "./probe.ts";
import { compileProgram, type Program, type Unit } from "./program.ts";
import { assertSimulated } from "./step/steps.ts";
import { createStepper } from "./stepper.ts";
import { tallyOf } from "./tally.ts";
import { checkDt, resolveDt } from "./time-step.ts";

/** How a graph is run. */
export interface SimulatorOptions {
  /** A label (`nir-euler+subtract`) or a dialect; `nir-euler` when absent. */
  readonly dialect?: string | Dialect;
  /** Time step in the unit of tau; needed unless the graph carries it in `nirkit:graph`. */
  readonly dt?: number | undefined;
  /** float32 when absent. */
  readonly precision?: Precision;
}

/** A compiled graph. It keeps buffers but no memory of earlier samples: equal inputs give equal traces. */
export interface Simulator {
  /** What runs: flattened, each edge once. */
  readonly graph: NirGraph;
  readonly dialect: Dialect;
  readonly dt: number;
  readonly precision: Precision;
  /** Warnings about dt, delays and loops. */
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Runs one sample from rest (v = 0, i = 0).
   *
   * @param input by Input node: `[T, ...shape]` or Events
   * @param record signals to keep besides the outputs
   * @throws E_INPUT_MISSING, E_INPUT_UNKNOWN, E_INPUT_SHAPE, E_INPUT_STEPS, E_INPUT_VALUE, E_INPUT_EVENTS,
   *   E_RECORD_NODE
   */
  run(input: SpikeInput, record?: RecordSpec): Trace;
}

/**
 * Compiles a graph.
 *
 * Per step and node: sum of the incoming edges in the order of the schedule, then i, v*, spike test, reset, output.
 * A feedback edge delivers the value of the step before.
 *
 * @throws E_UNKNOWN_DIALECT, E_UNKNOWN_MODIFIER, E_DIALECT_OPTION, E_DT_MISSING, E_DT_CONFLICT, E_DT_VALUE,
 *   E_UNSUPPORTED_NODE, E_ALGEBRAIC_LOOP, E_NON_FINITE, E_PARAMETER_SHAPE, E_CONSTANT, E_NO_INPUT, and the errors of
 *   `validateGraph`
 * @example LIF tau 4, r 1, v_threshold 1, dt 1, input 0 3 3: v* = 0, 0.75, 1.3125, so it fires in step 2
 * @see Pedersen et al., "Neuromorphic intermediate representation", Nature Communications 15:8122 (2024)
 */
export function createSimulator(graph: NirGraph, options: SimulatorOptions = {}): Simulator {
  const { dialect: asked = "nir-euler", precision = "f32" } = options;
  const dialect = typeof asked === "string" ? parseDialect(asked) : asked;
  assertDialect(dialect);
  const flat = graph.flatten();
  assertSimulated(flat.nodes());
  assertNoErrors(validateGraph(graph));
  const dt = resolveDt(graph, flat, dialect, options.dt);
  const plan = schedule(graph, { dt });
  assertNoErrors(plan.diagnostics);
  const program = compileProgram(plan, { dialect, dt, precision });
  const inputs = inputShapes(program.units);
  return {
    graph: plan.graph,
    dialect,
    dt,
    precision,
    diagnostics: [...checkDt(flat, dialect, dt), ...plan.diagnostics],
    run: (input, record = { nodes: [], signals: [] }) =>
      runSample(program, feedInput(input, inputs), record, precision),
  };
}

/**
 * Compiles a graph and runs one sample; use {@link createSimulator} for more than one.
 *
 * @throws what createSimulator and its `run` throw
 */
export function simulate(
  graph: NirGraph,
  input: SpikeInput,
  options: SimulatorOptions & { readonly record?: RecordSpec } = {},
): Trace {
  return createSimulator(graph, options).run(input, options.record);
}

function inputShapes(units: readonly Unit[]): ReadonlyMap<string, Shape> {
  const inputs = units.filter((unit) => unit.type === "Input");
  if (inputs.length === 0)
    throw new NirkitError([simulateDiagnostic("E_NO_INPUT", "nodes", { nodes: units.length })]);
  return new Map(inputs.map(({ name, shape }) => [name, shape]));
}

function runSample(program: Program, feed: InputFeed, record: RecordSpec, precision: Precision): Trace {
  const { units } = program;
  const outputs = units
    .filter(({ type }) => type === "Output")
    .map((unit) => outputProbe(unit, feed.steps, precision));
  const probes = probesOf(units, record, feed.steps, precision);
  const tally = tallyOf(units);
  const stepper = createStepper(program, precision, tally.count);
  stepper.reset(feed.steps);
  for (let t = 0; t < feed.steps; t++) {
    stepper.advance(t, feed);
    for (const probe of outputs) probe.sample(t);
    for (const probe of probes) probe.sample(t);
  }
  return {
    steps: feed.steps,
    outputs: new Map(outputs.map(({ key, tensor }) => [key.slice(0, -"/out".length), tensor])),
    records: new Map(probes.map(({ key, tensor }) => [key, tensor])),
    activity: tally.activity(feed.steps),
  };
}
