/** One layer and its fork, clocked. */
import { type Buffer, eosBeat, tickBeat } from "./clock-buffers.ts";
import type { LayerCycles, StepWork } from "./cycle-model.ts";
import type { LayerSimulator } from "./layer-simulator.ts";
import type { LayerPlan } from "./plan-types.ts";

/** Takes beats of one source. */
export interface Branch {
  canPush(): boolean;
  push(beat: number): void;
}

/** `nk_fork`: every branch takes a beat when it can; the next one follows when all have it. */
export class ForkClock {
  /** Whether the last offer went anywhere. */
  moved = false;
  readonly #branches: readonly Branch[];
  readonly #done: boolean[];

  constructor(branches: readonly Branch[]) {
    this.#branches = branches;
    this.#done = branches.map(() => false);
  }

  /** Offers a beat in this cycle; true when all branches have it. */
  offer(beat: number): boolean {
    this.moved = false;
    let isTaken = true;
    this.#branches.forEach((branch, k) => {
      if (this.#done[k]) return;
      if (branch.canPush()) {
        branch.push(beat);
        this.#done[k] = true;
        this.moved = true;
      } else isTaken = false;
    });
    if (isTaken) this.#done.fill(false);
    return isTaken;
  }

  /** Whether a beat would be taken by all in this cycle. */
  get isReady(): boolean {
    return this.#branches.every((branch, k) => this.#done[k] || branch.canPush());
  }
}

/** What a layer is clocked with. */
export interface LayerClockParts {
  readonly layer: LayerPlan;
  readonly simulator: LayerSimulator;
  /** One per arc. */
  readonly buffers: readonly Buffer[];
  readonly out: ForkClock;
  /** What the next tick does; called once per step, in order. */
  nextStep(): StepWork;
}

/** `nk_layer` with its arcs and `nk_serial`. */
export class LayerClock {
  readonly cycles: LayerCycles = {
    busy: 0,
    stalled: 0,
    events: 0,
    eventWords: 0,
    replayWords: 0,
    sweptWords: 0,
  };
  readonly #parts: LayerClockParts;
  /** First cycle in which a beat can be accepted; infinite during a sweep. */
  #free = 0;
  #accepted = 0;
  #isLast = false;
  #work: StepWork | undefined;
  /** First cycle of the sweep, and its next word; no word left where the sweep is over. */
  #sweepsFrom = Number.POSITIVE_INFINITY;
  #word = 0;
  /** Word of stage 2, or −1. */
  #stage = -1;
  /** Serialiser: busy with `#pending` beats from `#sent` on, and whether the tick follows. */
  #busy = false;
  #pending = 0;
  #sent = 0;
  #ticks = false;

  constructor(parts: LayerClockParts) {
    this.#parts = parts;
  }

  /** Works through one cycle; true where something moved. */
  cycle(now: number): boolean {
    const sent = this.#send(now);
    const took = this.#take(now);
    return sent || took;
  }

  /** The next cycle in which it moves by itself. */
  wakes(now: number): number {
    if (this.#sweepsFrom > now && this.#work !== undefined) return this.#sweepsFrom;
    return this.#free > now ? this.#free : Number.POSITIVE_INFINITY;
  }

  /** The serialiser and the sweep, as their registers stand at the begin of the cycle. */
  #send(now: number): boolean {
    const work = this.#work;
    if (work === undefined) return false;
    const { layer, out } = this.#parts;
    const offers = this.#busy && (this.#pending > 0 || this.#ticks);
    const isReady = out.isReady;
    const fires = offers && isReady;
    const takesWord = !this.#busy || (!this.#ticks && this.#pending <= 1 && (this.#pending === 0 || isReady));
    const ends = fires && this.#pending === 0;
    if (offers) out.offer(this.#beat(work));
    const moved = offers && out.moved;
    const issues = now >= this.#sweepsFrom && this.#word < layer.words && (this.#stage < 0 || takesWord);
    const takes = this.#stage >= 0 && takesWord;
    if (this.#stage >= 0 && !takesWord) this.cycles.stalled++;
    if (fires && this.#pending > 0) {
      this.#pending--;
      this.#sent++;
    }
    if (takes) {
      this.#busy = true;
      this.#pending = work.perWord[this.#stage] as number;
      this.#ticks = this.#stage + 1 === layer.words;
    } else if (ends || (this.#busy && takesWord)) this.#busy = false;
    if (issues) this.#stage = this.#word++;
    else if (takes) this.#stage = -1;
    if (ends) this.#finish(now);
    return moved || fires || takes || issues;
  }

  #beat({ beats }: StepWork): number {
    if (this.#pending > 0) return beats[this.#sent] as number;
    return this.#isLast ? eosBeat : tickBeat;
  }

  #finish(now: number): void {
    this.#work = undefined;
    this.#sweepsFrom = Number.POSITIVE_INFINITY;
    this.#free = now + 1 + (this.#isLast ? this.#parts.layer.words : 0);
    this.cycles.busy += this.#free - this.#accepted;
  }

  /** Beats that arcs drop, then an event or the tick. */
  #take(now: number): boolean {
    const { buffers } = this.#parts;
    let moved = false;
    let event = -1;
    let ticks = 0;
    buffers.forEach((buffer, a) => {
      if (!buffer.hasHead) return;
      if (buffer.head < 0) ticks++;
      else if (this.#words(buffer.head, a) < 0) {
        buffer.pop();
        moved = true;
      } else if (event < 0) event = a;
    });
    if (now < this.#free) return moved;
    if (event >= 0) this.#takeEvent(now, buffers[event] as Buffer, event);
    else if (ticks === buffers.length) this.#takeTick(now);
    else return moved;
    return true;
  }

  /** Weight words of an event; −1 where it is dropped in front of the core. */
  #words(beat: number, arc: number): number {
    const { layer, simulator } = this.#parts;
    if (layer.arcs?.[arc]?.pace === true || beat % 2 === 1) return -1;
    return simulator.eventWords(beat / 2, arc);
  }

  #takeEvent(now: number, buffer: Buffer, arc: number): void {
    const words = this.#words(buffer.head, arc);
    const cycles = Math.max(1, words);
    buffer.pop();
    this.#free = now + cycles;
    this.cycles.busy += cycles;
    this.cycles.events++;
    this.cycles.eventWords += words;
  }

  #takeTick(now: number): void {
    const { layer, buffers } = this.#parts;
    this.#isLast = buffers.some((buffer) => buffer.head === eosBeat);
    for (const buffer of buffers) {
      buffer.pop();
      if (this.#isLast) buffer.flush();
    }
    const work = this.#parts.nextStep();
    const replayWords = work.replayed * layer.words;
    this.cycles.replayWords += replayWords;
    this.cycles.sweptWords += layer.words;
    this.#work = work;
    this.#accepted = now;
    this.#free = Number.POSITIVE_INFINITY;
    this.#sweepsFrom = now + 1 + (layer.projections.length > 1 ? layer.words + replayWords : 0);
    this.#word = 0;
    this.#sent = 0;
  }
}
