/** One core, step by step, in the integers of the hardware: everything is read from the memory images. */
import { leakMul, leakShift, saturate, wrap } from "@nirkit/integer";
import { memoryValues } from "./manifest.ts";
import type { LayerPlan, LeakPlan, MemoryRole } from "./plan-types.ts";

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
  /** Non-zero weights met since {@link clear}: by events of the input, by replayed spikes. */
  readonly synapticOps: [number, number] = [0, 0];
  /** Spikes that the next step replays: those that left. */
  readonly #last: Uint8Array;
  /** Spikes of the last step before any spike delay. */
  readonly #fired: Uint8Array;
  readonly #weights: Float64Array;
  readonly #recurrent: Float64Array | undefined;
  /** Non-zero weights by row, of the input and of the recurrence. */
  readonly #synapses: readonly [Uint32Array, Uint32Array];
  readonly #shifts: readonly [number, number];
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
    this.#weights = memoryValues(plan, "weights") as Float64Array;
    this.#recurrent = memoryValues(plan, "recurrent");
    this.#synapses = [rowSynapses(plan, this.#weights), rowSynapses(plan, this.#recurrent)];
    this.#shifts = [2 ** (plan.projections[0]?.shift ?? 0), 2 ** (plan.projections[1]?.shift ?? 0)];
    this.#leak = leakOf(plan, neuron.leak, "leak");
    this.#synLeak = leakOf(plan, neuron.synLeak, "synLeak");
    const spread = (value: number | null, role: MemoryRole): Float64Array =>
      value === null
        ? (memoryValues(plan, role) as Float64Array).subarray(0, neurons)
        : new Float64Array(neurons).fill(value);
    this.#threshold = spread(neuron.threshold, "theta");
    this.#sub = spread(neuron.sub, "sub");
    this.#vReset = spread(neuron.vReset, "vReset");
    this.#bias = spread(neuron.bias, "bias");
    this.#store =
      neuron.overflow === "wrap"
        ? (value) => wrap(value, widths.state)
        : (value) => saturate(value, neuron.vMin, neuron.vMax);
  }

  /** All state cleared: after reset and after eos. */
  clear(): void {
    for (const state of [this.acc, this.u, this.j, this.x, this.out, this.#last, this.#fired]) state.fill(0);
    this.synapticOps.fill(0);
  }

  /** One event: its row of weights into the accumulators. */
  event(address: number, value: number): void {
    this.#add(this.#weights, address, value * this.#shifts[0]);
    this.synapticOps[0] += this.#synapses[0][address] as number;
  }

  /** The tick: replay, sweep; `out` then holds what leaves. Returns how many spikes were replayed. */
  tick(): number {
    const replayed = this.#replay();
    for (let i = 0; i < this.plan.neurons; i++) this.#update(i);
    if (this.#recurrent !== undefined)
      for (let i = 0; i < this.out.length; i++) this.#last[i] = this.out[i] as number;
    if (!this.plan.holdInput) this.acc.fill(0);
    return replayed;
  }

  #replay(): number {
    const weights = this.#recurrent;
    if (weights === undefined) return 0;
    let spikes = 0;
    for (let source = 0; source < this.#last.length; source++) {
      if (this.#last[source] === 0) continue;
      spikes++;
      this.#add(weights, source, this.#shifts[1]);
      this.synapticOps[1] += this.#synapses[1][source] as number;
    }
    return spikes;
  }

  #add(weights: Float64Array, row: number, value: number): void {
    const { acc } = this;
    const base = row * this.plan.words * this.plan.lanes;
    for (let i = 0; i < acc.length; i++) acc[i] = (acc[i] as number) + (weights[base + i] as number) * value;
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
    const stored = this.#store(y);
    if (neuron.hasState || !neuron.spiking) this.u[i] = stored;
    this.out[i] = !neuron.spiking ? stored : neuron.spikeDelay === 1 ? Number(fired) : Number(spike);
    this.#fired[i] = Number(spike);
  }
}

/** Non-zero weights of every row of an image; lanes past the last neuron do not count. */
function rowSynapses(
  { neurons, words, lanes }: LayerPlan,
  weights: Float64Array = new Float64Array(),
): Uint32Array {
  const perRow = words * lanes;
  return Uint32Array.from({ length: weights.length / perRow }, (_, row) => {
    const start = row * perRow;
    return weights.subarray(start, start + neurons).filter((weight) => weight !== 0).length;
  });
}

function leakOf(plan: LayerPlan, leak: LeakPlan, role: "leak" | "synLeak"): Leak {
  if (leak.form === "none") return (state) => state;
  if (leak.form === "shift") return (state) => leakShift(state, leak.shift);
  const { mul, shift, round } = leak;
  if (mul !== null) return (state) => leakMul(state, mul, shift, round);
  const factors = memoryValues(plan, role) as Float64Array;
  return (state, i) => leakMul(state, factors[i] as number, shift, round);
}
