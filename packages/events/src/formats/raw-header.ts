/** The ASCII header of Prophesee RAW files. */
import { type AsciiHeader, headerValue, readAsciiHeader } from "./ascii-header.ts";
import type { Decoding } from "./decoding.ts";

const form = { mark: "%", isEnd: (line: string) => /^% *end$/i.test(line) } as const;

/** Sensor size by system number, for headers that name no size. */
const systems: ReadonlyMap<string, readonly [width: number, height: number]> = new Map([
  ["21", [640, 480]],
  ["48", [1280, 720]],
  ["49", [1280, 720]],
]);

/** Reads the header and takes the sensor size from it; gives where the data starts, undefined when not whole. */
export function readRawHeader(decoding: Decoding, bytes: Uint8Array, last: boolean): number | undefined {
  const header = readAsciiHeader(decoding, bytes, last, form);
  if (header === undefined) return undefined;
  const size = sizeOf(header);
  if (size !== undefined) decoding.setSize(...size);
  const version = rawVersion(header);
  decoding.header = {
    lines: header.lines.length,
    bytes: header.end,
    ...(version === undefined ? {} : { version }),
  };
  return header.end;
}

function sizeOf(header: AsciiHeader): readonly [number, number] | undefined {
  const pairs = [
    [
      headerValue(header, /^% *format .*\bwidth=(\d{1,5})/i),
      headerValue(header, /^% *format .*\bheight=(\d{1,5})/i),
    ],
    [
      headerValue(header, /^% *geometry +(\d{1,5})x/i),
      headerValue(header, /^% *geometry +\d{1,5}x(\d{1,5})/i),
    ],
    [headerValue(header, /^% *width +(\d{1,5})/i), headerValue(header, /^% *height +(\d{1,5})/i)],
  ];
  for (const [width, height] of pairs)
    if (Number(width) > 0 && Number(height) > 0) return [Number(width), Number(height)];
  return systems.get(headerValue(header, /^% *system_id +(\d+)/i) ?? "");
}

/** `2.0`, `2.1`, `3.0`, … of a RAW header; undefined when it is none. */
export function rawVersion(header: AsciiHeader): string | undefined {
  const evt = headerValue(header, /^% *evt +(\d\.\d)/i);
  if (evt !== undefined) return evt;
  const format = headerValue(header, /^% *format +EVT(\d+)/i);
  if (format !== undefined) return format.length === 1 ? `${format}.0` : `${format[0]}.${format[1]}`;
  const plugin = headerValue(header, /^% *plugin_name +(\S+)/i);
  if (plugin === undefined) return undefined;
  return /gen3/.test(plugin) ? "2.0" : /gen4|imx636/.test(plugin) ? "3.0" : undefined;
}
