/** A text that changes when anything inside a value changes: to see whether a function altered its arguments. */
import { bytesToHex } from "@noble/hashes/utils.js";

/** Every member, entry and byte of a value in a fixed order; functions and class instances count by their fields. */
export function fingerprint(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return `${value.constructor.name}(${bytesToHex(bytes)})`;
  }
  if (Array.isArray(value)) return `[${value.map(fingerprint).join(",")}]`;
  if (value instanceof Map) return `Map(${fingerprint([...value])})`;
  if (value instanceof Set) return `Set(${fingerprint([...value])})`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${JSON.stringify(key)}:${fingerprint(entry)}`)
      .join(",")}}`;
  // Object.is distinguishes 0 from -0, and so does this.
  return typeof value === "bigint"
    ? `${value}n`
    : Object.is(value, -0)
      ? "-0"
      : (JSON.stringify(value) ?? String(value));
}
