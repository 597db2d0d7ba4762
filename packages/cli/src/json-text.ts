/** Machine output: one JSON document, whatever the values are made of. */

/**
 * A value as indented JSON. Maps become objects in their order, typed arrays and sets arrays, bigints numbers where
 * exact and strings beyond 2^53, non-finite numbers the strings `NaN`, `Infinity`, `-Infinity`.
 *
 * @example jsonText(new Map([["__proto__", 1n]])) // {\n  "__proto__": 1\n}
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => plain(part), 2);
}

function plain(part: unknown): unknown {
  if (part instanceof Map) return Object.fromEntries(part);
  if (part instanceof Set) return [...part];
  if (part instanceof BigInt64Array || part instanceof BigUint64Array) return Array.from(part, exact);
  if (ArrayBuffer.isView(part) && !(part instanceof DataView)) return Array.from(part as Uint8Array);
  if (typeof part === "bigint") return exact(part);
  if (typeof part === "number" && !Number.isFinite(part)) return String(part);
  return part;
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
