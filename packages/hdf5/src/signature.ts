/** What can be told from the first bytes of a file, before the HDF5 library sees it. */
import type { Diagnostic } from "@nirkit/graph";
import { corrupt, notHdf5 } from "./diagnostics.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/**
 * Offset of the HDF5 superblock: 0, or after a user block of 512, 1024, 2048 … bytes; -1 when there is none.
 *
 * @see HDF5 File Format Specification 3.0, II.A
 */
export function superblockOffset(bytes: Uint8Array): number {
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2)
    if (signature.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

/** Refuses what is no HDF5 file, or one that ends before its own end-of-file address; undefined for the rest. */
export function checkSignature(bytes: Uint8Array): Diagnostic | undefined {
  const at = superblockOffset(bytes);
  if (at < 0) return notHdf5(describe(bytes));
  const end = endOfFile(bytes, at);
  if (end === undefined) return corrupt("/", "the superblock is cut off or of an unknown version");
  if (end > bytes.length) return corrupt("/", `the file has ${bytes.length} bytes of ${end}: it was cut off`);
  return undefined;
}

/** The end-of-file address of superblock versions 0 to 3; it counts from the start of the file, user block included. */
function endOfFile(bytes: Uint8Array, at: number): number | undefined {
  const version = bytes[at + 8];
  if (version === undefined || version > 3) return undefined;
  const old = version < 2;
  const width = bytes[at + (old ? 13 : 9)];
  if (width !== 2 && width !== 4 && width !== 8) return undefined;
  // Base, free-space or extension, and end-of-file addresses follow each other.
  const base = at + (old ? (version === 0 ? 24 : 28) : 12);
  if (base + 3 * width > bytes.length) return undefined;
  const end = address(bytes, base + 2 * width, width);
  return end > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(end);
}

function address(bytes: Uint8Array, at: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const [a, b, c, d] = bytes;
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) return "a ZIP archive";
  if (a === 0x1f && b === 0x8b) return "a gzip file";
  if (a === 0x80 && (b ?? 9) <= 5) return "a Python pickle";
  const start = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return "JSON text";
  if (!/[\p{Cc}\ufffd]/u.test(start.replace(/\s/g, ""))) return "text";
  return `binary data of another kind (${bytes.length} bytes)`;
}
