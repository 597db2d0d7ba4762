/** N-MNIST and N-Caltech101 binary events (`.bin`, `.bs2`): 40 bits each, no header. */
import type { Decode, Decoding } from "./decoding.ts";

const recordBytes = 5;
/** A record with this y is no event: later times are 8192 us later. */
const overflowY = 240;
const overflowUs = 8192;
const side = 34;

/** Decoder of N-MNIST records; the sensor is 34 x 34 unless the options say otherwise. */
export function nmnistDecoder(decoding: Decoding): Decode {
  if (decoding.width === 0) decoding.setSize(side, side);
  let offset = 0;
  return (bytes, last) => {
    const { columns, xEnd, yEnd } = decoding;
    const records = Math.floor(bytes.length / recordBytes);
    columns.reserve(records);
    const { t, x, y, p } = columns;
    let n = columns.length;
    for (let i = 0, at = 0; i < records; i++, at += recordBytes) {
      const xi = bytes[at] as number;
      const yi = bytes[at + 1] as number;
      const high = bytes[at + 2] as number;
      if (yi === overflowY) {
        offset += overflowUs;
        decoding.count("overflow");
        continue;
      }
      if (xi >= xEnd || yi >= yEnd) {
        columns.length = n;
        decoding.outside(xi, yi, at);
        continue;
      }
      t[n] = offset + (((high & 0x7f) << 16) | ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number));
      x[n] = xi;
      y[n] = yi;
      p[n++] = high >>> 7;
    }
    columns.length = n;
    const used = records * recordBytes;
    if (!last || used === bytes.length) return used;
    decoding.truncated("A record", used, bytes.length - used, recordBytes);
    return bytes.length;
  };
}
