/** The reference engine: one step after the other, one event after the other, in TypeScript. */
import { sizeOf } from "@nirkit/graph";
import { accumulatorBounds, type PopulationBounds } from "../bounds.ts";
import { EventHistory } from "../event-history.ts";
import type { FanOut } from "../fan-out.ts";
import { createFloat32Layer } from "../float32-layer.ts";
import { createIntegerLayer } from "../integer-layer.ts";
import type { LayerState } from "../layer-state.ts";
import type { Network, Population, Projection } from "../network.ts";
import type { Engine, EngineCounts, PortEvents } from "./engine.ts";
import type { OutputCollector } from "./output-collector.ts";
import { type Recorder, recordStep } from "./recorder.ts";

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

/** Steps between two looks at progress and abort. */
const chunk = 64;

/** Weights transposed to fan-outs, number formats chosen from the static bounds. */
export class PlainEngine implements Engine {
  readonly chunk: number = chunk;
  readonly #layers: readonly Layer[];
  readonly #histories: ReadonlyMap<string, EventHistory>;
  #recorders: readonly (readonly [Recorder, LayerState])[] = [];
  #collectors: readonly OutputCollector[] = [];
  #saturated = new Map<string, number>();
  /** Step of the sample, and of what `begin` asked for. */
  #now = 0;
  #row = 0;

  constructor(network: Network) {
    const bounds = accumulatorBounds(network);
    this.#layers = network.populations.map((population) => createLayer(network, population, bounds));
    this.#histories = createHistories(network);
  }

  reset(): void {
    this.#now = 0;
    for (const { state } of this.#layers) state.reset();
    for (const history of this.#histories.values()) history.clear();
  }

  begin(recorders: readonly Recorder[], collectors: readonly OutputCollector[]): void {
    this.#row = 0;
    this.#collectors = collectors;
    this.#recorders = recorders.flatMap((recorder) => {
      const layer = this.#layers.find(({ population }) => population.name === recorder.population);
      return layer === undefined ? [] : [[recorder, layer.state] as const];
    });
    this.#saturated = new Map(
      this.#layers.map(({ population, state }) => [population.name, state.saturations]),
    );
    for (const history of this.#histories.values()) history.total = 0;
    for (const { inputs } of this.#layers)
      for (const synapses of inputs) {
        synapses.eventsIn = 0;
        synapses.synapticOps = 0;
      }
  }

  advance(ports: PortEvents, from: number, count: number): void {
    for (let k = 0; k < count; k++) {
      for (const [name, events] of ports) this.#histories.get(name)?.pushEvents(events, from + k);
      for (const layer of this.#layers) {
        for (const synapses of layer.inputs) this.#deliver(synapses, layer.state);
        layer.state.step();
        this.#histories.get(layer.population.name)?.pushValues(layer.state.out);
      }
      for (const [recorder, state] of this.#recorders) {
        const values = state.signal(recorder.signal);
        if (values !== undefined) recordStep(recorder, this.#row, values);
      }
      for (const collector of this.#collectors) this.#collect(collector);
      this.#now++;
      this.#row++;
    }
  }

  counts(): EngineCounts {
    return {
      eventsOut: new Map([...this.#histories].map(([name, history]) => [name, history.total])),
      projections: this.#layers.flatMap(({ inputs }) =>
        inputs.map(({ projection, eventsIn, synapticOps }) => ({
          name: projection.name,
          eventsIn,
          synapticOps,
        })),
      ),
      saturations: new Map(
        this.#layers.map(({ population: { name }, state }) => [
          name,
          state.saturations - (this.#saturated.get(name) ?? 0),
        ]),
      ),
    };
  }

  /** Adds the events that arrive now through one projection. */
  #deliver(synapses: Synapses, state: LayerState): void {
    const { projection, fanOut, factor } = synapses;
    const at = this.#now - projection.delay;
    const history = this.#histories.get(projection.source);
    if (at < 0 || history === undefined) return;
    const { index, value, count } = history.step(at);
    for (let k = 0; k < count; k++) {
      const source = index[k] as number;
      fanOut.add(state.acc, source, (value[k] as number) * factor);
      synapses.synapticOps += fanOut.synapses[source] as number;
    }
    synapses.eventsIn += count;
  }

  #collect(collector: OutputCollector): void {
    for (const source of collector.port.sources) {
      const history = this.#histories.get(source);
      if (history === undefined) continue;
      const { index, value, count } = history.step(this.#now);
      for (let k = 0; k < count; k++) collector.add(this.#row, index[k] as number, value[k] as number);
    }
  }
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

/** Neurons of a port or population. */
export function sourceSize(network: Network, name: string): number {
  const source = [...network.inputs, ...network.populations].find((s) => s.name === name);
  return source === undefined ? 0 : sizeOf(source.shape);
}

/** Longest delay of any projection out of a source. */
export function longestDelay(network: Network, name: string): number {
  const delays = network.projections.filter((p) => p.source === name).map((p) => p.delay);
  return Math.max(0, ...delays);
}

/** One history per source, as long as the longest delay out of it. */
function createHistories(network: Network): Map<string, EventHistory> {
  return new Map(
    [...network.inputs, ...network.populations].map(({ name }) => [
      name,
      new EventHistory(longestDelay(network, name)),
    ]),
  );
}
