/** Small files of every format, made by hand: what no writer of the package writes. */
import { deflateSync, zstdCompressSync } from "node:zlib";
import { type EventStream, synthesizeGesture, writeEvents } from "@nirkit/events";
import { writeNpy } from "@nirkit/npy";
import { zipSync } from "fflate";

const text = (s: string) => new TextEncoder().encode(s);

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function words(bits: 8 | 16 | 32, values: readonly number[], little = true): Uint8Array {
  const view = new DataView(new ArrayBuffer((values.length * bits) / 8));
  values.forEach((value, i) => {
    if (bits === 8) view.setInt8(i, value);
    else if (bits === 16) view.setInt16(i * 2, value, little);
    else view.setInt32(i * 4, value, little);
  });
  return new Uint8Array(view.buffer);
}
export const u16 = (values: readonly number[], little = true) => words(16, values, little);
export const u32 = (values: readonly number[], little = true) => words(32, values, little);

/** 2000 events of a real scene, on 34 x 34. */
export function smallStream(): EventStream {
  const { t, x, y, p } = synthesizeGesture({ seed: 1, user: 3, label: 7, steps: 30 });
  const n = Math.min(400, t.length);
  return {
    width: 34,
    height: 34,
    t: t.slice(0, n),
    x: x.slice(0, n).map((v) => v % 34),
    y: y.slice(0, n).map((v) => v % 34),
    p: p.slice(0, n),
  };
}

/** AEDAT 2 of a DVS128, or AEDAT 1 with 16-bit addresses. */
export function aedat2(stream: EventStream, version: 1 | 2 = 2): Uint8Array {
  const head = text(`#!AER-DAT${version}.0\r\n# AEChip: net.sf.jaer.chip.DVS128\r\n`);
  const records = Array.from(stream.t, (t, i) => {
    const address = ((stream.y[i] ?? 0) << 8) | ((stream.x[i] ?? 0) << 1) | (stream.p[i] ?? 0);
    return join(version === 1 ? u16([address], false) : u32([address], false), u32([t], false));
  });
  return join(head, ...records);
}

/** A FlatBuffers root table with one field per entry, behind a size prefix where asked for. */
function table(identifier: string, fields: readonly Uint8Array[], vectorOf: number): Uint8Array {
  const vtable = 4 + 2 * fields.length;
  const at = 8 + Math.ceil(vtable / 4) * 4;
  const inline = fields.map((field, slot) => (slot === vectorOf ? 4 : field.length));
  const offsets = inline.map((_, slot) => 4 + inline.slice(0, slot).reduce((a, b) => a + b, 0));
  const tableBytes = 4 + inline.reduce((a, b) => a + b, 0);
  const vector = fields[vectorOf] ?? new Uint8Array(0);
  const bytes = new Uint8Array(at + tableBytes + vector.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, at, true);
  bytes.set(text(identifier), 4);
  view.setUint16(8, vtable, true);
  view.setUint16(10, tableBytes, true);
  offsets.forEach((offset, slot) => {
    view.setUint16(12 + 2 * slot, offset, true);
  });
  view.setInt32(at, at - 8, true);
  fields.forEach((field, slot) => {
    const place = at + (offsets[slot] ?? 0);
    if (slot === vectorOf) view.setUint32(place, at + tableBytes - place, true);
    else bytes.set(field, place);
  });
  bytes.set(vector, at + tableBytes);
  return bytes;
}

function eventPacket(stream: EventStream): Uint8Array {
  const events = new DataView(new ArrayBuffer(4 + 16 * stream.t.length));
  events.setUint32(0, stream.t.length, true);
  stream.t.forEach((t, i) => {
    events.setBigInt64(4 + 16 * i, BigInt(t), true);
    events.setInt16(12 + 16 * i, stream.x[i] ?? 0, true);
    events.setInt16(14 + 16 * i, stream.y[i] ?? 0, true);
    events.setUint8(16 + 16 * i, stream.p[i] ?? 0);
  });
  const root = table("EVTS", [new Uint8Array(events.buffer)], 0);
  return join(u32([root.length]), root);
}

/** An LZ4 frame of one stored block, or a Zstandard frame. */
function pack(content: Uint8Array, compression: number): Uint8Array {
  if (compression === 0) return content;
  if (compression >= 3) return new Uint8Array(zstdCompressSync(content));
  // Magic, version 1 with independent blocks, blocks of 4 MB, header checksum, block, end.
  return join([4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73], u32([content.length | 0x80000000]), content, u32([0]));
}

/** AEDAT 4 with one event stream (1) and a stream of triggers (5) that is not unpacked. */
export function aedat4(
  stream: EventStream,
  compression: number,
  size: string = `${stream.width}`,
): Uint8Array {
  const attr = (key: string, value: string) => `<attr key="${key}" type="string">${value}</attr>`;
  const info = `<node name="info" path="">${attr("sizeX", size)}${attr("sizeY", String(stream.height))}</node>`;
  const node = (id: number, type: string) =>
    `<node name="${id}" path="">${attr("typeIdentifier", type)}${info}</node>`;
  const xml = text(
    `<dv version="2.0"><node name="outInfo" path="">${node(1, "EVTS")}${node(5, "TRIG")}</node></dv>`,
  );
  const header = table("IOHE", [u32([compression]), u32([-1, -1]), join(u32([xml.length]), xml)], 2);
  const packet = (id: number, content: Uint8Array) => join(u32([id, content.length]), content);
  return join(
    text("#!AER-DAT4.0\r\n"),
    u32([header.length]),
    header,
    packet(5, Uint8Array.of(1, 2, 3)),
    packet(1, pack(eventPacket(stream), compression)),
  );
}

/** EVT 3.0 of a worked example: 5 events at 4098 us. */
export function evt3(): Uint8Array {
  const head = text("% evt 3.0\n% geometry 64x32\n% end\n");
  return join(head, u16([0x8001, 0x6002, 0x0005, 0x2003, 0x3808, 0x4801, 0x5003]));
}

/** One element of a MATLAB file: tag, content, padding. */
export function matElement(type: number, content: Uint8Array, little = true): Uint8Array {
  const padding = type === 15 ? 0 : (8 - (content.length % 8)) % 8;
  return join(u32([type, content.length], little), content, new Uint8Array(padding));
}

/** A MATLAB matrix element; `parts` follow its name. */
export function matMatrix(
  options: {
    readonly class: number;
    readonly shape: readonly number[];
    readonly name: string;
    readonly little?: boolean;
  },
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const { little = true } = options;
  const flags = matElement(6, u32([options.class, 0], little), little);
  const dims = matElement(5, u32(options.shape, little), little);
  return matElement(14, join(flags, dims, matElement(1, text(options.name), little), ...parts), little);
}

/** A MATLAB file of some elements, each packed where asked for. */
export function matFile(
  elements: readonly Uint8Array[],
  options: { little?: boolean; packed?: boolean } = {},
): Uint8Array {
  const { little = true, packed = false } = options;
  const head = new Uint8Array(128).fill(0x20);
  head.set(text("MATLAB 5.0 MAT-file"));
  head.set(u16([0x0100], little), 124);
  head.set(text(little ? "IM" : "MI"), 126);
  return join(
    head,
    ...elements.map((e) => (packed ? matElement(15, new Uint8Array(deflateSync(e)), little) : e)),
  );
}

/** One file of each format with its name. */
export function everyFormat(): ReadonlyMap<string, Uint8Array> {
  const stream = smallStream();
  const cells = matMatrix(
    { class: 1, shape: [1, 1], name: "c" },
    matMatrix({ class: 9, shape: [2, 2], name: "" }, matElement(2, Uint8Array.of(1, 2, 3, 4))),
  );
  const numbers = matMatrix({ class: 6, shape: [2, 3], name: "m" }, matElement(3, u16([1, 2, 3, 4, 5, 6])));
  const idx = join([0, 0, 8, 2], u32([3, 4], false), new Uint8Array(12));
  return new Map([
    ["aedat1", aedat2(stream, 1)],
    ["aedat2", aedat2(stream)],
    ["aedat3", writeEvents(stream, "aedat3")],
    ["aedat4", aedat4(stream, 0)],
    ["aedat4-lz4", aedat4(stream, 1)],
    ["aedat4-zstd", aedat4(stream, 3)],
    ["csv", writeEvents(stream, "csv")],
    ["dat", writeEvents(stream, "dat")],
    ["evt2", writeEvents(stream, "evt2")],
    ["evt3", evt3()],
    ["idx", idx],
    ["mat", matFile([numbers, cells])],
    ["mat-packed", matFile([numbers, cells], { packed: true })],
    ["nmnist", writeEvents(stream, "nmnist")],
    ["npy", writeNpy({ dtype: "int32", shape: [2, 4], data: Int32Array.of(1, 2, 0, 5, 3, 4, 1, 6) })],
    ["npy-records", writeEvents(stream, "npy")],
    ["npz", writeEvents(stream, "npz")],
    ["zip", zipSync({ "Test/7/00001.bin": writeEvents(stream, "nmnist") })],
  ]);
}
