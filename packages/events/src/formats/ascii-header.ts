/** The ASCII lines that AEDAT, DAT and RAW files start with. */
import { eventsError } from "../diagnostics.ts";
import type { Decoding } from "./decoding.ts";

/** Lines without their ends, and where the data starts. */
export interface AsciiHeader {
  readonly lines: readonly string[];
  readonly end: number;
}

// Camera settings as XML take 175 kB in real files.
const maxHeaderBytes = 2 ** 24;

/**
 * Reads lines that start with `mark` (`#` or `%`) and hold no control characters, so that data which happens to
 * start with the mark is not taken for a line. A line that `isEnd` accepts is the last.
 *
 * @param last true when nothing follows `bytes`
 * @returns undefined when the header may go on beyond `bytes`
 * @throws E_EVENTS_HEADER for more than 16 MiB
 */
export function readAsciiHeader(
  decoding: Decoding,
  bytes: Uint8Array,
  last: boolean,
  form: { readonly mark: "#" | "%"; readonly isEnd: (line: string) => boolean },
): AsciiHeader | undefined {
  const mark = form.mark.charCodeAt(0);
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length && bytes[at] === mark) {
    const end = lineEnd(bytes, at);
    if (end === "none") break;
    if (end === "open") return last ? { lines, end: at } : incomplete(decoding, bytes);
    lines.push(textOf(bytes, at, end));
    at = end + 1;
    if (form.isEnd(lines.at(-1) ?? "")) return { lines, end: at };
  }
  if (at === bytes.length && !last) return incomplete(decoding, bytes);
  return { lines, end: at };
}

function incomplete(decoding: Decoding, bytes: Uint8Array): undefined {
  if (bytes.length > maxHeaderBytes)
    throw eventsError("E_EVENTS_HEADER", decoding.at(0), {
      why: `it does not end within ${maxHeaderBytes} bytes`,
    });
  return undefined;
}

/** Position of the LF, `none` when a control character comes first, `open` when the bytes end. */
function lineEnd(bytes: Uint8Array, from: number): number | "none" | "open" {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === 10) return at;
    if (byte < 32 && byte !== 9 && byte !== 13) return "none";
  }
  return "open";
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  // A loop, not a spread: a hostile line may be megabytes long.
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number);
  return text.replace(/\r$/, "");
}

/** What follows a key at the start of some line: `# AEChip: ` gives the class. */
export function headerValue(header: AsciiHeader, pattern: RegExp): string | undefined {
  for (const line of header.lines) {
    const value = pattern.exec(line)?.[1];
    if (value !== undefined) return value.trim();
  }
  return undefined;
}
