/** Classification of labelled samples: accuracy, confusion, activity. */
import {
  type Activity,
  type NirGraph,
  NirkitError,
  type NodeActivity,
  type Sample,
  sizeOf,
  type Tensor,
} from "@nirkit/graph";
import { argmax, lastMembrane, maxMembrane, spikeCount } from "@nirkit/simulate";
import { cliDiagnostic } from "./diagnostics.ts";
import { type Engine, type EngineTrace, plusActivity } from "./engine.ts";
import type { Readout } from "./trained-dialect.ts";

/** One node over all samples. */
interface LayerActivity extends NodeActivity {
  readonly name: string;
  /** Events per neuron and step, 0 to 1: of spiking nodes and Inputs. */
  readonly rate?: number;
}

/** What an engine made of labelled samples. */
export interface Evaluation {
  readonly engine: string;
  readonly dialect?: string;
  readonly dt: number;
  readonly samples: number;
  readonly correct: number;
  readonly accuracy: number;
  /** `confusion[label][predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Synaptic operations of all samples. */
  readonly synops: number;
  readonly synopsPerSample: number;
  /** Share of steps of spiking neurons without a spike. */
  readonly sparsity: number;
  readonly layers: readonly LayerActivity[];
  /** Output sums over time, `counts[sample][class]`. */
  readonly counts: readonly (readonly number[])[];
  readonly predictions: readonly number[];
  /** Clock cycles of all samples, from an engine with a clock. */
  readonly cycles?: number;
  readonly saturations?: Readonly<Record<string, number>>;
}

/**
 * Runs every sample and decodes it: class = argmax of the output summed over time (or its largest or last value, where
 * the network was trained on that), the lowest index on a tie.
 *
 * @param samples each with a label; taken as they are needed
 * @param read Output node whose entries are the classes, and how
 */
export async function evaluateSamples(
  engine: Engine,
  graph: NirGraph,
  samples: AsyncIterable<Sample> | Iterable<Sample>,
  { output, readout = "sum" }: { readonly output: string; readonly readout?: Readout },
  progress: (done: number) => void = () => {},
): Promise<Evaluation> {
  const tally = new Tally(graph);
  const read = { sum: spikeCount, max: maxMembrane, last: lastMembrane }[readout];
  const saturations = new Map<string, number>();
  let cycles: number | undefined;
  for await (const [sample, trace] of tracesOf(engine, samples)) {
    tally.add(trace.activity, read(trace.outputs.get(output) as Tensor), sample.label ?? 0);
    for (const [name, count] of trace.saturations ?? [])
      saturations.set(name, (saturations.get(name) ?? 0) + count);
    if (trace.cycles !== undefined) cycles = (cycles ?? 0) + trace.cycles;
    progress(tally.predictions.length);
  }
  return {
    engine: engine.name,
    ...(engine.dialect === undefined ? {} : { dialect: engine.dialect }),
    dt: engine.dt,
    ...tally.result(),
    ...(cycles === undefined ? {} : { cycles }),
    ...(saturations.size === 0 ? {} : { saturations: Object.fromEntries(saturations) }),
  };
}

/** Each sample with its trace, in order; several at a time where the engine has threads. */
async function* tracesOf(
  engine: Engine,
  samples: AsyncIterable<Sample> | Iterable<Sample>,
): AsyncGenerator<readonly [Sample, EngineTrace]> {
  const { batch } = engine;
  if (batch === undefined) {
    for await (const sample of samples) yield [sample, engine.run(sample.input)];
    return;
  }
  let waiting: Sample[] = [];
  const flush = async (): Promise<readonly (readonly [Sample, EngineTrace])[]> => {
    const taken = waiting;
    waiting = [];
    const traces = await batch.run(taken.map(({ input }) => input));
    return taken.map((sample, k) => [sample, traces[k] as EngineTrace]);
  };
  for await (const sample of samples) {
    waiting.push(sample);
    if (waiting.length === batch.size) yield* await flush();
  }
  if (waiting.length > 0) yield* await flush();
}

/**
 * The Output node that a class is read from: the one that is named, or the only one.
 *
 * @throws NirkitError `E_OUTPUTS` when there are several and none is named, `E_UNKNOWN_OUTPUT`
 */
export function outputOf(
  graph: NirGraph,
  asked: string | undefined,
): { readonly name: string; readonly classes: number } {
  const names = [...graph.nodes()].filter(([, node]) => node.type === "Output").map(([name]) => name);
  const name = asked ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) throw new NirkitError([cliDiagnostic("E_OUTPUTS", "--output", { names })]);
  if (!names.includes(name))
    throw new NirkitError([cliDiagnostic("E_UNKNOWN_OUTPUT", "--output", { name, names })]);
  return { name, classes: sizeOf(graph.types().inputShape(name) ?? []) };
}

class Tally {
  readonly counts: number[][] = [];
  readonly predictions: number[] = [];
  readonly #labels: number[] = [];
  readonly #activity = new Map<string, NodeActivity>();
  readonly #spiking: ReadonlySet<string>;
  readonly #inputs: ReadonlySet<string>;

  constructor(graph: NirGraph) {
    const nodes = [...graph.flatten().nodes()];
    const named = (...types: readonly string[]): ReadonlySet<string> =>
      new Set(nodes.filter(([, node]) => types.includes(node.type)).map(([name]) => name));
    this.#spiking = named("IF", "LIF", "CubaLIF", "Threshold");
    this.#inputs = named("Input");
  }

  add(activity: Activity, sums: ArrayLike<number>, label: number): void {
    this.counts.push(Array.from(sums));
    this.predictions.push(argmax(sums));
    this.#labels.push(label);
    for (const [name, part] of activity)
      this.#activity.set(name, plusActivity(this.#activity.get(name), part));
  }

  result(): Omit<Evaluation, "engine" | "dialect" | "dt"> {
    const samples = this.predictions.length;
    const classes = this.counts[0]?.length ?? 0;
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    let correct = 0;
    for (const [k, predicted] of this.predictions.entries()) {
      const label = this.#labels[k] ?? 0;
      if (label === predicted) correct++;
      const row = confusion[label];
      if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
    }
    const layers = [...this.#activity].map(([name, part]) => {
      const places = part.neurons * part.steps;
      const rated = places > 0 && (this.#spiking.has(name) || this.#inputs.has(name));
      return rated ? { name, ...part, rate: part.eventsOut / places } : { name, ...part };
    });
    const synops = layers.reduce((sum, layer) => sum + layer.synapticOps, 0);
    const spiking = layers.filter((layer) => this.#spiking.has(layer.name));
    const spikes = spiking.reduce((sum, layer) => sum + layer.eventsOut, 0);
    const places = spiking.reduce((sum, layer) => sum + layer.neurons * layer.steps, 0);
    return {
      samples,
      correct,
      accuracy: samples === 0 ? 0 : correct / samples,
      confusion,
      synops,
      synopsPerSample: samples === 0 ? 0 : synops / samples,
      sparsity: places === 0 ? 1 : 1 - spikes / places,
      layers,
      counts: this.counts,
      predictions: this.predictions,
    };
  }
}
