/** A population that the kernels do not know, between others that they do: stepped in TypeScript. */
import type { FanOut } from "../fan-out.ts";
import type { LayerState } from "../layer-state.ts";
import type { Projection } from "../network.ts";
import { eachEvent } from "./kernel-population.ts";
import type { KernelSource } from "./kernel-source.ts";
import { type Recorder, recordStep } from "./recorder.ts";

/** A projection into such a population; counts what it does. */
export interface PlainInput {
  readonly projection: Projection;
  readonly source: KernelSource;
  readonly fanOut: FanOut;
  eventsIn: number;
  synapticOps: number;
}

/** One population in TypeScript, its output as events. */
export class PlainMember {
  readonly name: string;
  readonly source: KernelSource;
  readonly inputs: readonly PlainInput[];
  readonly #state: LayerState;
  #recorders: readonly Recorder[] = [];
  #base = 0;
  #saturated = 0;

  constructor(name: string, state: LayerState, source: KernelSource, inputs: readonly PlainInput[]) {
    this.name = name;
    this.source = source;
    this.inputs = inputs;
    this.#state = state;
  }

  get saturations(): number {
    return this.#state.saturations - this.#saturated;
  }

  reset(): void {
    this.#state.reset();
    this.source.clear();
  }

  begin(recorders: readonly Recorder[]): void {
    this.#base = 0;
    this.#saturated = this.#state.saturations;
    this.#recorders = recorders.filter(({ population }) => population === this.name);
  }

  /** Updates the rows `row … row + rows − 1` of the chunk. */
  run(row: number, rows: number): void {
    for (let r = row; r < row + rows; r++) {
      for (const input of this.inputs) this.#deliver(input, r);
      this.#state.step();
      this.source.appendValues(r, this.#state.out);
      for (const recorder of this.#recorders) {
        const values = this.#state.signal(recorder.signal);
        if (values !== undefined) recordStep(recorder, this.#base + r, values);
      }
    }
  }

  /** Nothing is left to copy: every step was. */
  record(count: number): void {
    this.#base += count;
  }

  #deliver(input: PlainInput, row: number): void {
    const { projection, fanOut, source } = input;
    const factor = 2 ** (projection.shift ?? 0);
    const { acc } = this.#state;
    eachEvent(
      source,
      row,
      (index, value) => {
        fanOut.add(acc, index, value * factor);
        input.synapticOps += fanOut.synapses[index] as number;
        input.eventsIn++;
      },
      projection.delay,
    );
  }
}
