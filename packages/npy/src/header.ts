/** The header of a `.npy` file: magic, version, and a Python dictionary (NumPy enhancement proposal 1). */
import { strFromU8, strToU8 } from "fflate";
import { type Literal, parseLiteral } from "./literal.ts";
import { npyError } from "./npy-error.ts";

/** A header; `descr` is a string, or the field list of a structured type. */
export interface NpyHeader {
  readonly descr: Literal;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements start. */
  readonly dataOffset: number;
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const keys = ["descr", "fortran_order", "shape"];
// A field list of thousands of columns fits; a length that only wants memory does not.
const maxHeaderBytes = 1 << 20;
// NumPy itself stops at 64 axes.
const maxRank = 64;

/** @throws E_NPY_MAGIC, E_NPY_VERSION, E_NPY_HEADER, E_NPY_SHAPE */
export function readHeader(bytes: Uint8Array): NpyHeader {
  if (!magic.every((byte, i) => bytes[i] === byte))
    throw npyError("E_NPY_MAGIC", "", { found: hex(bytes.subarray(0, 6)) });
  const [major = 0, minor = 0] = bytes.subarray(6, 8);
  if (minor !== 0 || major < 1 || major > 3) throw npyError("E_NPY_VERSION", "", { major, minor });
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw npyError("E_NPY_HEADER", "", { why: "the file ends inside it" });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderBytes || start + length > bytes.length)
    throw npyError("E_NPY_HEADER", "", {
      why: `it declares ${length} bytes, of ${bytes.length - start} in the file and ${maxHeaderBytes} allowed`,
    });
  const text = decode(bytes.subarray(start, start + length), major);
  return { ...readFields(parseLiteral(text)), dataOffset: start + length };
}

/** Version 3 is UTF-8, the others Latin-1. */
function decode(text: Uint8Array, major: number): string {
  try {
    return strFromU8(text, major < 3);
  } catch {
    throw npyError("E_NPY_HEADER", "", { why: "it is not UTF-8" });
  }
}

function readFields(literal: Literal): Omit<NpyHeader, "dataOffset"> {
  if (!(literal instanceof Map)) throw npyError("E_NPY_HEADER", "", { why: "it is no dictionary" });
  const fields: ReadonlyMap<string, Literal> = literal;
  const wrong = [...fields.keys()].filter((key) => !keys.includes(key));
  const missing = keys.filter((key) => !fields.has(key));
  if (wrong.length + missing.length > 0)
    throw npyError("E_NPY_HEADER", "", {
      why: `keys missing: [${missing}], unknown: ${JSON.stringify(wrong)}`,
    });
  const fortranOrder = fields.get("fortran_order");
  if (typeof fortranOrder !== "boolean")
    throw npyError("E_NPY_HEADER", "", { why: "fortran_order is no boolean" });
  return { descr: fields.get("descr") ?? null, fortranOrder, shape: readShape(fields.get("shape") ?? null) };
}

/** A list of non-negative integers whose product, zeros left out, stays below 2^53. */
export function readShape(literal: Literal): readonly number[] {
  const shape = Array.isArray(literal) ? (literal as readonly Literal[]) : undefined;
  let product = 1;
  const good = shape?.every((n): n is number => {
    if (typeof n !== "number" || n < 0) return false;
    product *= n === 0 ? 1 : n;
    return Number.isSafeInteger(product);
  });
  if (shape === undefined || good !== true || shape.length > maxRank)
    throw npyError("E_NPY_SHAPE", "", { shape: JSON.stringify(literal)?.slice(0, 80) ?? "missing" });
  return shape as readonly number[];
}

/** A version 1.0 header whose end is a multiple of 64; version 2.0 where it does not fit. */
export function writeHeader(descr: string, shape: readonly number[]): Uint8Array {
  const list = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${list}), }`;
  const start = 10 + dictionary.length + 64 < 65536 ? 10 : 12;
  const end = Math.ceil((start + dictionary.length + 1) / 64) * 64;
  const header = new Uint8Array(end).fill(0x20);
  header.set(magic);
  header[6] = start === 10 ? 1 : 2;
  header[7] = 0;
  const view = new DataView(header.buffer);
  if (start === 10) view.setUint16(8, end - start, true);
  else view.setUint32(8, end - start, true);
  header.set(strToU8(dictionary, true), start);
  header[end - 1] = 0x0a;
  return header;
}

function hex(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ");
}
