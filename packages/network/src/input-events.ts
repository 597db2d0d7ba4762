/** Input samples as integer events: what passes the door of a network. */
import { type Events, NirkitError, sameShape, sizeOf, type Tensor, toFloat64 } from "@nirkit/graph";
import { roundHalfEven, saturate } from "@nirkit/integer";
import { networkDiagnostic } from "./diagnostics.ts";
import type { Port } from "./network.ts";

/** Events of one port: of step t `start[t] … start[t+1]-1`, one per address, value never 0. */
export interface IntegerEvents {
  readonly steps: number;
  readonly start: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Int32Array;
  /** Values that the port's range clamped. */
  readonly clamped: number;
}

/**
 * Integer events of one port.
 *
 * A port with a quantizer (more than one bit, or a scale other than 1) gives x_int = clamp(rne(x / scale)) per event.
 * Any other takes spikes as they are. Events of one address in one step add up.
 *
 * @param data `[T, ...shape]` or an event list
 * @throws E_INPUT_SHAPE, E_INPUT_EVENTS, E_INPUT_NOT_INTEGER, E_INPUT_RANGE, E_INPUT_EVENT_COUNT
 * @example port {bits: 4, signed: true, scale: 0.5}: 1.25 gives rne(2.5) = 2, 9 gives clamp(18) = 7
 */
export function integerEvents(port: Port, data: Tensor | Events): IntegerEvents {
  return "steps" in data ? fromEvents(port, data) : fromTensor(port, data);
}

function fromTensor(port: Port, data: Tensor): IntegerEvents {
  const steps = data.shape[0] ?? 0;
  if (data.shape.length === 0 || !sameShape(data.shape.slice(1), port.shape)) refuseShape(port, data.shape);
  // Whole numbers are read where they stand; only the wide types are converted.
  const values = data.data instanceof BigInt64Array ? toFloat64(data) : (data.data as ArrayLike<number>);
  const size = sizeOf(port.shape);
  const list = new EventList(port, steps, countNonZero(values, steps * size));
  for (let t = 0, k = 0; t < steps; t++) {
    for (let i = 0; i < size; i++, k++) {
      const value = values[k] as number;
      if (value !== 0) list.add(t, i, value, 1);
    }
    list.closeStep(t);
  }
  return list.events();
}

function countNonZero(values: ArrayLike<number>, length: number): number {
  let count = 0;
  for (let k = 0; k < length; k++) if (values[k] !== 0) count++;
  return count;
}

function fromEvents(port: Port, data: Events): IntegerEvents {
  if (!sameShape(data.shape, port.shape)) refuseShape(port, [data.steps, ...data.shape]);
  checkEventList(port, data);
  const list = new EventList(port, data.steps, data.start[data.steps] ?? 0);
  for (let t = 0; t < data.steps; t++) {
    for (let k = data.start[t] as number; k < (data.start[t + 1] as number); ) {
      const address = data.index[k] as number;
      const first = k;
      let sum = 0;
      for (; k < (data.start[t + 1] as number) && data.index[k] === address; k++)
        sum += list.quantize(t, address, data.value === undefined ? 1 : (data.value[k] as number));
      list.addInteger(t, address, sum, k - first);
    }
    list.closeStep(t);
  }
  return list.events();
}

function checkEventList(port: Port, data: Events): void {
  const refuse = (found: string, expected: string): never => {
    throw new NirkitError([networkDiagnostic("E_INPUT_EVENTS", `inputs.${port.name}`, { found, expected })]);
  };
  if (data.start.length !== data.steps + 1)
    refuse(`start has ${data.start.length} entries`, `${data.steps + 1}`);
  if (data.value !== undefined && data.value.length !== data.index.length)
    refuse(`${data.value.length} values`, `${data.index.length}, one per index`);
  const size = sizeOf(port.shape);
  for (let t = 0; t < data.steps; t++) {
    const from = data.start[t] as number;
    const to = data.start[t + 1] as number;
    if (from > to || to > data.index.length)
      refuse(`start[${t + 1}] is ${to}`, `${from} … ${data.index.length}`);
    for (let k = from; k < to; k++) {
      const at = data.index[k] as number;
      if (at >= size) refuse(`index[${k}] is ${at}`, `less than ${size}`);
      if (k > from && at < (data.index[k - 1] as number))
        refuse(`index[${k}] is ${at}`, "ascending order within a step");
    }
  }
}

function refuseShape(port: Port, found: readonly number[]): never {
  const detail = { found, expected: port.shape };
  throw new NirkitError([networkDiagnostic("E_INPUT_SHAPE", `inputs.${port.name}`, detail)]);
}

/** Collects at most `most` events. */
class EventList {
  readonly #port: Port;
  readonly #isQuantized: boolean;
  readonly #min: number;
  readonly #max: number;
  readonly #start: Uint32Array;
  readonly #index: Uint32Array;
  readonly #value: Int32Array;
  #count = 0;
  #clamped = 0;

  constructor(port: Port, steps: number, most: number) {
    this.#port = port;
    this.#isQuantized = port.bits !== 1 || port.signed || port.scale !== 1;
    this.#min = port.signed ? -(2 ** (port.bits - 1)) : 0;
    this.#max = port.signed ? 2 ** (port.bits - 1) - 1 : 2 ** port.bits - 1;
    this.#start = new Uint32Array(steps + 1);
    this.#index = new Uint32Array(most);
    this.#value = new Int32Array(most);
  }

  /** One real value at an address; a spike port takes up to `maxEvents` as that many events. */
  add(step: number, index: number, value: number, count: number): void {
    if (this.#isQuantized) this.addInteger(step, index, this.quantize(step, index, value), count);
    else this.addInteger(step, index, this.#integer(step, index, value, this.#port.maxEvents), count);
  }

  addInteger(step: number, index: number, value: number, count: number): void {
    const max = this.#port.maxEvents;
    if (count > max)
      this.#refuse(networkDiagnostic("E_INPUT_EVENT_COUNT", this.#path(), { count, step, index, max }));
    if (value === 0) return;
    this.#index[this.#count] = index;
    this.#value[this.#count++] = value;
  }

  /** The integer of one event. */
  quantize(step: number, index: number, value: number): number {
    if (!this.#isQuantized) return this.#integer(step, index, value, this.#max);
    if (!Number.isFinite(value))
      this.#refuse(networkDiagnostic("E_INPUT_NOT_INTEGER", this.#path(), { value, step, index }));
    const rounded = roundHalfEven(value / this.#port.scale);
    const clamped = saturate(rounded, this.#min, this.#max);
    if (clamped !== rounded) this.#clamped++;
    return clamped;
  }

  closeStep(step: number): void {
    this.#start[step + 1] = this.#count;
  }

  events(): IntegerEvents {
    return {
      steps: this.#start.length - 1,
      start: this.#start,
      index: this.#index.subarray(0, this.#count),
      value: this.#value.subarray(0, this.#count),
      clamped: this.#clamped,
    };
  }

  #integer(step: number, index: number, value: number, max: number): number {
    if (!Number.isInteger(value))
      this.#refuse(networkDiagnostic("E_INPUT_NOT_INTEGER", this.#path(), { value, step, index }));
    if (value < 0 || value > max)
      this.#refuse(networkDiagnostic("E_INPUT_RANGE", this.#path(), { value, step, index, min: 0, max }));
    return value;
  }

  #path(): string {
    return `inputs.${this.#port.name}`;
  }

  #refuse(diagnostic: ReturnType<typeof networkDiagnostic>): never {
    throw new NirkitError([diagnostic]);
  }
}
