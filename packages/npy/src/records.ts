/** `.npy` files of records (structured types), as event recordings use: one array per field. */
import { type NpyArray, parseDescr } from "./dtype.ts";
import { decodeElements, rowMajor } from "./elements.ts";
import { readHeader, readShape } from "./header.ts";
import type { Literal } from "./literal.ts";
import { elementBytes } from "./npy.ts";
import { npyError } from "./npy-error.ts";

interface Field {
  readonly name: string;
  readonly descr: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

interface RecordLayout {
  readonly fields: readonly Field[];
  readonly itemBytes: number;
}

/**
 * Reads the fields of a structured array, packed or aligned, into one array each.
 *
 * Each field has the shape of the file followed by its own (`('xy', '<i2', (2,))` adds an axis).
 *
 * @throws NpyError as readNpy, and E_NPY_NOT_STRUCTURED for a file of plain numbers
 * @example records of [('t', '<i8'), ('p', '|u1')] give Map { "t" → int64 [n], "p" → uint8 [n] }
 */
export function readNpyRecords(bytes: Uint8Array): ReadonlyMap<string, NpyArray> {
  const header = readHeader(bytes);
  if (typeof header.descr === "string") throw npyError("E_NPY_NOT_STRUCTURED", "", { descr: header.descr });
  const layout = readLayout(header.descr);
  const content = elementBytes(bytes, header, layout.itemBytes, "records");
  return new Map(layout.fields.map((field) => [field.name, readField(content, layout, field, header)]));
}

function readField(
  content: Uint8Array,
  layout: RecordLayout,
  field: Field,
  header: { readonly shape: readonly number[]; readonly fortranOrder: boolean },
): NpyArray {
  const format = parseDescr(field.descr);
  const bytesEach = format.itemBytes * sizeOf(field.shape);
  const records = layout.itemBytes === 0 ? 0 : content.length / layout.itemBytes;
  const column = new Uint8Array(records * bytesEach);
  // Byte by byte: a view and a call per record cost more than its few bytes.
  for (let i = 0, to = 0; i < records; i++) {
    const from = i * layout.itemBytes + field.offset;
    for (let byte = 0; byte < bytesEach; byte++) column[to++] = content[from + byte] as number;
  }
  if (header.fortranOrder && header.shape.length > 1 && field.shape.length > 0)
    throw headerError("a Fortran-ordered array of records with array fields");
  const data = decodeElements(column, format);
  return {
    dtype: format.dtype,
    shape: [...header.shape, ...field.shape],
    data: header.fortranOrder ? rowMajor(data, header.shape) : data,
  };
}

/** `[(name, format[, shape]), …]`, or the dictionary form with names, formats, offsets and itemsize. */
function readLayout(descr: Literal): RecordLayout {
  const layout = descr instanceof Map ? dictionaryLayout(descr) : listLayout(descr);
  const names = layout.fields.map((field) => field.name);
  if (new Set(names).size !== names.length) throw headerError("a field name twice");
  const outside = layout.fields.some((f) => f.offset < 0 || f.offset + fieldBytes(f) > layout.itemBytes);
  if (outside) throw headerError("a field outside its record");
  return layout;
}

function listLayout(descr: Literal): RecordLayout {
  if (!Array.isArray(descr)) throw headerError("descr is neither a text, a list nor a dictionary");
  const fields: Field[] = [];
  let offset = 0;
  for (const entry of descr as readonly Literal[]) {
    const [name, format, shape = []] = Array.isArray(entry) ? (entry as readonly Literal[]) : [];
    if (typeof name !== "string" || typeof format !== "string")
      throw headerError("a field that is no (name, format)");
    const field: Field = {
      name,
      descr: format,
      offset,
      shape: readShape(typeof shape === "number" ? [shape] : shape),
    };
    // NumPy writes the gaps of an aligned record as unnamed raw bytes.
    if (name !== "" || !/^\|V\d+$/.test(format)) fields.push(field);
    offset += fieldBytes(field);
  }
  return { fields, itemBytes: offset };
}

function dictionaryLayout(descr: ReadonlyMap<string, Literal>): RecordLayout {
  const column = (key: string): readonly Literal[] => {
    const list = descr.get(key);
    if (!Array.isArray(list)) throw headerError(`a record type without ${key}`);
    return list as readonly Literal[];
  };
  const formats = column("formats");
  const offsets = column("offsets");
  const itemBytes = descr.get("itemsize");
  const fields = column("names").map((name, i): Field => {
    const format = formats[i];
    const offset = offsets[i];
    if (typeof name !== "string" || typeof format !== "string" || typeof offset !== "number")
      throw headerError(`field ${i} without name, format or offset`);
    return { name, descr: format, offset, shape: [] };
  });
  if (typeof itemBytes !== "number" || itemBytes < 0) throw headerError("a record type without itemsize");
  return { fields, itemBytes };
}

function fieldBytes(field: Field): number {
  const gap = /^\|V(\d{1,9})$/.exec(field.descr);
  return (gap === null ? parseDescr(field.descr).itemBytes : Number(gap[1])) * sizeOf(field.shape);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function headerError(why: string): Error {
  return npyError("E_NPY_HEADER", "", { why });
}
