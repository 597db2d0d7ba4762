import { createHash } from "node:crypto";
import type { EventStream } from "@nirkit/events";

/** SHA-256 over all events as little-endian int32 rows (t, x, y, p). */
export function rowsHash({ t, x, y, p }: EventStream): string {
  const rows = new Int32Array(t.length * 4);
  for (let i = 0; i < t.length; i++) rows.set([t[i] ?? 0, x[i] ?? 0, y[i] ?? 0, p[i] ?? 0], i * 4);
  return createHash("sha256").update(new Uint8Array(rows.buffer)).digest("hex");
}

/** Sum of a column. */
export function sumOf(column: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < column.length; i++) total += column[i] ?? 0;
  return total;
}
