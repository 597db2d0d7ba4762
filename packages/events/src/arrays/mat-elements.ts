/** Data elements of a MATLAB level 5 file: tags, numbers, byte order. */
import { eventsError } from "../diagnostics.ts";

/** One element; its content starts at `start`. */
export interface MatElement {
  readonly type: number;
  readonly start: number;
  readonly bytes: number;
  /** Where the next element starts. */
  readonly next: number;
}

/** Numbers of a file of one byte order. */
export class MatView {
  readonly bytes: Uint8Array;
  readonly little: boolean;
  readonly path: string;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, little: boolean, path: string) {
    this.bytes = bytes;
    this.little = little;
    this.path = path;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  refuse(why: string, at?: number): Error {
    return eventsError("E_MAT", at === undefined ? this.path : `${this.path}@${at}`, { why });
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, this.little);
  }

  /** The element at `at`, which has to end at or before `end`. Small elements keep their content in the tag. */
  element(at: number, end: number): MatElement {
    if (at + 8 > end) throw this.refuse("it ends within a tag", at);
    const word = this.uint32(at);
    const small = word >>> 16;
    if (small !== 0) {
      if (small > 4) throw this.refuse(`a small element of ${small} bytes`, at);
      return { type: word & 0xffff, start: at + 4, bytes: small, next: at + 8 };
    }
    const bytes = this.uint32(at + 4);
    const start = at + 8;
    if (start + bytes > end) throw this.refuse(`an element of ${bytes} bytes, ${end - start} are there`, at);
    // Packed elements are not padded.
    const padded = word === 15 ? bytes : Math.ceil(bytes / 8) * 8;
    return { type: word, start, bytes, next: Math.min(end, start + padded) };
  }

  /** Numbers of a numeric element, whatever type they are stored as; 64-bit integers as doubles. */
  numbers(element: MatElement): Float64Array {
    const reader = readers.get(element.type);
    if (reader === undefined) throw this.refuse(`numbers stored as type ${element.type}`, element.start);
    if (element.bytes % reader.bytes !== 0)
      throw this.refuse(`${element.bytes} bytes of numbers of ${reader.bytes}`, element.start);
    const result = new Float64Array(element.bytes / reader.bytes);
    for (let i = 0; i < result.length; i++)
      result[i] = reader.read(this.#view, element.start + i * reader.bytes, this.little);
    return result;
  }

  /** Text of an element, one character a byte, cut at the first NUL. */
  text(element: MatElement): string {
    let text = "";
    for (let i = 0; i < element.bytes; i++) {
      const byte = this.bytes[element.start + i] as number;
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

interface NumberReader {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, little: boolean) => number;
}

const readers: ReadonlyMap<number, NumberReader> = new Map([
  [1, { bytes: 1, read: (v, at) => v.getInt8(at) }],
  [2, { bytes: 1, read: (v, at) => v.getUint8(at) }],
  [3, { bytes: 2, read: (v, at, little) => v.getInt16(at, little) }],
  [4, { bytes: 2, read: (v, at, little) => v.getUint16(at, little) }],
  [5, { bytes: 4, read: (v, at, little) => v.getInt32(at, little) }],
  [6, { bytes: 4, read: (v, at, little) => v.getUint32(at, little) }],
  [7, { bytes: 4, read: (v, at, little) => v.getFloat32(at, little) }],
  [9, { bytes: 8, read: (v, at, little) => v.getFloat64(at, little) }],
  [12, { bytes: 8, read: (v, at, little) => Number(v.getBigInt64(at, little)) }],
  [13, { bytes: 8, read: (v, at, little) => Number(v.getBigUint64(at, little)) }],
  [16, { bytes: 1, read: (v, at) => v.getUint8(at) }],
  [17, { bytes: 2, read: (v, at, little) => v.getUint16(at, little) }],
]);
