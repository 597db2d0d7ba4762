/** One core, step by step, in the integers of the hardware: everything is read from the memory images. */
import { leakMul, leakShift, saturate, wrap } from "@nirkit/integer";
import { eventWords, pooledAddresses, sweepOrder } from "./event-addresses.ts";
import { type LayerArc, layerArcs } from "./layer-arc.ts";
import { memoryValues } from "./manifest.ts";
import type { LayerPlan, LeakPlan, MemoryRole } from "./plan-types.ts";
import { createSpread, type Spread } from "./spread.ts";

type Leak = (state: number, neuron: number) => number;

/** The running state of one layer. */
export class LayerSimulator {
  readonly plan: LayerPlan;
  /** Accumulators: sums of the step, before it is taken modulo 2^AB. */
  readonly acc: Float64Array;
  /** U after the step. */
  readonly u: Float64Array;
  /** J after the step. */
  readonly j: Float64Array;
  /** x of the step. */
  readonly x: Float64Array;
  /** What leaves: spikes, or states of a readout. */
  readonly out: Float64Array;
  /** Non-zero weights met since {@link clear}: by replayed spikes, by events of every arc. */
  replayedOps = 0;
  readonly synapticOps: Float64Array;
  /** States clamped since {@link clear}. */
  saturations = 0;
  /** Spikes that the next step replays: those that left. */
  readonly #last: Uint8Array;
  /** Spikes of the last step before any spike delay. */
  readonly #fired: Uint8Array;
  /** Row-major neuron of every lane of every word, in the order in which they leave; −1 without one. */
  readonly order: Int32Array;
  readonly #arcs: readonly Arc[];
  readonly #replay: Spread | undefined;
  /** Sums of past steps, and how many steps ago each neuron hands them on. */
  readonly #past: Float64Array[] = [];
  readonly #delays: Float64Array | undefined;
  readonly #leak: Leak;
  readonly #synLeak: Leak;
  readonly #threshold: Float64Array;
  readonly #sub: Float64Array;
  readonly #vReset: Float64Array;
  readonly #bias: Float64Array;
  readonly #store: (value: number) => number;

  constructor(plan: LayerPlan) {
    const { neurons, neuron, widths } = plan;
    this.plan = plan;
    this.acc = new Float64Array(neurons);
    this.u = new Float64Array(neurons);
    this.j = new Float64Array(neurons);
    this.x = new Float64Array(neurons);
    this.out = new Float64Array(neurons);
    this.#last = new Uint8Array(neurons);
    this.#fired = new Uint8Array(neurons);
    this.order = sweepOrder(plan);
    this.#arcs = layerArcs(plan).map((arc, k) => createArc(plan, arc, k));
    this.synapticOps = new Float64Array(this.#arcs.length);
    if (plan.projections.length > 1) this.#replay = createSpread(plan, "recurrent");
    if (plan.memories.some(({ role }) => role === "delay"))
      this.#delays = neuronValues(plan, this.order, "delay");
    this.#leak = leakOf(neuron.leak, () => neuronValues(plan, this.order, "leak"));
    this.#synLeak = leakOf(neuron.synLeak, () => neuronValues(plan, this.order, "synLeak"));
    const spread = (value: number | null, role: MemoryRole): Float64Array =>
      value === null ? neuronValues(plan, this.order, role) : new Float64Array(neurons).fill(value);
    this.#threshold = spread(neuron.threshold, "theta");
    this.#sub = spread(neuron.sub, "sub");
    this.#vReset = spread(neuron.vReset, "vReset");
    this.#bias = spread(neuron.bias, "bias");
    this.#store =
      neuron.overflow === "wrap"
        ? (value) => wrap(value, widths.state)
        : (value) => {
            const stored = saturate(value, neuron.vMin, neuron.vMax);
            if (stored !== value) this.saturations++;
            return onGrid(stored, neuron);
          };
  }

  /** All state cleared: after reset and after eos. */
  clear(): void {
    for (const state of [this.acc, this.u, this.j, this.x, this.out, this.#last, this.#fired]) state.fill(0);
    this.synapticOps.fill(0);
    this.replayedOps = 0;
    this.saturations = 0;
    this.#past.length = 0;
  }

  /** One event at a row-major index in front of an arc: what it meets, into the accumulators. */
  event(index: number, value: number, from = 0): void {
    const arc = this.#arcs[from] as Arc;
    const address = addressOf(arc, index);
    if (address < 0) return;
    this.synapticOps[from] = (this.synapticOps[from] as number) + (arc.spread.synapses[address] as number);
    arc.spread.add(this.acc, address, value);
  }

  /** Weight words that such an event reads; −1 where it is dropped in front of the core. */
  eventWords(index: number, from = 0): number {
    const arc = this.#arcs[from] as Arc;
    const address = addressOf(arc, index);
    return address < 0 ? -1 : (arc.words[address] as number);
  }

  /** The tick: replay, sweep; `out` then holds what leaves. Returns how many spikes were replayed. */
  tick(): number {
    const replayed = this.#replayed();
    if (this.#delays !== undefined) this.#delay(this.#delays);
    for (let i = 0; i < this.plan.neurons; i++) this.#update(i);
    if (this.#replay !== undefined)
      for (let i = 0; i < this.out.length; i++) this.#last[i] = this.out[i] as number;
    if (!this.plan.holdInput) this.acc.fill(0);
    return replayed;
  }

  #replayed(): number {
    const replay = this.#replay;
    if (replay === undefined) return 0;
    let spikes = 0;
    for (let source = 0; source < this.#last.length; source++) {
      if (this.#last[source] === 0) continue;
      spikes++;
      replay.add(this.acc, source, 1);
      this.replayedOps += replay.synapses[source] as number;
    }
    return spikes;
  }

  /** In place of the sums of this step those that each neuron is to hand on. */
  #delay(delays: Float64Array): void {
    this.#past.push(this.acc.slice());
    if (this.#past.length > 1 + delays.reduce((a, b) => Math.max(a, b), 0)) this.#past.shift();
    const now = this.#past.length - 1;
    delays.forEach((steps, i) => {
      this.acc[i] = this.#past[now - steps]?.[i] ?? 0;
    });
  }

  #update(i: number): void {
    const { neuron, widths, kind } = this.plan;
    const drive = wrap(this.acc[i] as number, widths.acc) * 2 ** widths.frac + (this.#bias[i] as number);
    const fired = this.#fired[i] === 1;
    const isLate = neuron.resetDelay === 1;
    let x = drive;
    if (neuron.hasState) {
      const start = isLate && fired && neuron.reset === "value" ? this.#vReset[i] : this.u[i];
      const old = this.j[i] as number;
      if (kind === "cuba") this.j[i] = this.#store(this.#synLeak(old, i) + drive);
      const input = kind === "lif" ? drive : neuron.cubaOrder === "new" ? (this.j[i] as number) : old;
      x = this.#leak(start as number, i) + input;
      if (isLate && fired && neuron.reset === "subtract") x -= this.#sub[i] as number;
    }
    this.x[i] = x;
    const spike = neuron.spiking && x >= (this.#threshold[i] as number);
    let y = x;
    if (spike && !isLate) {
      if (neuron.reset === "value") y = this.#vReset[i] as number;
      if (neuron.reset === "subtract") y = x - (this.#sub[i] as number);
    }
    if (neuron.hasState || !neuron.spiking) this.u[i] = this.#store(y);
    this.out[i] = !neuron.spiking
      ? (this.u[i] as number)
      : neuron.spikeDelay === 1
        ? Number(fired)
        : Number(spike);
    this.#fired[i] = Number(spike);
  }
}

/** The nearest multiple of the step, the lower of two. */
function onGrid(state: number, { stateStep: step, vMin }: LayerPlan["neuron"]): number {
  return step === 1 ? state : vMin + Math.floor((state - vMin + Math.floor((step - 1) / 2)) / step) * step;
}

/** What events of one source do. */
interface Arc {
  readonly spread: Spread;
  /** By address in front of the window sum: the projection's, or −1. */
  readonly entry: Int32Array | undefined;
  readonly words: Uint32Array;
}

function createArc(plan: LayerPlan, { pool }: LayerArc, k: number): Arc {
  return { spread: createSpread(plan, k), entry: pooledAddresses(pool), words: eventWords(plan, k) };
}

function addressOf({ entry }: Arc, index: number): number {
  return entry === undefined ? index : (entry[index] as number);
}

/** Values of a parameter memory by neuron. */
function neuronValues(plan: LayerPlan, order: Int32Array, role: MemoryRole): Float64Array {
  const stored = memoryValues(plan, role) as Float64Array;
  const values = new Float64Array(plan.neurons);
  // Words of the channels repeat at every position.
  order.forEach((neuron, place) => {
    if (neuron >= 0) values[neuron] = stored[place % stored.length] as number;
  });
  return values;
}

function leakOf(leak: LeakPlan, factorsOf: () => Float64Array): Leak {
  if (leak.form === "none") return (state) => state;
  if (leak.form === "shift") return (state) => leakShift(state, leak.shift);
  const { mul, shift, round } = leak;
  if (mul !== null) return (state) => leakMul(state, mul, shift, round);
  const factors = factorsOf();
  return (state, i) => leakMul(state, factors[i] as number, shift, round);
}
