/** What is kept of a simulated sample: beats, signals, activity. */
import type { NodeActivity, Shape, Signal, Tensor } from "@nirkit/graph";
import { BeatList } from "./beats.ts";
import type { LayerSimulator } from "./layer-simulator.ts";
import { packAddress } from "./map-address.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";
import { portSize } from "./port.ts";

/** Called after a layer's tick and after the whole step. */
export interface Observer {
  layer(l: number, t: number, eventsIn: number, replayed: number): void;
  /** @param addresses row-major indices of the events that came in at the door */
  step(addresses: readonly number[], isLast: boolean): void;
}

/** Beats and values that leave. */
export class ExitRecorder implements Observer {
  readonly beats: BeatList = new BeatList();
  readonly tensor: Tensor;
  readonly #last: LayerSimulator;
  #step = 0;

  constructor(plan: FpgaPlan, layers: readonly LayerSimulator[], steps: number) {
    this.#last = layers.at(-1) as LayerSimulator;
    this.tensor = integerTensor([steps, ...plan.output.shape], this.#last.plan.widths.output > 32);
  }

  layer(): void {}

  step(_addresses: readonly number[], isLast: boolean): void {
    const { out, plan, order } = this.#last;
    const map = plan.conv?.outShape ?? null;
    (this.tensor.data as Int32Array | Float64Array).set(out, this.#step * out.length);
    for (const neuron of order) {
      const value = out[neuron];
      if (value !== undefined && (!plan.neuron.spiking || value !== 0))
        this.beats.event(packAddress(map, neuron), value);
    }
    this.beats.tick(isLast);
    this.#step++;
  }
}

/** Which signals of which populations to keep. */
export interface SignalRequest {
  readonly populations: "all" | readonly string[];
  readonly signals: readonly Signal[];
}

/** One signal of one layer, every step. */
export class SignalRecorder implements Observer {
  readonly name: string;
  readonly tensor: Tensor;
  readonly #source: Float64Array;
  readonly #layer: number;

  constructor(layer: LayerPlan, index: number, signal: Signal, source: Float64Array, steps: number) {
    this.name = `${layer.path}/${signal}`;
    this.tensor = integerTensor([steps, ...layer.shape], layer.widths.work > 32);
    this.#source = source;
    this.#layer = index;
  }

  layer(l: number, t: number): void {
    if (l === this.#layer)
      (this.tensor.data as Int32Array | Float64Array).set(this.#source, t * this.#source.length);
  }

  step(): void {}
}

/** One recorder per wanted signal that the layer has. */
export function signalRecorders(
  layers: readonly LayerSimulator[],
  record: SignalRequest | undefined,
  steps: number,
): SignalRecorder[] {
  if (record === undefined) return [];
  return layers.flatMap((layer, l) => {
    if (record.populations !== "all" && !record.populations.includes(layer.plan.path)) return [];
    return record.signals.flatMap((signal) => {
      const source = signalOf(layer, signal);
      return source === undefined ? [] : [new SignalRecorder(layer.plan, l, signal, source, steps)];
    });
  });
}

function signalOf(layer: LayerSimulator, signal: Signal): Float64Array | undefined {
  switch (signal) {
    case "out":
      return layer.out;
    case "v":
      return layer.plan.neuron.hasState ? layer.u : undefined;
    case "vpre":
      return layer.x;
    case "i":
      return layer.plan.kind === "cuba" ? layer.j : undefined;
    default:
      return signal satisfies never;
  }
}

/** A tensor of zeros for integers, 64 bits wide where 32 do not hold them. */
export function integerTensor(shape: Shape, isWide: boolean): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return isWide
    ? { dtype: "float64", shape, data: new Float64Array(size) }
    : { dtype: "int32", shape, data: new Int32Array(size) };
}

/** Counts events by population, input port and projection. */
export class ActivityCounter implements Observer {
  readonly #plan: FpgaPlan;
  readonly #layers: readonly LayerSimulator[];
  readonly #steps: number;
  readonly #out: Float64Array;
  readonly #in: Float64Array;
  readonly #replayed: Float64Array;
  #atDoor = 0;

  constructor(plan: FpgaPlan, layers: readonly LayerSimulator[], steps: number) {
    this.#plan = plan;
    this.#layers = layers;
    this.#steps = steps;
    this.#out = new Float64Array(layers.length);
    this.#in = new Float64Array(layers.length);
    this.#replayed = new Float64Array(layers.length);
  }

  layer(l: number, _t: number, eventsIn: number, replayed: number): void {
    add(this.#in, l, eventsIn);
    add(this.#replayed, l, replayed);
    for (const value of (this.#layers[l] as LayerSimulator).out) if (value !== 0) add(this.#out, l, 1);
  }

  step(addresses: readonly number[]): void {
    this.#atDoor += addresses.length;
  }

  activity(): ReadonlyMap<string, NodeActivity> {
    const base = { samples: 1, steps: this.#steps, neurons: 0, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
    const entries: [string, NodeActivity][] = [
      [this.#plan.input.name, { ...base, neurons: portSize(this.#plan.input), eventsOut: this.#atDoor }],
    ];
    this.#plan.layers.forEach((layer, l) => {
      entries.push([layer.path, { ...base, neurons: layer.neurons, eventsOut: this.#out[l] as number }]);
      for (const { path, role } of layer.projections) {
        const isReplay = role === "recurrent";
        const eventsIn = (isReplay ? this.#replayed : this.#in)[l] as number;
        const simulator = this.#layers[l] as LayerSimulator;
        const synapticOps = isReplay ? simulator.replayedOps : (simulator.synapticOps[0] as number);
        entries.push([path, { ...base, eventsIn, synapticOps }]);
      }
    });
    return new Map(entries);
  }
}

function add(counts: Float64Array, at: number, value: number): void {
  counts[at] = (counts[at] as number) + value;
}
