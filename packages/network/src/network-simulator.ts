/** The golden integer simulator: the semantics that every back end must reproduce spike for spike. */
import {
  type Activity,
  assertNoErrors,
  type Diagnostic,
  NirkitError,
  type NodeActivity,
  type RecordSpec,
  type Shape,
  type Signal,
  type SpikeInput,
  sizeOf,
  type Tensor,
} from "@nirkit/graph";
import { accumulatorBounds, type PopulationBounds } from "./bounds.ts";
import { networkDiagnostic } from "./diagnostics.ts";
import { EventHistory } from "./event-history.ts";
import type { FanOut } from "./fan-out.ts";
import { createFloat32Layer } from "./float32-layer.ts";
import { type IntegerEvents, integerEvents } from "./input-events.ts";
import { createIntegerLayer } from "./integer-layer.ts";
import type { LayerState } from "./layer-state.ts";
import type { Network, OutputPort, Population, Projection } from "./network.ts";
import { validateNetwork } from "./validate-network.ts";

/** What to record; nothing by default. */
export interface NetworkSimulateOptions {
  /** Populations by name. Signals a population does not have (`i` of a LIF) are left out. */
  readonly record?: RecordSpec;
}

/** Result of one sample. Tensors are int32, or float64 holding integers where the static bound passes 2^31 − 1. */
export interface NetworkTrace {
  readonly steps: number;
  /** By output port: `[T, ...shape]`, the sum of its sources per step. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** By `population/signal`: `[T, ...shape]`; `v` and `i` as stored, `vpre` the unclamped x of the spike test. */
  readonly records: ReadonlyMap<string, Tensor>;
  /**
   * By population (neurons, eventsOut), by projection name (eventsIn, synapticOps: non-zero weights met by non-zero
   * events) and by input port (eventsOut).
   */
  readonly activity: Activity;
  /** By population: stored states that the clamp or wrap changed. By input port: values that its range clamped. */
  readonly saturations: ReadonlyMap<string, number>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A network made ready to run many samples; each run starts from zero state. */
export interface NetworkSimulator {
  /** Runs one sample from rest. */
  run(input: SpikeInput, options?: NetworkSimulateOptions): NetworkTrace;
}

/**
 * Runs one sample through a network.
 *
 * @param input by input port, `[T, ...shape]` or events
 * @throws E_BAD_NETWORK and the E_INPUT codes
 */
export function simulateNetwork(
  network: Network,
  input: SpikeInput,
  options: NetworkSimulateOptions = {},
): NetworkTrace {
  return createNetworkSimulator(network).run(input, options);
}

/**
 * Prepares a network: weights transposed to fan-outs, number formats chosen from the static bounds.
 *
 * Per step and in population order: sum the events that arrive (order free), leak, bias, compare, reset, clamp.
 *
 * @throws E_BAD_NETWORK, E_UNSUPPORTED_OP, E_ACC_TOO_WIDE
 */
export function createNetworkSimulator(network: Network): NetworkSimulator {
  assertNoErrors(validateNetwork(network));
  const bounds = accumulatorBounds(network);
  const layers = network.populations.map((population) => createLayer(network, population, bounds));
  return { run: (input, options = {}) => runSample(network, layers, input, options) };
}

interface Layer {
  readonly population: Population;
  readonly state: LayerState;
  readonly inputs: readonly Synapses[];
}

/** One projection into a layer; counts what it does. */
interface Synapses {
  readonly projection: Projection;
  readonly fanOut: FanOut;
  readonly factor: number;
  eventsIn: number;
  synapticOps: number;
}

function createLayer(
  network: Network,
  population: Population,
  bounds: ReadonlyMap<string, PopulationBounds>,
): Layer {
  const targets = sizeOf(population.shape);
  const { neuron } = population;
  const { state, fanOut } =
    neuron.arithmetic === "float32"
      ? createFloat32Layer(population, neuron)
      : createIntegerLayer(population, neuron, bounds.get(population.name) as PopulationBounds);
  const inputs = network.projections
    .filter((projection) => projection.target === population.name)
    .map((projection) => ({
      projection,
      fanOut: fanOut({ projection, sources: sourceSize(network, projection.source), targets }),
      factor: 2 ** (projection.shift ?? 0),
      eventsIn: 0,
      synapticOps: 0,
    }));
  return { population, state, inputs };
}

function sourceSize(network: Network, name: string): number {
  const source = [...network.inputs, ...network.populations].find((s) => s.name === name);
  return source === undefined ? 0 : sizeOf(source.shape);
}

function runSample(
  network: Network,
  layers: readonly Layer[],
  input: SpikeInput,
  options: NetworkSimulateOptions,
): NetworkTrace {
  const ports = readInputs(network, input);
  const steps = ports.values().next().value?.steps ?? 0;
  const histories = createHistories(network);
  const recorders = createRecorders(layers, options.record, steps);
  const collectors = network.outputs.map((port) => new OutputCollector(port, layers, steps));
  for (const { state, inputs } of layers) {
    state.reset();
    for (const synapses of inputs) {
      synapses.eventsIn = 0;
      synapses.synapticOps = 0;
    }
  }
  for (let t = 0; t < steps; t++) {
    for (const [name, events] of ports) histories.get(name)?.pushEvents(events, t);
    for (const layer of layers) {
      for (const synapses of layer.inputs) deliver(synapses, layer.state, histories, t);
      layer.state.step();
      histories.get(layer.population.name)?.pushValues(layer.state.out);
    }
    for (const recorder of recorders) recorder.record(t);
    for (const collector of collectors) collector.collect(t, histories);
  }
  return {
    steps,
    outputs: new Map(collectors.map((c) => [c.name, c.tensor])),
    records: new Map(recorders.map((r) => [r.name, r.tensor])),
    activity: activityOf(steps, network, layers, histories),
    saturations: new Map([
      ...[...ports].map(([name, events]) => [name, events.clamped] as const),
      ...layers.map(({ population, state }) => [population.name, state.saturations] as const),
    ]),
    diagnostics: [],
  };
}

function readInputs(network: Network, input: SpikeInput): Map<string, IntegerEvents> {
  const given = [...input.keys()];
  const known = network.inputs.map((port) => port.name);
  for (const name of given)
    if (!known.includes(name))
      throw new NirkitError([networkDiagnostic("E_INPUT_UNKNOWN", `inputs.${name}`, { name, known })]);
  const ports = new Map<string, IntegerEvents>();
  let expected: number | undefined;
  for (const port of network.inputs) {
    const data = input.get(port.name);
    const path = `inputs.${port.name}`;
    if (data === undefined)
      throw new NirkitError([networkDiagnostic("E_INPUT_MISSING", path, { name: port.name, given })]);
    const events = integerEvents(port, data);
    expected ??= events.steps;
    if (events.steps !== expected)
      throw new NirkitError([networkDiagnostic("E_INPUT_STEPS", path, { found: events.steps, expected })]);
    ports.set(port.name, events);
  }
  return ports;
}

/** One history per source, as long as the longest delay out of it. */
function createHistories(network: Network): Map<string, EventHistory> {
  const histories = new Map<string, EventHistory>();
  for (const source of [...network.inputs, ...network.populations]) {
    const delays = network.projections.filter((p) => p.source === source.name).map((p) => p.delay);
    histories.set(source.name, new EventHistory(sizeOf(source.shape), Math.max(0, ...delays)));
  }
  return histories;
}

/** Adds the events that arrive in step t through one projection. */
function deliver(
  synapses: Synapses,
  state: LayerState,
  histories: ReadonlyMap<string, EventHistory>,
  t: number,
): void {
  const { projection, fanOut, factor } = synapses;
  const at = t - projection.delay;
  const history = histories.get(projection.source) as EventHistory;
  if (at < 0) return;
  const { index, value, count } = history.step(at);
  for (let k = 0; k < count; k++) {
    const source = index[k] as number;
    fanOut.add(state.acc, source, (value[k] as number) * factor);
    synapses.synapticOps += fanOut.synapses[source] as number;
  }
  synapses.eventsIn += count;
}

interface Recorder {
  readonly name: string;
  readonly tensor: Tensor;
  record(t: number): void;
}

function createRecorders(layers: readonly Layer[], spec: RecordSpec | undefined, steps: number): Recorder[] {
  if (spec === undefined) return [];
  const known = layers.map(({ population }) => population.name);
  if (spec.nodes !== "all")
    for (const name of spec.nodes)
      if (!known.includes(name))
        throw new NirkitError([networkDiagnostic("E_UNKNOWN_POPULATION", "record.nodes", { name, known })]);
  const wanted = layers.filter(
    ({ population }) => spec.nodes === "all" || spec.nodes.includes(population.name),
  );
  return wanted.flatMap((layer) =>
    spec.signals.flatMap((signal) => {
      const source = layer.state.signal(signal);
      return source === undefined ? [] : [recorder(layer, signal, source, steps)];
    }),
  );
}

function recorder(layer: Layer, signal: Signal, source: LayerState["acc"], steps: number): Recorder {
  const size = layer.state.size;
  const tensor = integerTensor(source instanceof Float64Array, [steps, ...layer.population.shape]);
  return {
    name: `${layer.population.name}/${signal}`,
    tensor,
    record: (t) => (tensor.data as Int32Array | Float64Array).set(source, t * size),
  };
}

function integerTensor(isWide: boolean, shape: Shape): Tensor {
  const size = sizeOf(shape);
  return isWide
    ? { dtype: "float64", shape, data: new Float64Array(size) }
    : { dtype: "int32", shape, data: new Int32Array(size) };
}

/** Sums the sources of one output port. */
class OutputCollector {
  readonly name: string;
  readonly tensor: Tensor;
  readonly #port: OutputPort;
  readonly #size: number;

  constructor(port: OutputPort, layers: readonly Layer[], steps: number) {
    this.name = port.name;
    this.#port = port;
    this.#size = sizeOf(port.shape);
    const sources = layers.filter(({ population }) => port.sources.includes(population.name));
    const bound = sources.reduce((sum, { state }) => sum + state.outBound, 0);
    this.tensor = integerTensor(bound > 2 ** 31 - 1, [steps, ...port.shape]);
  }

  collect(t: number, histories: ReadonlyMap<string, EventHistory>): void {
    const values = this.tensor.data as Int32Array | Float64Array;
    const base = t * this.#size;
    for (const source of this.#port.sources) {
      const { index, value, count } = (histories.get(source) as EventHistory).step(t);
      for (let k = 0; k < count; k++) {
        const at = base + (index[k] as number);
        values[at] = (values[at] as number) + (value[k] as number);
      }
    }
  }
}

function activityOf(
  steps: number,
  network: Network,
  layers: readonly Layer[],
  histories: ReadonlyMap<string, EventHistory>,
): Activity {
  const activity = new Map<string, NodeActivity>();
  const silent = { samples: 1, steps, neurons: 0, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
  for (const source of [...network.inputs, ...network.populations]) {
    const eventsOut = histories.get(source.name)?.total ?? 0;
    activity.set(source.name, { ...silent, neurons: sizeOf(source.shape), eventsOut });
  }
  for (const { inputs } of layers) {
    for (const { projection, eventsIn, synapticOps } of inputs) {
      const before = activity.get(projection.name) ?? silent;
      activity.set(projection.name, {
        ...before,
        eventsIn: before.eventsIn + eventsIn,
        synapticOps: before.synapticOps + synapticOps,
      });
    }
  }
  return activity;
}
