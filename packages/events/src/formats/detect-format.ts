/** Which format a file of events has, by its content. */
import { readAsciiHeader } from "./ascii-header.ts";
import { Decoding, type EventFormat } from "./decoding.ts";
import { rawVersion } from "./raw-header.ts";

/**
 * The format that the first bytes of a file say, undefined when none does.
 *
 * N-MNIST files carry no mark: bytes count as such when none of the marks fits and the records of five bytes (up to
 * 4096 of them) have times that never go back.
 *
 * @param bytes the whole file, or at least its header
 */
export function detectFormat(bytes: Uint8Array): EventFormat | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith("#!AER-DAT")) return aedatFormat(start);
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return "npz";
  if (/^t,x,y,p\r?(\n|$)/.test(start)) return "csv";
  if (start.startsWith("%")) return propheseeFormat(bytes);
  if (start.startsWith("#")) return "aedat1";
  return isNmnist(bytes) ? "nmnist" : undefined;
}

function aedatFormat(start: string): EventFormat | undefined {
  const major = start["#!AER-DAT".length];
  return major === "1"
    ? "aedat1"
    : major === "2"
      ? "aedat2"
      : major === "3"
        ? "aedat3"
        : major === "4"
          ? "aedat4"
          : undefined;
}

function propheseeFormat(bytes: Uint8Array): EventFormat | undefined {
  const form = { mark: "%", isEnd: (line: string) => /^% *end$/i.test(line) } as const;
  const header = readAsciiHeader(new Decoding({}), bytes, true, form);
  if (header === undefined || header.lines.length === 0) return undefined;
  if (header.lines.some((line) => /^% *Data file containing/i.test(line))) return "dat";
  const version = rawVersion(header);
  if (version === "2.0") return "evt2";
  if (version === "3.0") return "evt3";
  return version === undefined && header.lines.some((line) => /^% *Version/i.test(line)) ? "dat" : undefined;
}

function isNmnist(bytes: Uint8Array): boolean {
  const records = Math.min(4096, Math.floor(bytes.length / 5));
  if (records === 0) return false;
  let before = -1;
  for (let at = 0; at < records * 5; at += 5) {
    if (bytes[at + 1] === 240) continue;
    const t = (((bytes[at + 2] ?? 0) & 0x7f) << 16) | ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (t < before) return false;
    before = t;
  }
  return true;
}
