/** A sample as the beats that enter the design. */
import {
  type Events,
  NirkitError,
  type SpikeInput,
  sameShape,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { roundHalfEven, saturate } from "@nirkit/integer";
import { BeatList } from "./beats.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import type { FpgaPlan, PortPlan } from "./plan-types.ts";
import { isSpikePort } from "./port.ts";

/** Input events by step: addresses and values, in sending order. Spikes are as many events of value 1 as they count. */
export interface StepEvents {
  readonly address: readonly number[];
  readonly value: readonly number[];
}

/**
 * The events of every step: x_int = clamp(rne(x / scale)) for a quantized port, spikes as they are. Zeros send nothing.
 *
 * @throws E_FPGA_INPUT for what the port does not take, E_FPGA_INPUT_VARIES for a held input that changes
 */
export function inputSteps(plan: FpgaPlan, input: SpikeInput): readonly StepEvents[] {
  const { input: port } = plan;
  const data = input.get(port.name);
  if (data === undefined || input.size !== 1)
    refuse(port, `the sample has ${[...input.keys()].join(", ") || "nothing"}`, `"${port.name}"`);
  const steps = "steps" in data ? fromEvents(port, data) : fromTensor(port, data);
  if (plan.options.holdInput) checkHeld(port, steps);
  return steps;
}

/** Beats of one sample; with a held input the events stand before the first tick alone. */
export function inputBeats(
  plan: FpgaPlan,
  steps: readonly StepEvents[],
  into: BeatList = new BeatList(),
): BeatList {
  steps.forEach((step, t) => {
    if (t === 0 || !plan.options.holdInput)
      step.address.forEach((address, k) => {
        into.event(address, step.value[k] as number);
      });
    into.tick(t + 1 === steps.length);
  });
  return into;
}

function refuse(port: PortPlan, found: string, expected: string): never {
  throw new NirkitError([fpgaDiagnostic("E_FPGA_INPUT", `inputs.${port.name}`, { found, expected })]);
}

function fromTensor(port: PortPlan, data: Tensor): StepEvents[] {
  const size = sizeOf(port.shape);
  if (data.shape.length === 0 || !sameShape(data.shape.slice(1), port.shape))
    refuse(port, `shape [${data.shape.join(", ")}]`, `time and [${port.shape.join(", ")}]`);
  const values = toFloat64(data);
  return Array.from({ length: data.shape[0] as number }, (_, t) => {
    const step = new StepBuilder(port, t);
    for (let i = 0; i < size; i++) step.add(i, values[t * size + i] as number);
    return step;
  });
}

function fromEvents(port: PortPlan, data: Events): StepEvents[] {
  const size = sizeOf(port.shape);
  if (sizeOf(data.shape) !== size)
    refuse(port, `events on [${data.shape.join(", ")}]`, `[${port.shape.join(", ")}]`);
  if (data.start.length !== data.steps + 1)
    refuse(port, `${data.start.length} entries of start`, `${data.steps + 1}`);
  return Array.from({ length: data.steps }, (_, t) => {
    const step = new StepBuilder(port, t);
    for (let k = data.start[t] as number; k < (data.start[t + 1] as number); k++) {
      const address = data.index[k];
      if (address === undefined || address >= size)
        refuse(port, `address ${address} in step ${t}`, `0 .. ${size - 1}`);
      step.add(address, data.value === undefined ? 1 : (data.value[k] as number));
    }
    return step;
  });
}

class StepBuilder implements StepEvents {
  readonly address: number[] = [];
  readonly value: number[] = [];
  readonly #port: PortPlan;
  readonly #step: number;
  #last = -1;
  #count = 0;

  constructor(port: PortPlan, step: number) {
    this.#port = port;
    this.#step = step;
  }

  /** Adds one real value. */
  add(address: number, value: number): void {
    if (value === 0) return;
    const port = this.#port;
    const isPlain = isSpikePort(port) && port.scale === 1;
    if (!Number.isFinite(value) || (isPlain && (!Number.isInteger(value) || value < 0)))
      refuse(
        port,
        `${value} at step ${this.#step}, address ${address}`,
        isPlain ? "spike counts" : "finite values",
      );
    const copies = isPlain ? value : 1;
    this.#countEvents(address, copies);
    if (isPlain) for (let copy = 0; copy < copies; copy++) this.#push(address, 1);
    else this.#push(address, quantized(port, value));
  }

  #countEvents(address: number, copies: number): void {
    this.#count = (address === this.#last ? this.#count : 0) + copies;
    this.#last = address;
    const { maxEvents } = this.#port;
    if (this.#count > maxEvents)
      refuse(
        this.#port,
        `${this.#count} events at step ${this.#step}, address ${address}`,
        `at most ${maxEvents} per address and step`,
      );
  }

  #push(address: number, value: number): void {
    if (value === 0) return;
    this.address.push(address);
    this.value.push(value);
  }
}

function quantized({ bits, signed, scale }: PortPlan, value: number): number {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return saturate(roundHalfEven(value / scale), min, max);
}

function checkHeld(port: PortPlan, steps: readonly StepEvents[]): void {
  const first = steps[0];
  if (first === undefined) return;
  const dense = (step: StepEvents): Map<number, number> => {
    const sums = new Map<number, number>();
    step.address.forEach((a, k) => {
      sums.set(a, (sums.get(a) ?? 0) + (step.value[k] as number));
    });
    return sums;
  };
  const expected = dense(first);
  steps.forEach((step, t) => {
    const found = dense(step);
    for (const index of new Set([...expected.keys(), ...found.keys()]))
      if (expected.get(index) !== found.get(index))
        throw new NirkitError([
          fpgaDiagnostic("E_FPGA_INPUT_VARIES", `inputs.${port.name}`, { step: t, index }),
        ]);
  });
}
