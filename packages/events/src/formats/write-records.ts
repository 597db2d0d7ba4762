/** `.npy` records of t (int64), x, y (uint16) and p (uint8), packed. */
import type { EventStream } from "../event-stream.ts";

const recordBytes = 13;
const descr = "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]";

/** The bytes of a structured array, as `numpy.load` reads it. */
export function writeRecords({ t, x, y, p }: EventStream): Uint8Array {
  const dictionary = `{'descr': ${descr}, 'fortran_order': False, 'shape': (${t.length},), }`;
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + t.length * recordBytes);
  bytes.fill(0x20, 0, start);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  bytes.set(new TextEncoder().encode(dictionary), 10);
  bytes[start - 1] = 0x0a;
  const view = new DataView(bytes.buffer);
  view.setUint16(8, start - 10, true);
  for (let i = 0, at = start; i < t.length; i++, at += recordBytes) {
    view.setBigInt64(at, BigInt(t[i] as number), true);
    view.setUint16(at + 8, x[i] as number, true);
    view.setUint16(at + 10, y[i] as number, true);
    bytes[at + 12] = p[i] as number;
  }
  return bytes;
}
