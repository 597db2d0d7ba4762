/** Safetensors: named arrays behind a JSON header (the format's public description). */
import { z } from "zod";
import { trainError } from "../diagnostics.ts";

/** A float32 array with its shape. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const entrySchema = z.object({
  dtype: z.literal("F32"),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

const maxHeaderBytes = 100_000_000;

/** Bytes of named float32 arrays: u64 length of the header, header, data in the order given. */
export function writeSafetensors(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { shape, data }] of arrays) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Data begins at a multiple of 8; the header is filled up with spaces.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + offset).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  const view = new DataView(bytes.buffer);
  let at = 8 + length;
  for (const { data } of arrays.values())
    for (let k = 0; k < data.length; k++, at += 4) view.setFloat32(at, data[k] as number, true);
  return bytes;
}

/** @throws E_CHECKPOINT at `path` for files that are no safetensors of float32 arrays */
export function readSafetensors(bytes: Uint8Array, path: string): ReadonlyMap<string, NamedArray> {
  const refuse = (why: string): Error => trainError("E_CHECKPOINT", path, { why });
  if (bytes.length < 8) throw refuse("The file is shorter than its first number");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > maxHeaderBytes || 8 + length > bytes.length) throw refuse(`The header has ${length} bytes`);
  const header = parseHeader(bytes.subarray(8, 8 + length));
  if (header === undefined) throw refuse("The header is not the JSON of named float32 arrays");
  const arrays = new Map<string, NamedArray>();
  for (const [name, { shape, data_offsets }] of Object.entries(header)) {
    const [from, to] = data_offsets;
    const size = shape.reduce((product, n) => product * n, 1);
    if (to - from !== 4 * size || 8 + length + to > bytes.length)
      throw refuse(`${name} has shape [${shape}] and bytes ${from} to ${to}`);
    const data = new Float32Array(size);
    for (let k = 0; k < size; k++) data[k] = view.getFloat32(8 + length + from + 4 * k, true);
    arrays.set(name, { shape, data });
  }
  return arrays;
}

function parseHeader(bytes: Uint8Array): Record<string, z.infer<typeof entrySchema>> | undefined {
  try {
    const { __metadata__: _, ...entries } = JSON.parse(new TextDecoder().decode(bytes)) as Record<
      string,
      unknown
    >;
    const read = z.record(z.string(), entrySchema).safeParse(entries);
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
