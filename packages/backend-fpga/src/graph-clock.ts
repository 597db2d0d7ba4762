/**
 * Clock cycles of a design that is no chain: every register that decides about a handshake, cycle by cycle.
 *
 * Layers, forks, buffers and delays are those of the library (`nk_layer`, `nk_serial`, `nk_fork`, `nk_fifo`, `nk_delay`,
 * `nk_merge`, `nk_ports`). Between two of them stands always a buffer whose readiness is a register, so the order in which
 * they are visited within a cycle does not matter. Cycles in which nothing can move are skipped.
 */
import { InternalError } from "@nirkit/graph";
import { BeatQueue, type Buffer, DelayClock, eosBeat, eventBeat, tickBeat } from "./clock-buffers.ts";
import type { LayerCycles, Pressure, StepWork } from "./cycle-model.ts";
import type { GraphFpgaPlan } from "./graph-simulator.ts";
import type { GraphRun, SentEvents } from "./graph-steps.ts";
import { type Branch, ForkClock, LayerClock } from "./layer-clock.ts";
import type { LayerSimulator } from "./layer-simulator.ts";
import type { SourcePlan } from "./plan-types.ts";

/** A word at the door: of one Input, or a tick for all. */
interface DoorWord {
  readonly port: number;
  readonly beat: number;
}

/** The clocked design; cycle 0 is the first in which all layers are idle. */
export class GraphClock {
  readonly layers: readonly LayerCycles[];
  readonly #plan: GraphFpgaPlan;
  readonly #layers: readonly LayerClock[];
  readonly #doors: readonly ForkClock[];
  readonly #buffers: Buffer[] = [];
  /** In front of the exit; empty where the only source leads straight to it. */
  readonly #exits: BeatQueue[] = [];
  readonly #ready: (at: number) => number;
  readonly #valid: (at: number) => number;
  /** Inputs that have taken the word at the door. */
  readonly #passed: boolean[];
  readonly #work: StepWork[][];
  #words: DoorWord[] = [];
  #next = 0;
  #turn = 0;
  #now = 0;
  #first = -1;
  #last = -1;
  #ends = 0;

  constructor(
    plan: GraphFpgaPlan,
    simulators: readonly LayerSimulator[],
    { ready = (at) => at, valid = (at) => at }: Pressure = {},
  ) {
    this.#plan = plan;
    this.#ready = ready;
    this.#valid = valid;
    const { inputs, exits } = plan.graph;
    this.#passed = inputs.map(() => false);
    this.#work = plan.layers.map(() => []);
    const branches = new Map<string, Branch[]>();
    const add = ({ kind, index }: SourcePlan, branch: Branch): void => {
      const key = `${kind} ${index}`;
      branches.set(key, [...(branches.get(key) ?? []), branch]);
    };
    const arcs = plan.layers.map((layer) =>
      (layer.arcs ?? []).map((arc) => {
        const buffer = arc.delay > 0 ? new DelayClock(arc.delay, arc.depth) : new BeatQueue(arc.depth);
        this.#buffers.push(buffer);
        add(arc.source, buffer);
        return buffer;
      }),
    );
    for (const { source, depth } of exits) {
      if (exits.length === 1) {
        add(source, {
          canPush: () => this.#ready(this.#now) <= this.#now,
          push: (beat) => this.#leave(beat),
        });
        continue;
      }
      const queue = new BeatQueue(depth);
      this.#buffers.push(queue);
      this.#exits.push(queue);
      add(source, queue);
    }
    this.#doors = inputs.map((_, p) => new ForkClock(branches.get(`input ${p}`) ?? []));
    this.#layers = plan.layers.map(
      (layer, l) =>
        new LayerClock({
          layer,
          simulator: simulators[l] as LayerSimulator,
          buffers: arcs[l] as readonly Buffer[],
          out: new ForkClock(branches.get(`layer ${l}`) ?? []),
          nextStep: () => this.#work[l]?.shift() as StepWork,
        }),
    );
    this.layers = this.#layers.map(({ cycles }) => cycles);
  }

  /** Cycles of samples sent without a pause, from the first word in to the last word out, both counted. */
  run(samples: Iterable<GraphRun>): number {
    let [steps, ends] = [0, 0];
    for (const sample of samples) {
      this.#send(sample);
      steps += sample.steps;
      sample.work.forEach((perStep, l) => {
        for (const step of perStep) this.#work[l]?.push(step);
      });
      ends++;
    }
    if (steps === 0) return 0;
    while (this.#ends < ends) this.#cycle();
    return this.#last - this.#first + 1;
  }

  #send({ steps, doors }: GraphRun): void {
    for (let t = 0; t < steps; t++) {
      doors.forEach((perStep, port) => {
        const { index } = perStep[t] as SentEvents;
        for (const at of index) this.#words.push({ port, beat: eventBeat(at, 1) });
      });
      this.#words.push({ port: -1, beat: t + 1 === steps ? eosBeat : tickBeat });
    }
  }

  #cycle(): void {
    let moved = this.#offer();
    for (const layer of this.#layers) moved = layer.cycle(this.#now) || moved;
    moved = this.#merge() || moved;
    for (const buffer of this.#buffers) moved = buffer.commit() || moved;
    this.#now = moved ? this.#now + 1 : this.#wake();
  }

  /** The word at the door to the Inputs that it is for. */
  #offer(): boolean {
    const word = this.#words[this.#next];
    if (word === undefined || this.#valid(this.#now) > this.#now) return false;
    let moved = false;
    let isTaken = true;
    this.#doors.forEach((door, p) => {
      if ((word.port >= 0 && word.port !== p) || this.#passed[p]) return;
      const accepted = door.offer(word.beat);
      moved ||= door.moved;
      this.#passed[p] = accepted;
      isTaken &&= accepted;
    });
    if (!isTaken) return moved;
    this.#passed.fill(false);
    if (this.#first < 0) this.#first = this.#now;
    this.#next++;
    if (this.#next > 65536) {
      this.#words = this.#words.slice(this.#next);
      this.#next = 0;
    }
    return true;
  }

  /** Events of one exit after the other, then one tick. */
  #merge(): boolean {
    const queue = this.#exits[this.#turn];
    if (queue === undefined || !queue.hasHead) return false;
    const beat = queue.head;
    const isLast = this.#turn + 1 === this.#exits.length;
    if (beat < 0 && !isLast) {
      queue.pop();
      this.#turn++;
      return true;
    }
    if (this.#ready(this.#now) > this.#now) return false;
    queue.pop();
    if (beat < 0) this.#turn = 0;
    this.#leave(beat);
    return true;
  }

  #leave(beat: number): void {
    this.#last = this.#now;
    if (beat === eosBeat) this.#ends++;
  }

  /** The next cycle in which something can move. */
  #wake(): number {
    const times = this.#layers.map((layer) => layer.wakes(this.#now));
    for (const at of [this.#ready(this.#now), this.#valid(this.#now)]) if (at > this.#now) times.push(at);
    const next = Math.min(...times);
    if (Number.isFinite(next)) return next;
    throw new InternalError(`the design ${this.#plan.design} stands still in cycle ${this.#now}`);
  }
}
