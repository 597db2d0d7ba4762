/** Prophesee DAT version 2 and EVT 2.0. */
import type { EventStream } from "../event-stream.ts";

/** DAT: a header with the sensor's size, then 8 bytes an event. */
export function writeDat({ width, height, t, x, y, p }: EventStream): Uint8Array {
  const text = `% Data file containing CD events.\n% Version 2\n% Width ${width}\n% Height ${height}\n`;
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(head.length + 2 + t.length * 8);
  bytes.set(head);
  bytes.set([0x0c, 8], head.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0, at = head.length + 2; i < t.length; i++, at += 8) {
    view.setUint32(at, t[i] as number, true);
    view.setUint32(
      at + 4,
      ((x[i] as number) | ((y[i] as number) << 14) | ((p[i] as number) << 28)) >>> 0,
      true,
    );
  }
  return bytes;
}

/** EVT 2.0: TIME_HIGH first, and whenever the time without its six low bits changes. */
export function writeEvt2({ width, height, t, x, y, p }: EventStream): Uint8Array {
  const text = `% evt 2.0\n% format EVT2;height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`;
  const head = new TextEncoder().encode(text);
  const words: number[] = [];
  let high = -1;
  for (let i = 0; i < t.length; i++) {
    const time = t[i] as number;
    const next = Math.floor(time / 64);
    if (next !== high) words.push(((8 << 28) | next) >>> 0);
    high = next;
    const low = time % 64;
    words.push((((p[i] as number) << 28) | (low << 22) | ((x[i] as number) << 11) | (y[i] as number)) >>> 0);
  }
  const bytes = new Uint8Array(head.length + words.length * 4);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  words.forEach((word, k) => {
    view.setUint32(head.length + 4 * k, word, true);
  });
  return bytes;
}
