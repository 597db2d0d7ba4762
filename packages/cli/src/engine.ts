/** Engines that run a network: the float reference, the golden integer simulator, a back end's simulator. */
import {
  type Activity,
  assertNoErrors,
  type Diagnostic,
  type Events,
  type NirGraph,
  NirkitError,
  type NodeActivity,
  type RecordSpec,
  type SpikeInput,
  type Tensor,
  zeros,
} from "@nirkit/graph";
import type { Dialect } from "@nirkit/simulate";
import { cliDiagnostic } from "./diagnostics.ts";
import { extensions } from "./extension-types.ts";
import type { AnyBackend } from "./plugin.ts";

/** What every engine says about one sample. */
export interface EngineTrace {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly records: ReadonlyMap<string, Tensor>;
  readonly activity: Activity;
  /** Clock cycles, from a back end that has a clock. */
  readonly cycles?: number;
  /** Clamped states and inputs by name, from integer engines. */
  readonly saturations?: ReadonlyMap<string, number>;
}

/** One network made ready to run many samples. */
export interface Engine {
  readonly name: string;
  readonly dialect?: string;
  readonly dt: number;
  readonly diagnostics: readonly Diagnostic[];
  run(input: SpikeInput, record?: RecordSpec): EngineTrace;
  /** Samples that run side by side, where there are several threads. */
  readonly batch?: {
    readonly size: number;
    run(inputs: readonly SpikeInput[]): Promise<readonly EngineTrace[]>;
    close(): Promise<void>;
  };
}

/** Samples that each thread gets at a time. */
const samplesPerThread = 8;

/**
 * The float reference simulator.
 *
 * @param workers threads; with more than one, the engine's `batch` has to be closed
 * @throws NirkitError where the graph cannot be executed, `E_DT_MISSING` where neither flag nor graph has a time step
 */
export async function floatEngine(
  graph: NirGraph,
  dialect: string | Dialect,
  dt: number | undefined,
  workers: number = 1,
): Promise<Engine> {
  const { createSimulator } = await import("@nirkit/simulate");
  const simulator = createSimulator(graph, dt === undefined ? { dialect } : { dialect, dt });
  const engine: Engine = {
    name: "float",
    dialect: typeof dialect === "string" ? dialect : dialect.name,
    dt: simulator.dt,
    diagnostics: simulator.diagnostics,
    run: (input, record) => simulator.run(input, record),
  };
  if (workers === 1) return engine;
  const { openSimulatorPool } = await import("@nirkit/simulate/node");
  const pool = openSimulatorPool(simulator, { workers });
  const run = (inputs: readonly SpikeInput[]): Promise<readonly EngineTrace[]> => pool.runBatch(inputs);
  return { ...engine, batch: { size: workers * samplesPerThread, run, close: () => pool.close() } };
}

/**
 * The golden integer simulator.
 *
 * @param file the user's name of the graph, for the command in the hint of `E_NOT_QUANTIZED`
 * @throws NirkitError where the graph is not quantized or cannot be lowered
 */
export async function integerEngine(graph: NirGraph, file: string): Promise<Engine> {
  assertQuantized(graph, file);
  const { createNetworkSimulator, lower } = await import("@nirkit/network");
  const network = lower(graph, { extensions });
  const simulator = createNetworkSimulator(network);
  return {
    name: "integer",
    dt: network.dt,
    diagnostics: network.meta.diagnostics,
    run: (input, record) => simulator.run(input, record === undefined ? {} : { record }),
  };
}

/**
 * The simulator of a back end, fed with what it emitted: compiled, emitted, loaded again.
 *
 * @throws NirkitError where the graph is not quantized or the target refuses it
 */
export async function backendEngine(
  graph: NirGraph,
  file: string,
  backend: AnyBackend,
  options: unknown,
): Promise<Engine> {
  assertQuantized(graph, file);
  const { lower } = await import("@nirkit/network");
  const network = lower(graph, { extensions, ...backend.lowering });
  const diagnostics = assertNoErrors(backend.check(network, options));
  const deployment = backend.load(backend.emit(backend.compile(network, options)));
  // Where every link takes a step, what a sample causes leaves that much later.
  const tail = backend.lowering.links === "one-step" ? network.latency : 0;
  return {
    name: backend.name,
    dt: network.dt,
    diagnostics: [...network.meta.diagnostics, ...diagnostics],
    run: (input, record) =>
      backend.simulate(
        deployment,
        prolonged(input, tail),
        record === undefined ? {} : { record: populationsOf(record) },
      ),
  };
}

/**
 * Refuses a float graph with the command that quantizes it.
 *
 * @throws NirkitError `E_NOT_QUANTIZED`
 */
export function assertQuantized(graph: NirGraph, file: string): void {
  if (isQuantized(graph)) return;
  const out = file.replace(/(\.nir)?(\.json)?$/, ".q8.nir");
  const command = `nirkit quantize ${shellWord(file)} --scheme uniform:8 --dt STEP -o ${shellWord(out)}`;
  throw new NirkitError([cliDiagnostic("E_NOT_QUANTIZED", file, { command })]);
}

/** True when a graph carries integers: the annotation of the whole, or of one weight. */
export function isQuantized(graph: NirGraph): boolean {
  if (graph.metadata.has("nirkit:graph")) return true;
  for (const node of graph.nodes().values()) {
    if (node.metadata?.has("nirkit:quant") === true) return true;
    if (node.type === "NIRGraph" && isQuantized(node.graph)) return true;
  }
  return false;
}

/** Activity of a node over more samples. */
export function plusActivity(sum: NodeActivity | undefined, part: NodeActivity): NodeActivity {
  if (sum === undefined) return part;
  return {
    samples: sum.samples + part.samples,
    steps: sum.steps + part.steps,
    neurons: part.neurons,
    eventsIn: sum.eventsIn + part.eventsIn,
    eventsOut: sum.eventsOut + part.eventsOut,
    synapticOps: sum.synapticOps + part.synapticOps,
  };
}

/** The sample with silent steps behind it. */
export function prolonged(input: SpikeInput, steps: number): SpikeInput {
  if (steps === 0) return input;
  return new Map([...input].map(([name, data]): [string, Tensor | Events] => [name, longer(data, steps)]));
}

function longer(data: Tensor | Events, steps: number): Tensor | Events {
  if ("steps" in data) {
    const start = new Uint32Array(data.start.length + steps).fill(data.start.at(-1) ?? 0);
    start.set(data.start);
    return { ...data, steps: data.steps + steps, start };
  }
  const [length = 0, ...shape] = data.shape;
  const values = zeros(data.dtype, [length + steps, ...shape]);
  // Both arrays are of the dtype's kind, which the compiler does not follow.
  (values.data as Float32Array).set(data.data as Float32Array);
  return values;
}

function populationsOf(record: RecordSpec): {
  populations: RecordSpec["nodes"];
  signals: RecordSpec["signals"];
} {
  return { populations: record.nodes, signals: record.signals };
}

/** A file name as one word of a POSIX shell. */
function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
