/** Collects the inertial words of an AEDAT 2 file. */
import type { ImuWords } from "./decoding.ts";

/** Grows like the event columns; words are rare beside events. */
export class ImuCollector {
  readonly #t: number[] = [];
  readonly #type: number[] = [];
  readonly #value: number[] = [];

  push(t: number, type: number, value: number): void {
    this.#t.push(t);
    this.#type.push(type);
    this.#value.push(value);
  }

  take(): ImuWords {
    return {
      t: Float64Array.from(this.#t),
      type: Uint8Array.from(this.#type),
      value: Int16Array.from(this.#value),
    };
  }
}
