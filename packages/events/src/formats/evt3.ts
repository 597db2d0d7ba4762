/** Prophesee EVT 3.0: little-endian 16-bit words with a state. */
import type { Decode, Decoding } from "./decoding.ts";
import { countWords } from "./evt2.ts";
import { readRawHeader } from "./raw-header.ts";

const names: ReadonlyMap<number, string> = new Map([
  [0x0, "addr-y"],
  [0x2, "addr-x"],
  [0x3, "vect-base-x"],
  [0x4, "vect-12"],
  [0x5, "vect-8"],
  [0x6, "time-low"],
  [0x7, "continued-4"],
  [0x8, "time-high"],
  [0xa, "trigger"],
  [0xe, "other"],
  [0xf, "continued-12"],
]);

/** Decoder of EVT 3.0. Events ahead of the first TIME_HIGH and ADDR_Y are dropped and counted. */
export function evt3Decoder(decoding: Decoding): Decode {
  let words: Decode | undefined;
  return (bytes, last) => {
    if (words !== undefined) return words(bytes, last);
    const start = readRawHeader(decoding, bytes, last);
    if (start === undefined) return 0;
    const state = new WordDecoder(decoding);
    words = (piece, end) => state.decode(piece, end);
    decoding.position += start;
    const used = words(bytes.subarray(start), last);
    decoding.position -= start;
    return start + used;
  };
}

/** Words decoded between two reservations of room; each gives at most twelve events. */
const blockWords = 4096;

class WordDecoder {
  readonly #decoding: Decoding;
  readonly #tally = new Float64Array(16);
  #high = -1;
  #low = 0;
  #loops = 0;
  #y = -1;
  #base = 0;
  #polarity = 0;

  constructor(decoding: Decoding) {
    this.#decoding = decoding;
  }

  decode(bytes: Uint8Array, last: boolean): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length >>> 1;
    for (let from = 0; from < count; from += blockWords)
      this.#block(view, from * 2, Math.min(count, from + blockWords) * 2);
    if (last) countWords(this.#decoding, this.#tally, names);
    const used = count * 2;
    if (!last || used === bytes.length) return used;
    this.#decoding.truncated("A word", used, bytes.length - used, 2);
    return bytes.length;
  }

  #block(view: DataView, from: number, to: number): void {
    const tally = this.#tally;
    this.#decoding.columns.reserve(this.#eventsIn(view, from, to));
    for (let at = from; at < to; at += 2) {
      const word = view.getUint16(at, true);
      const type = word >>> 12;
      tally[type] = (tally[type] as number) + 1;
      if (type === 0x2) this.#event(word & 0x7ff, (word >>> 11) & 1, at);
      else if (type === 0x0) this.#y = word & 0x7ff;
      else if (type === 0x4 || type === 0x5) this.#vector(word, type === 0x4 ? 12 : 8, at);
      else if (type === 0x3) {
        this.#base = word & 0x7ff;
        this.#polarity = (word >>> 11) & 1;
      } else if (type === 0x6)
        // TIME_LOW replaces the low bits; it never carries into the high ones.
        this.#low = word & 0xfff;
      else if (type === 0x8) this.#timeHigh(word & 0xfff);
    }
  }

  /** An upper bound that is exact but for events that are dropped. */
  #eventsIn(view: DataView, from: number, to: number): number {
    let events = 0;
    for (let at = from; at < to; at += 2) {
      const type = view.getUint8(at + 1) >>> 4;
      if (type === 0x2) events++;
      else if (type === 0x4) events += 12;
      else if (type === 0x5) events += 8;
    }
    return events;
  }

  #timeHigh(high: number): void {
    if (this.#high >= high + 2048) this.#loops++;
    if (this.#high !== high) this.#low = 0;
    this.#high = high;
  }

  #vector(word: number, width: 8 | 12, at: number): void {
    for (let bit = 0, mask = word; bit < width; bit++, mask >>>= 1)
      if ((mask & 1) !== 0) this.#event(this.#base + bit, this.#polarity, at);
    this.#base += width;
  }

  #event(x: number, polarity: number, at: number): void {
    const decoding = this.#decoding;
    if (this.#high < 0 || this.#y < 0) {
      decoding.droppedBeforeSync++;
      return;
    }
    if (x >= decoding.xEnd || this.#y >= decoding.yEnd) decoding.outside(x, this.#y, at);
    else decoding.push(this.#loops * 2 ** 24 + this.#high * 4096 + this.#low, x, this.#y, polarity);
  }
}
