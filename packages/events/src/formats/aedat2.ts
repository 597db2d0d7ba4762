/** AEDAT 1.0 and 2.0 of jAER: ASCII header, then big-endian (address, time) records. */
import { eventsError } from "../diagnostics.ts";
import { type AsciiHeader, headerValue, readAsciiHeader } from "./ascii-header.ts";
import { type Chip, chipNames, findChip } from "./chips.ts";
import type { Decode, Decoding } from "./decoding.ts";
import { ImuCollector } from "./imu-collector.ts";

/** Signed 32-bit times wrap by this much. */
const wrapUs = 2 ** 32;
const wrapStep = -(2 ** 30);

const form = { mark: "#", isEnd: (line: string) => line === "#End Of ASCII Header" } as const;

/** Decoder of AEDAT 1 (6 bytes a record) and AEDAT 2 (8 bytes). */
export function aedat2Decoder(decoding: Decoding): Decode {
  let records: Decode | undefined;
  return (bytes, last) => {
    if (records !== undefined) return records(bytes, last);
    const header = readAsciiHeader(decoding, bytes, last, form);
    if (header === undefined) return 0;
    const version = /^#!AER-DAT([0-9.]+)/.exec(header.lines[0] ?? "")?.[1] ?? "1.0";
    const chip = takeHeader(decoding, header, version);
    const recordBytes = version.startsWith("1") ? 6 : 8;
    if (header.end === bytes.length && last) return header.end;
    records = recordDecoder(decoding, known(decoding, chip, header.end), recordBytes);
    decoding.position += header.end;
    const used = records(bytes.subarray(header.end), last);
    decoding.position -= header.end;
    return header.end + used;
  };
}

function takeHeader(decoding: Decoding, header: AsciiHeader, version: string): string | undefined {
  const named = headerValue(header, /^# ?AEChip: *(\S+)/);
  const chip = decoding.options.chip ?? named?.split(".").at(-1);
  const time = headerValue(header, /^# ?Creation time: .*?(\d{1,15})\s*$/);
  decoding.header = {
    version,
    lines: header.lines.length,
    bytes: header.end,
    ...(chip === undefined ? {} : { chip }),
    ...(time === undefined ? {} : { creationTimeMs: Number(time) }),
  };
  const found = chip === undefined ? undefined : findChip(chip);
  if (found !== undefined) decoding.setSize(found.width, found.height);
  return chip;
}

/** Data of an unknown camera is not decoded by guess. */
function known(decoding: Decoding, name: string | undefined, offset: number): Chip {
  const chip = name === undefined ? undefined : findChip(name);
  if (chip !== undefined) return chip;
  throw eventsError("E_EVENTS_CHIP", decoding.at(offset), { chip: name ?? "", known: chipNames });
}

function recordDecoder(decoding: Decoding, chip: Chip, recordBytes: 6 | 8): Decode {
  const imu = decoding.options.imu === true ? new ImuCollector() : undefined;
  let [loops, before] = [0, Number.NEGATIVE_INFINITY];
  return (bytes, last) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = Math.floor(bytes.length / recordBytes);
    decoding.columns.reserve(count);
    for (let i = 0, at = 0; i < count; i++, at += recordBytes) {
      const address = recordBytes === 6 ? view.getUint16(at) : view.getUint32(at);
      const raw = view.getInt32(at + recordBytes - 4);
      if (raw - before < wrapStep) loops++;
      before = raw;
      const t = raw + loops * wrapUs;
      if (chip.layout === "dvs128") dvsEvent(decoding, address, t, at);
      else davisEvent(decoding, address, t, at, imu);
    }
    if (last && imu !== undefined) decoding.imu = imu.take();
    const used = count * recordBytes;
    if (!last || used === bytes.length) return used;
    decoding.truncated("A record", used, bytes.length - used, recordBytes);
    return bytes.length;
  };
}

function dvsEvent(decoding: Decoding, address: number, t: number, at: number): void {
  const x = (address >>> 1) & 0x7f;
  const y = (address >>> 8) & 0x7f;
  if ((address & 0x8000) !== 0 || address >>> 31 !== 0) decoding.count("external");
  else if (x >= decoding.xEnd || y >= decoding.yEnd) decoding.outside(x, y, at);
  else decoding.push(t, x, y, address & 1);
}

const sampleKinds = ["aps-reset", "aps-signal", "aps-other", "imu"];

/** Bits 9..0 of a polarity address can hold anything and are not looked at. */
function davisEvent(
  decoding: Decoding,
  address: number,
  t: number,
  at: number,
  imu: ImuCollector | undefined,
): void {
  const kind = (address >>> 10) & 3;
  const x = (address >>> 12) & 0x3ff;
  const y = (address >>> 22) & 0x1ff;
  if (address >>> 31 !== 0) {
    decoding.count(sampleKinds[kind] as string);
    if (kind === 3) imu?.push(t, (address >>> 28) & 7, (address << 4) >> 16);
  } else if ((kind & 1) !== 0) decoding.count("external");
  else if (x >= decoding.xEnd || y >= decoding.yEnd) decoding.outside(x, y, at);
  else decoding.push(t, x, y, kind >>> 1);
}
