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
  type Tensor,
  type Trace,
  validateGraph,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import { parseDialect } from "./dialects.ts";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import { feedInput, type InputFeed } from "./input-feed.ts";
import { outputProbe, type Probe, probesOf } from "./probe.ts";
import { compileProgram, gather, silentOutputs, type Unit } from "./program.ts";
import { assertSimulated } from "./step/steps.ts";
import { assertOptions } from "./supported-options.ts";
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
  assertOptions(dialect);
  const flat = graph.flatten();
  assertSimulated(flat.nodes());
  assertNoErrors(validateGraph(graph));
  const dt = resolveDt(graph, flat, dialect, options.dt);
  const plan = schedule(graph, { dt });
  assertNoErrors(plan.diagnostics);
  const units = compileProgram(plan, { dialect, dt, precision });
  const inputs = inputShapes(units);
  const silent =
    dialect.feedbackT0 === "zeroSpikes" ? silentOutputs(units, plan.graph, plan.feedback) : new Map();
  return {
    graph: plan.graph,
    dialect,
    dt,
    precision,
    diagnostics: [...checkDt(flat, dialect, dt), ...plan.diagnostics],
    run: (input, record = { nodes: [], signals: [] }) => {
      const feed = feedInput(input, inputs);
      for (const { step } of units) {
        step.reset(feed.steps);
        step.out.fill(0);
      }
      for (const [out, value] of silent) out.set(value);
      return runSample(units, feed, record, precision);
    },
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

function runSample(units: readonly Unit[], feed: InputFeed, record: RecordSpec, precision: Precision): Trace {
  const outputs = new Map(
    units
      .filter((unit) => unit.type === "Output")
      .map((unit) => [unit.name, outputProbe(unit, feed.steps, precision)]),
  );
  const probes = probesOf(units, record, feed.steps, precision);
  const tally = tallyOf(units);
  const outside = units.map(({ type, x }) => (type === "Input" ? floats(precision, x.length) : undefined));
  for (let t = 0; t < feed.steps; t++) {
    units.forEach((unit, u) => {
      if (unit.step.emit !== undefined) {
        unit.step.emit(t);
      } else {
        takeIn(unit, feed, outside[u], t);
        unit.step.step(unit.x, t);
        tally.count(u);
      }
      outputs.get(unit.name)?.sample(t);
      for (const probe of probes.get(unit.name) ?? []) probe.sample(t);
    });
    // What latched nodes take in is complete only now.
    units.forEach((unit, u) => {
      if (unit.step.emit === undefined) return;
      gather(unit);
      unit.step.step(unit.x, t);
      tally.count(u);
    });
  }
  return {
    steps: feed.steps,
    outputs: tensors(outputs),
    records: tensors([...probes.values()].flat().map((probe) => [probe.key, probe] as const)),
    activity: tally.activity(feed.steps),
  };
}

function takeIn(unit: Unit, feed: InputFeed, outside: FloatArray | undefined, t: number): void {
  if (outside !== undefined) feed.write(unit.name, t, outside);
  gather(unit, outside);
}

function tensors(probes: Iterable<readonly [string, Probe]>): ReadonlyMap<string, Tensor> {
  return new Map([...probes].map(([key, probe]) => [key, probe.tensor]));
}
