/**
 * zlib of the runtime, where it has a synchronous one (Node). In browsers there is none, and files with deflated arrays
 * are left to the HDF5 library.
 */
import { giveUp } from "./file-bytes.ts";

interface Zlib {
  inflateSync(stored: Uint8Array, options: { maxOutputLength: number; chunkSize: number }): Uint8Array;
}

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

const zlib = (globalThis as Runtime).process?.getBuiltinModule?.("node:zlib") as Zlib | undefined;

/** The bytes that were deflated, exactly `length` of them. */
export function inflate(stored: Uint8Array, length: number): Uint8Array {
  if (zlib === undefined) return giveUp("no zlib");
  let inflated: Uint8Array;
  try {
    inflated = zlib.inflateSync(stored, { maxOutputLength: length, chunkSize: Math.max(64, length) });
  } catch {
    return giveUp("damaged or longer");
  }
  return inflated.length === length ? inflated : giveUp("shorter");
}
