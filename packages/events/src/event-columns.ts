/** Growing columns of events, written by the decoders. */
import { eventsError } from "./diagnostics.ts";
import type { EventStream } from "./event-stream.ts";

/** Columns with room to grow; the first `length` entries are events. */
export class EventColumns {
  t: Float64Array = new Float64Array(0);
  x: Uint16Array = new Uint16Array(0);
  y: Uint16Array = new Uint16Array(0);
  p: Uint8Array = new Uint8Array(0);
  length = 0;
  readonly #limit: number;

  /** @param limit most events that may be held */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Makes room for `more` events. Callers write past `length` and then raise it.
   *
   * @throws E_EVENTS_LIMIT
   */
  reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.t.length) return;
    if (wanted > this.#limit)
      throw eventsError("E_EVENTS_LIMIT", "", { what: "events", found: wanted, limit: this.#limit });
    // The first reservation is exact (a whole file asks once); later ones double.
    const size = this.t.length === 0 ? wanted : Math.min(this.#limit, Math.max(wanted, this.t.length * 2));
    this.t = grown(this.t, new Float64Array(size));
    this.x = grown(this.x, new Uint16Array(size));
    this.y = grown(this.y, new Uint16Array(size));
    this.p = grown(this.p, new Uint8Array(size));
  }

  /** Hands the events out and starts anew. Memory that is mostly unused is given back. */
  take(width: number, height: number): EventStream {
    const { t, x, y, p, length } = this;
    const loose = t.length > length * 1.25 + 64;
    const cut = <A extends Float64Array | Uint16Array | Uint8Array>(column: A): A =>
      (loose ? column.slice(0, length) : column.subarray(0, length)) as A;
    const stream = { width, height, t: cut(t), x: cut(x), y: cut(y), p: cut(p) };
    this.t = new Float64Array(0);
    this.x = new Uint16Array(0);
    this.y = new Uint16Array(0);
    this.p = new Uint8Array(0);
    this.length = 0;
    return stream;
  }
}

function grown<A extends { set(from: A): void }>(from: A, to: A): A {
  to.set(from);
  return to;
}
