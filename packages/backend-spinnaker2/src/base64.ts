/** Typed arrays as little-endian bytes in base64, for mappings that are plain JSON. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values: ReadonlyMap<string, number> = new Map([...alphabet].map((letter, k) => [letter, k]));

/** Bytes to text; little-endian machines only differ in the views that are passed in. */
export function toBase64(array: Uint8Array | Int8Array | Uint32Array): string {
  const bytes = littleEndian(array);
  const parts: string[] = [];
  for (let k = 0; k < bytes.length; k += 3) {
    const group = ((bytes[k] as number) << 16) | ((bytes[k + 1] ?? 0) << 8) | (bytes[k + 2] ?? 0);
    const left = bytes.length - k;
    parts.push(
      alphabet.charAt(group >> 18) +
        alphabet.charAt((group >> 12) & 63) +
        (left > 1 ? alphabet.charAt((group >> 6) & 63) : "=") +
        (left > 2 ? alphabet.charAt(group & 63) : "="),
    );
  }
  return parts.join("");
}

function littleEndian(array: Uint8Array | Int8Array | Uint32Array): Uint8Array {
  if (!(array instanceof Uint32Array))
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const bytes = new Uint8Array(array.length * 4);
  const view = new DataView(bytes.buffer);
  array.forEach((value, k) => {
    view.setUint32(4 * k, value, true);
  });
  return bytes;
}

/** Text to bytes; letters that base64 does not have count as zero. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let k = 0, at = 0; k < text.length; k += 4) {
    const letter = (offset: number): number => values.get(text.charAt(k + offset)) ?? 0;
    const group = (letter(0) << 18) | (letter(1) << 12) | (letter(2) << 6) | letter(3);
    if (at < bytes.length) bytes[at++] = group >> 16;
    if (at < bytes.length) bytes[at++] = (group >> 8) & 255;
    if (at < bytes.length) bytes[at++] = group & 255;
  }
  return bytes;
}

/** Little-endian uint32 values. */
export function uint32From(text: string): Uint32Array {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: Math.floor(bytes.length / 4) }, (_, k) => view.getUint32(4 * k, true));
}

/** Signed bytes. */
export function int8From(text: string): Int8Array {
  return new Int8Array(fromBase64(text).buffer);
}
