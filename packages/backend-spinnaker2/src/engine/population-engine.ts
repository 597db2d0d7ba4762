/**
 * Populations and projections step by step, driven by events.
 *
 * A spike of step t reaches its target in step t + 1 + d, d the delay field: it is added at once to the input sums of
 * that step, which stand in a ring. Every link takes at least one step, so the order of populations does not matter.
 */
import {
  createFloat32State,
  type Float32Neuron,
  type Float32State,
  float32SumLength,
  resetFloat32State,
  stepFloat32,
} from "@nirkit/network";
import type { FanOut } from "./fan-out.ts";
import { KernelArena } from "./kernel-arena.ts";

/** Neurons with dynamics, or (without `neuron`) sources whose spikes are given. */
export interface EnginePopulation {
  readonly name: string;
  readonly size: number;
  readonly neuron?: Float32Neuron;
}

/** A projection between two populations, by index. */
export interface EngineLink {
  readonly pre: number;
  readonly post: number;
  readonly fanOut: FanOut;
}

/** Spikes by step: neurons `index[start[t] … start[t + 1] − 1]`, ascending. */
export interface SpikeTrain {
  readonly start: Uint32Array;
  readonly index: Uint32Array;
}

/** The input sum of largest magnitude that one population saw. */
export interface LargestSum {
  readonly value: number;
  readonly step: number;
  readonly neuron: number;
}

/** Result of one run, by population in their order. */
export interface EngineTrace {
  readonly steps: number;
  readonly spikes: readonly SpikeTrain[];
  readonly largestSum: readonly LargestSum[];
  /** Events that entered each link, and the synapses they met. */
  readonly linkEvents: Float64Array;
  readonly linkOps: Float64Array;
  /** `[T, size]` membranes after the reset, before the spike test, and currents Ie − Ii, where asked for. */
  readonly membranes: ReadonlyMap<string, Float32Array | Float64Array>;
}

/** A state to record: of every step, one entry per neuron. */
export type EngineSignal = "v" | "vpre" | "i";

interface Body {
  readonly state: Float32State;
  readonly sums: Int32Array;
  readonly width: number;
  /** Rows of the ring. */
  readonly rows: number;
  readonly rowStarts: Int32Array;
  largest: { value: number; step: number; neuron: number };
}

/** Runs samples from the start state through one set of populations. */
export class PopulationEngine {
  readonly #populations: readonly EnginePopulation[];
  readonly #links: readonly EngineLink[];
  readonly #bodies: readonly (Body | undefined)[];
  readonly #arena: KernelArena | undefined;

  constructor(populations: readonly EnginePopulation[], links: readonly EngineLink[]) {
    this.#populations = populations;
    this.#links = links;
    const rings = populations.map(({ neuron, size }, p) => {
      const longest = links.reduce((d, l) => (l.post === p ? Math.max(d, l.fanOut.longestDelay) : d), 0);
      return { rows: longest + 1, width: neuron === undefined ? 0 : float32SumLength(neuron, size) };
    });
    const rows = links.map(({ fanOut }) => fanOut.dense);
    this.#arena = rows.every((dense) => dense === undefined)
      ? undefined
      : new KernelArena({
          sums: rings.map((ring) => ring.rows * ring.width),
          rows,
          events: populations.reduce((most, { size }) => Math.max(most, size), 0),
        });
    this.#bodies = populations.map((population, p) => {
      const ring = rings[p] as Ring;
      return createBody(population, ring, this.#arena?.sums[p] ?? new Int32Array(ring.rows * ring.width));
    });
  }

  /** @param sources spikes of populations without neurons, by index */
  run(
    sources: ReadonlyMap<number, SpikeTrain>,
    steps: number,
    record: readonly { readonly population: number; readonly signal: EngineSignal }[] = [],
  ): EngineTrace {
    this.#reset();
    const trains = this.#populations.map((_, p) => sources.get(p) ?? new SpikeRecord(steps));
    const recorders = record.flatMap(({ population, signal }) => {
      const body = this.#bodies[population];
      return body === undefined
        ? []
        : [new StateRecorder(this.#populations[population]?.name ?? "", signal, body.state, steps)];
    });
    const linkEvents = new Float64Array(this.#links.length);
    const linkOps = new Float64Array(this.#links.length);
    for (let t = 0; t < steps; t++) {
      for (const [p, body] of this.#bodies.entries())
        if (body !== undefined) stepBody(body, t, trains[p] as SpikeRecord);
      for (const recorder of recorders) recorder.record(t);
      this.#deliver(trains, t, linkEvents, linkOps);
    }
    return {
      steps,
      spikes: trains.map((train) => (train instanceof SpikeRecord ? train.train() : train)),
      largestSum: this.#bodies.map((body) => body?.largest ?? { value: 0, step: 0, neuron: 0 }),
      linkEvents,
      linkOps,
      membranes: new Map(recorders.map(({ name, values }) => [name, values])),
    };
  }

  #reset(): void {
    for (const body of this.#bodies) {
      if (body === undefined) continue;
      resetFloat32State(body.state);
      body.sums.fill(0);
      body.largest = { value: 0, step: 0, neuron: 0 };
    }
  }

  #deliver(
    trains: readonly (SpikeTrain | SpikeRecord)[],
    t: number,
    linkEvents: Float64Array,
    linkOps: Float64Array,
  ): void {
    for (let l = 0; l < this.#links.length; l++) {
      const { pre, post, fanOut } = this.#links[l] as EngineLink;
      const body = this.#bodies[post];
      const train = trains[pre] as SpikeTrain;
      const from = train.start[t] as number;
      const to = train.start[t + 1] as number;
      if (body === undefined || from === to) continue;
      if (fanOut.dense === undefined || this.#arena === undefined)
        fanOut.deliver(body.sums, body.rowStarts, train.index, from, to);
      else
        this.#arena.add(l, post, body.width, body.rowStarts[fanOut.longestDelay] as number, {
          sources: train.index,
          from,
          to,
        });
      let ops = 0;
      for (let k = from; k < to; k++) ops += fanOut.synapses[train.index[k] as number] as number;
      linkEvents[l] = (linkEvents[l] as number) + to - from;
      linkOps[l] = (linkOps[l] as number) + ops;
    }
  }
}

/** Rows of the ring of input sums, one per coming step, and entries of a row. */
interface Ring {
  readonly rows: number;
  readonly width: number;
}

function createBody(
  { neuron, size }: EnginePopulation,
  { rows, width }: Ring,
  sums: Int32Array,
): Body | undefined {
  if (neuron === undefined) return undefined;
  return {
    state: createFloat32State(neuron, size),
    sums,
    width,
    rows,
    rowStarts: new Int32Array(rows),
    largest: { value: 0, step: 0, neuron: 0 },
  };
}

/** One step of one population; afterwards `rowStarts` points to the steps that follow. */
function stepBody(body: Body, t: number, record: SpikeRecord): void {
  const { state, sums, width, rows, rowStarts } = body;
  const at = (t % rows) * width;
  noteLargest(body, t, at);
  stepFloat32(state, sums, at);
  record.push(t, state.fired, state.count);
  for (let d = 0; d < rows; d++) rowStarts[d] = ((t + 1 + d) % rows) * width;
}

function noteLargest({ sums, width, state, largest }: Body, t: number, at: number): void {
  let most = Math.abs(largest.value);
  for (let k = 0; k < width; k++) {
    const sum = sums[at + k] as number;
    if (sum <= most && -sum <= most) continue;
    most = Math.abs(sum);
    largest.value = sum;
    largest.step = t;
    largest.neuron = k % state.size;
  }
}

/** Spikes of one population as they come. */
class SpikeRecord {
  readonly start: Uint32Array;
  index: Uint32Array = new Uint32Array(256);

  constructor(steps: number) {
    this.start = new Uint32Array(steps + 1);
  }

  push(t: number, fired: Uint32Array, count: number): void {
    const from = this.start[t] as number;
    const to = from + count;
    if (to > this.index.length) {
      const grown = new Uint32Array(Math.max(to, 2 * this.index.length));
      grown.set(this.index);
      this.index = grown;
    }
    for (let k = 0; k < count; k++) this.index[from + k] = fired[k] as number;
    this.start[t + 1] = to;
  }

  train(): SpikeTrain {
    return { start: this.start, index: this.index.slice(0, this.start.at(-1) as number) };
  }
}

class StateRecorder {
  readonly name: string;
  readonly values: Float32Array | Float64Array;
  readonly #state: Float32State;
  readonly #signal: EngineSignal;

  constructor(population: string, signal: EngineSignal, state: Float32State, steps: number) {
    this.name = `${population}/${signal}`;
    this.#state = state;
    this.#signal = signal;
    const length = steps * state.size;
    this.values = state.neuron.fp === "float64" ? new Float64Array(length) : new Float32Array(length);
  }

  record(t: number): void {
    const { size, v, vpre, exciting, inhibiting } = this.#state;
    const at = t * size;
    if (this.#signal === "v") this.values.set(v, at);
    else if (this.#signal === "vpre") this.values.set(vpre, at);
    else
      for (let i = 0; i < exciting.length; i++)
        this.values[at + i] = (exciting[i] as number) - (inhibiting[i] as number);
  }
}
