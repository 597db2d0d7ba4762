/** Prophesee EVT 2.0: little-endian 32-bit words. */
import type { Decode, Decoding } from "./decoding.ts";
import { readRawHeader } from "./raw-header.ts";

const timeHighType = 8;
const names: ReadonlyMap<number, string> = new Map([
  [0, "off"],
  [1, "on"],
  [timeHighType, "time-high"],
  [0xa, "trigger"],
  [0xe, "other"],
  [0xf, "continued"],
]);

/** Decoder of EVT 2.0; every word is counted by its type. */
export function evt2Decoder(decoding: Decoding): Decode {
  let words: Decode | undefined;
  return (bytes, last) => {
    if (words !== undefined) return words(bytes, last);
    const start = readRawHeader(decoding, bytes, last);
    if (start === undefined) return 0;
    words = wordDecoder(decoding);
    decoding.position += start;
    const used = words(bytes.subarray(start), last);
    decoding.position -= start;
    return start + used;
  };
}

function wordDecoder(decoding: Decoding): Decode {
  const clock = { base: -1, high: -1, loops: 0 };
  const tally = new Float64Array(16);
  return (bytes, last) => {
    let { base, high, loops } = clock;
    const { columns, xEnd, yEnd } = decoding;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length >>> 2;
    columns.reserve(count);
    const { t, x, y, p } = columns;
    let n = columns.length;
    for (let i = 0, at = 0; i < count; i++, at += 4) {
      const word = view.getUint32(at, true);
      const type = word >>> 28;
      tally[type] = (tally[type] as number) + 1;
      if (type > 1) {
        if (type !== timeHighType) continue;
        const next = word & 0x0fffffff;
        if (high - next > 2 ** 27) loops++;
        high = next;
        base = loops * 2 ** 34 + next * 64;
        continue;
      }
      if (base < 0) {
        decoding.droppedBeforeSync++;
        continue;
      }
      const xi = (word >>> 11) & 0x7ff;
      const yi = word & 0x7ff;
      if (xi >= xEnd || yi >= yEnd) {
        columns.length = n;
        decoding.outside(xi, yi, at);
        continue;
      }
      t[n] = base + ((word >>> 22) & 0x3f);
      x[n] = xi;
      y[n] = yi;
      p[n++] = type;
    }
    columns.length = n;
    Object.assign(clock, { base, high, loops });
    if (last) countWords(decoding, tally, names);
    const used = count * 4;
    if (!last || used === bytes.length) return used;
    decoding.truncated("A word", used, bytes.length - used, 4);
    return bytes.length;
  };
}

/** Puts what was counted by type number under its name. */
export function countWords(
  decoding: Decoding,
  tally: Float64Array,
  names: ReadonlyMap<number, string>,
): void {
  tally.forEach((words, type) => {
    if (words > 0) decoding.count(names.get(type) ?? `type ${type}`, words);
  });
}
