/** Engines that run a network: the float reference, the golden integer simulator, a back end's simulator. */
import {
  type Activity,
  assertNoErrors,
  type Diagnostic,
  type Events,
  type NirGraph,
  NirkitError,
  type RecordSpec,
  type SpikeInput,
  type Tensor,
  zeros,
} from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";
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
}

/**
 * The float reference simulator.
 *
 * @throws NirkitError where the graph cannot be executed, `E_DT_MISSING` where neither flag nor graph has a time step
 */
export async function floatEngine(graph: NirGraph, dialect: string, dt: number | undefined): Promise<Engine> {
  const { createSimulator } = await import("@nirkit/simulate");
  const simulator = createSimulator(graph, dt === undefined ? { dialect } : { dialect, dt });
  return {
    name: "float",
    dialect,
    dt: simulator.dt,
    diagnostics: simulator.diagnostics,
    run: (input, record) => simulator.run(input, record),
  };
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
  const network = lower(graph);
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
  const network = lower(graph, backend.lowering);
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

/** The sample with silent steps behind it. */
function prolonged(input: SpikeInput, steps: number): SpikeInput {
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
