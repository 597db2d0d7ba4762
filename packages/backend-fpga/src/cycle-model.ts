/**
 * Clock cycles of the emitted design, beat by beat, exactly as the cores spend them.
 *
 * A core takes an event every K cycles (with sparse rows, as many as words of its row are stored, at least 1), a convolution as many as the kernel positions that the event reaches take words,
 * at least 1; one outside the windows of a pool is taken at once. A tick costs, for a recurrent core, K + R·K cycles of replay and then one sweep:
 * word k reaches the serialiser, which sends one beat per cycle and holds a word of s spikes max(1, s) cycles. Alone, fed
 * without gaps and never stalled, one step takes
 *
 *     C = E·K + K + sum_k max(0, s_k − 1) + 3 + [s_last > 0]        (+ K + R·K for a recurrent core)
 *
 * from the acceptance of its first beat to that of its tick at the exit, both counted. In a chain a beat leaves when the
 * next core, or the buffer before it, takes it; each call below returns that cycle, so the whole chain is exact.
 */
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";

/** Takes a beat offered from cycle `at` on; returns the cycle in which it is accepted. */
interface Sink {
  event(at: number, index: number): number;
  tick(at: number, isLast: boolean): number;
}

/** What a layer does in one step, from the step simulator. */
export interface StepWork {
  /** Spikes replayed before the sweep. */
  readonly replayed: number;
  /** Beats per word of the sweep. */
  readonly perWord: ArrayLike<number>;
  /** Row-major neuron of every beat, in order. */
  readonly beats: ArrayLike<number>;
}

/** A layer as the clock sees it. */
export interface LayerWork {
  /** Weight words of an event at an index in front of the layer, one per cycle; −1 where it is dropped. */
  eventWords(index: number): number;
  /** What it does at its next tick; called once per step, in order. */
  step(): StepWork;
}

/** Cycles that one layer spent. */
export interface LayerCycles {
  /** Accepting, replaying or sweeping. */
  busy: number;
  /** Holding a beat that the next stage did not take. */
  stalled: number;
  /** Events taken. */
  events: number;
  /** Words of weights that are read for events, of replayed spikes, and of neurons that are updated. */
  eventWords: number;
  replayWords: number;
  sweptWords: number;
}

/** When the environment takes and offers beats; the default is always. */
export interface Pressure {
  /** First cycle >= `at` in which the sink takes a beat. */
  readonly ready?: (at: number) => number;
  /** First cycle >= `at` in which the source offers a beat. */
  readonly valid?: (at: number) => number;
}

/** A clocked chain of layers; cycle 0 is the first in which all layers are idle. */
export class CycleModel {
  readonly layers: readonly LayerCycles[];
  /** Cycle of the first beat accepted at the door. */
  first = -1;
  /** Cycle of the last beat that left. */
  last = -1;
  /** Beats that left. */
  beats = 0;
  readonly #head: Sink;
  readonly #valid: (at: number) => number;
  #at = 0;

  constructor(plan: FpgaPlan, work: readonly LayerWork[], pressure: Pressure = {}) {
    const ready = pressure.ready ?? ((at: number) => at);
    this.#valid = pressure.valid ?? ((at: number) => at);
    const exit = (at: number): number => {
      this.last = ready(at);
      this.beats++;
      return this.last;
    };
    let sink: Sink = { event: exit, tick: exit };
    const layers: LayerCycles[] = [];
    for (let l = plan.layers.length - 1; l >= 0; l--) {
      const core = new CoreClock(plan.layers[l] as LayerPlan, work[l] as LayerWork, sink);
      layers.unshift(core.cycles);
      sink = l > 0 && plan.options.fifoDepth > 0 ? new FifoClock(plan.options.fifoDepth, core) : core;
    }
    this.#head = sink;
    this.layers = layers;
  }

  /** One event at the door. */
  event(index: number): void {
    this.#accepted(this.#head.event(this.#valid(this.#at), index));
  }

  /** The end of a step at the door; everything it causes downstream is worked out. */
  tick(isLast: boolean): void {
    this.#accepted(this.#head.tick(this.#valid(this.#at), isLast));
  }

  /** Cycles from the first beat in to the last beat out, both counted. */
  get total(): number {
    return this.last - this.first + 1;
  }

  #accepted(at: number): void {
    if (this.first < 0) this.first = at;
    this.#at = at + 1;
  }
}

class CoreClock implements Sink {
  readonly cycles: LayerCycles = {
    busy: 0,
    stalled: 0,
    events: 0,
    eventWords: 0,
    replayWords: 0,
    sweptWords: 0,
  };
  readonly #words: number;
  readonly #isRecurrent: boolean;
  readonly #work: LayerWork;
  readonly #next: Sink;
  /** First cycle in which a beat can be accepted. */
  #free = 0;

  constructor(layer: LayerPlan, work: LayerWork, next: Sink) {
    this.#words = layer.words;
    this.#isRecurrent = layer.projections.length > 1;
    this.#work = work;
    this.#next = next;
  }

  event(at: number, index: number): number {
    const words = this.#work.eventWords(index);
    if (words < 0) return at;
    const cycles = Math.max(1, words);
    const accepted = Math.max(at, this.#free);
    this.#free = accepted + cycles;
    this.cycles.busy += cycles;
    this.cycles.events++;
    this.cycles.eventWords += words;
    return accepted;
  }

  tick(at: number, isLast: boolean): number {
    const accepted = Math.max(at, this.#free);
    const done = this.#sweep(accepted, isLast);
    this.#free = done + 1 + (isLast ? this.#words : 0);
    this.cycles.busy += this.#free - accepted;
    return accepted;
  }

  #sweep(accepted: number, isLast: boolean): number {
    const words = this.#words;
    const { replayed, perWord, beats } = this.#work.step();
    this.cycles.replayWords += replayed * words;
    this.cycles.sweptWords += words;
    // Word k is issued, is updated one cycle later, and enters the serialiser when that is free.
    let issued = accepted + 1 + (this.#isRecurrent ? words + replayed * words : 0);
    let free = 0;
    let shown = 0;
    let sent = 0;
    for (let k = 0; k < words; k++) {
      const taken = Math.max(issued + 1, free);
      this.cycles.stalled += taken - (issued + 1);
      shown = taken + 1;
      const spikes = perWord[k] as number;
      free = shown;
      for (let s = 0; s < spikes; s++) {
        free = this.#next.event(shown, beats[sent++] as number);
        shown = free + 1;
      }
      issued = taken;
    }
    return this.#next.tick(shown, isLast);
  }
}

class FifoClock implements Sink {
  readonly #next: Sink;
  /** Cycles in which the last `depth` beats were taken out. */
  readonly #popped: Float64Array;
  #count = 0;

  constructor(depth: number, next: Sink) {
    this.#next = next;
    this.#popped = new Float64Array(depth).fill(-1);
  }

  event(at: number, index: number): number {
    return this.#push(at, (pushed) => this.#next.event(pushed, index));
  }

  tick(at: number, isLast: boolean): number {
    return this.#push(at, (pushed) => this.#next.tick(pushed, isLast));
  }

  #push(at: number, pop: (at: number) => number): number {
    const slot = this.#count % this.#popped.length;
    // The place of the beat `depth` earlier is free one cycle after that beat was taken.
    const pushed = Math.max(at, (this.#popped[slot] as number) + 1);
    this.#popped[slot] = pop(pushed + 1);
    this.#count++;
    return pushed;
  }
}
