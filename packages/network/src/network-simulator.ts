/** The golden simulator: the semantics that every back end must reproduce spike for spike. */
import {
  type Activity,
  assertNoErrors,
  type Diagnostic,
  type NodeActivity,
  type Signal,
  type SpikeInput,
  sizeOf,
  type Tensor,
} from "@nirkit/graph";
import type { LoadKernelsOptions } from "@nirkit/kernels";
import { accumulatorBounds } from "./bounds.ts";
import type { Network, OutputPort, Population } from "./network.ts";
import type { Engine, EngineCounts } from "./simulator/engine.ts";
import { createKernelEngine } from "./simulator/kernel-engine.ts";
import { OutputCollector } from "./simulator/output-collector.ts";
import { PlainEngine } from "./simulator/plain-engine.ts";
import { type PortInput, readPorts } from "./simulator/read-ports.ts";
import { createRecorders, type NetworkRecordSpec } from "./simulator/recorder.ts";
import { validateNetwork } from "./validate-network.ts";

/** How a network is run; the integers are the same. */
export interface NetworkSimulatorOptions {
  /** `kernels` (default): SIMD kernels over many steps at once; `plain`: the TypeScript reference. */
  readonly engine?: "kernels" | "plain";
  /** Build of the kernels; `auto` takes SIMD where it runs, and `plain` is their scalar TypeScript. */
  readonly build?: LoadKernelsOptions["build"];
}

/** What to record of a run, and how to follow it; nothing by default. */
export interface NetworkRunOptions {
  /** Populations by name. Signals a population does not have (`i` of a LIF) are left out. */
  readonly record?: NetworkRecordSpec;
  /** Looked at every few dozen steps; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Steps done of all steps of the sample. */
  progress?(done: number, total: number): void;
}

/** Everything that {@link simulateNetwork} takes. */
export interface NetworkSimulateOptions extends NetworkSimulatorOptions, NetworkRunOptions {}

/** Result of one sample. Tensors are int32, or float64 holding integers where the static bound passes 2^31 − 1. */
export interface NetworkTrace {
  readonly steps: number;
  /** By output port: `[T, ...shape]`, the sum of its sources per step. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /**
   * By `population/signal`: `[T, ...shape]`, or as many steps as the record keeps; `v` and `i` as stored, `vpre` the
   * unclamped x of the spike test.
   */
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

/** A network that goes on from where it is, for live use. */
export interface NetworkStream {
  /**
   * Runs the steps of the input, one or many, and gives the trace of these alone.
   *
   * @throws the E_INPUT codes
   */
  step(input: SpikeInput): NetworkTrace;
  /** Back to rest. */
  reset(): void;
}

/** A network made ready to run many samples; each run starts from zero state. */
export interface NetworkSimulator {
  readonly engine: "kernels" | "plain";
  /** Runs one sample from rest. */
  run(input: SpikeInput, options?: NetworkRunOptions): NetworkTrace;
  /** Runs samples as they come, each from rest; `progress` counts samples where their number is known. */
  runBatch(
    samples: Iterable<SpikeInput> | AsyncIterable<SpikeInput>,
    options?: NetworkRunOptions,
  ): AsyncGenerator<NetworkTrace, void, void>;
  /** A stream of its own, at rest, that keeps its state from call to call. */
  stream(record?: NetworkRecordSpec): NetworkStream;
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
  return createNetworkSimulator(network, options).run(input, options);
}

/**
 * Prepares a network.
 *
 * Per step and in population order: sum the events that arrive (order free), leak, bias, compare, reset, clamp.
 *
 * @throws E_BAD_NETWORK, E_UNSUPPORTED_OP, E_ACC_TOO_WIDE
 */
export function createNetworkSimulator(
  network: Network,
  options: NetworkSimulatorOptions = {},
): NetworkSimulator {
  assertNoErrors(validateNetwork(network));
  const { engine: kind = "kernels", build = "auto" } = options;
  const make = (): Engine =>
    kind === "plain" ? new PlainEngine(network) : createKernelEngine(network, build);
  const engine = make();
  const run: NetworkSimulator["run"] = (input, wanted = {}) => {
    engine.reset();
    return runSteps(network, engine, readPorts(network, input), wanted);
  };
  return {
    engine: kind,
    run,
    runBatch: (samples, wanted = {}) => runBatch(run, samples, wanted),
    stream: (record) => {
      const own = make();
      own.reset();
      const wanted = record === undefined ? {} : { record };
      return {
        step: (input) => runSteps(network, own, readPorts(network, input), wanted),
        reset: () => own.reset(),
      };
    },
  };
}

async function* runBatch(
  run: NetworkSimulator["run"],
  samples: Iterable<SpikeInput> | AsyncIterable<SpikeInput>,
  { record, signal, progress }: NetworkRunOptions,
): AsyncGenerator<NetworkTrace, void, void> {
  const total = Array.isArray(samples) ? samples.length : Number.NaN;
  const options = {
    ...(record === undefined ? {} : { record }),
    ...(signal === undefined ? {} : { signal }),
  };
  let done = 0;
  for await (const input of samples) {
    signal?.throwIfAborted();
    yield run(input, options);
    progress?.(++done, total);
  }
}

function runSteps(
  network: Network,
  engine: Engine,
  { steps, ports }: PortInput,
  { record, signal, progress }: NetworkRunOptions,
): NetworkTrace {
  const widths = signalWidths(network);
  const recorders = createRecorders(network, record, steps, widths);
  const collectors = network.outputs.map(
    (port) => new OutputCollector(port, outputBound(network, port), steps),
  );
  engine.begin(recorders, collectors);
  for (let t = 0; t < steps; t += engine.chunk) {
    signal?.throwIfAborted();
    const count = Math.min(engine.chunk, steps - t);
    engine.advance(ports, t, count);
    progress?.(t + count, steps);
  }
  const counts = engine.counts();
  return {
    steps,
    outputs: new Map(collectors.map(({ port, tensor }) => [port.name, tensor])),
    records: new Map(recorders.map((r) => [`${r.population}/${r.signal}`, r.tensor])),
    activity: activityOf(steps, network, counts),
    saturations: new Map([
      ...[...ports].map(([name, events]) => [name, events.clamped] as const),
      ...counts.saturations,
    ]),
    diagnostics: [],
  };
}

const int32Limit = 2 ** 31 - 1;

/** Signals that exist, int32 where the static bounds prove that it holds them. */
function signalWidths(
  network: Network,
): (population: Population, signal: Signal) => "int32" | "float64" | undefined {
  const bounds = accumulatorBounds(network);
  return ({ name, neuron }, signal) => {
    if (neuron.arithmetic === "float32")
      return signal === "i" && neuron.model !== "lif_curr_exp" ? undefined : "float64";
    const hasState = neuron.kind === "lif" || neuron.kind === "cuba";
    if (signal === "v" && !hasState) return undefined;
    if (signal === "vpre" && neuron.kind === "delay") return undefined;
    if (signal === "i" && neuron.kind !== "cuba") return undefined;
    const bound = bounds.get(name);
    return bound !== undefined && bound.widest <= int32Limit ? "int32" : "float64";
  };
}

function outputBound(network: Network, port: OutputPort): number {
  const bounds = accumulatorBounds(network);
  return port.sources.reduce((sum, source) => {
    const input = network.inputs.find(({ name }) => name === source);
    if (input !== undefined) return sum + 2 ** input.bits * input.maxEvents;
    const population = network.populations.find(({ name }) => name === source);
    if (population === undefined) return sum;
    const { neuron } = population;
    if (neuron.spiking) return sum + 1;
    if (neuron.arithmetic === "float32") return Number.POSITIVE_INFINITY;
    return sum + (bounds.get(source)?.range ?? 0);
  }, 0);
}

function activityOf(steps: number, network: Network, counts: EngineCounts): Activity {
  const activity = new Map<string, NodeActivity>();
  const silent = { samples: 1, steps, neurons: 0, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
  for (const { name, shape } of [...network.inputs, ...network.populations])
    activity.set(name, {
      ...silent,
      neurons: sizeOf(shape),
      eventsOut: counts.eventsOut.get(name) ?? 0,
    });
  for (const { name, eventsIn, synapticOps } of counts.projections) {
    const before = activity.get(name) ?? silent;
    activity.set(name, {
      ...before,
      eventsIn: before.eventsIn + eventsIn,
      synapticOps: before.synapticOps + synapticOps,
    });
  }
  return activity;
}
