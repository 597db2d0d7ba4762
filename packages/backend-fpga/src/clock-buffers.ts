/** The buffers between the units of a clocked design. */

/** Beats are numbers: 2 · address of an event, and 1 more where its value is 0; a tick; an eos. */
export const tickBeat = -1;
/** End of a sample. */
export const eosBeat = -2;

/** The beat of an event. */
export function eventBeat(address: number, value: number): number {
  return 2 * address + (value === 0 ? 1 : 0);
}

/** A buffer in front of a layer or of the exit. */
export interface Buffer {
  /** Whether it takes a beat in this cycle. */
  canPush(): boolean;
  push(beat: number): void;
  /** Whether a beat is offered in this cycle, and which. */
  readonly hasHead: boolean;
  readonly head: number;
  pop(): void;
  /** The layer behind ends its sample with the beat that it takes in this cycle. */
  flush(): void;
  /** The clock edge; true where the next cycle may differ. */
  commit(): boolean;
}

/** `nk_fifo`: a beat pushed in cycle c is offered from cycle c + 1 on. */
export class BeatQueue implements Buffer {
  readonly #depth: number;
  #beats: number[] = [];
  #from = 0;
  /** Beats at the begin of the cycle. */
  #level = 0;

  constructor(depth: number) {
    this.#depth = depth;
  }

  canPush(): boolean {
    return this.#level < this.#depth;
  }

  push(beat: number): void {
    this.#beats.push(beat);
  }

  get hasHead(): boolean {
    return this.#level > 0;
  }

  get head(): number {
    return this.#beats[this.#from] as number;
  }

  pop(): void {
    this.#from++;
    if (this.#from > 4096 && 2 * this.#from > this.#beats.length) {
      this.#beats = this.#beats.slice(this.#from);
      this.#from = 0;
    }
  }

  flush(): void {}

  commit(): boolean {
    const level = this.#beats.length - this.#from;
    const changed = level !== this.#level;
    this.#level = level;
    return changed;
  }
}

/** `nk_delay`: the ticks of the first steps, then the beats; behind a flush what is left of the sample is dropped. */
export class DelayClock implements Buffer {
  readonly #steps: number;
  readonly #memory: BeatQueue;
  #left: number;
  #drops = false;
  /** Beat of the output register. */
  #shown: number | undefined;
  #popped = false;
  #flushed = false;

  constructor(steps: number, depth: number) {
    this.#steps = steps;
    this.#left = steps;
    this.#memory = new BeatQueue(depth);
  }

  canPush(): boolean {
    return this.#memory.canPush();
  }

  push(beat: number): void {
    this.#memory.push(beat);
  }

  get hasHead(): boolean {
    return this.#left > 0 || (this.#shown !== undefined && !this.#drops);
  }

  get head(): number {
    return this.#left > 0 ? tickBeat : (this.#shown as number);
  }

  pop(): void {
    this.#popped = true;
  }

  flush(): void {
    this.#flushed = true;
  }

  commit(): boolean {
    const starts = this.#left > 0;
    const beat = this.#shown;
    const popped = beat !== undefined && !starts && (this.#drops || this.#popped);
    const fetched = this.#memory.hasHead && (beat === undefined || popped);
    const changed = popped || fetched || this.#popped || this.#flushed;
    if (this.#flushed) {
      this.#left = 0;
      this.#drops = true;
    } else if (this.#drops && popped && beat === eosBeat) {
      this.#left = this.#steps;
      this.#drops = false;
    } else if (starts && this.#popped) this.#left--;
    if (fetched) {
      this.#shown = this.#memory.head;
      this.#memory.pop();
    } else if (popped) this.#shown = undefined;
    this.#popped = false;
    this.#flushed = false;
    return this.#memory.commit() || changed;
  }
}
