/** `.npy` files of numbers. */
import { descrOf, type NpyArray, parseDescr } from "./dtype.ts";
import { decodeElements, encodeElements, rowMajor } from "./elements.ts";
import { type NpyHeader, readHeader, writeHeader } from "./header.ts";
import { npyError } from "./npy-error.ts";

/**
 * Reads a `.npy` file (format 1.0, 2.0 or 3.0) as a row-major array.
 *
 * Big-endian and Fortran-ordered files are converted; a header is parsed, never evaluated. The memory taken is
 * bounded by the file's size (twice it for float16).
 *
 * @param bytes the whole file; not kept
 * @throws NpyError E_NPY_MAGIC, E_NPY_VERSION, E_NPY_HEADER, E_NPY_SHAPE, E_NPY_DTYPE, E_NPY_OBJECT,
 *   E_NPY_STRUCTURED, E_NPY_SIZE
 * @example readNpy(writeNpy({ dtype: "int8", shape: [2], data: Int8Array.of(1, -1) })).data // Int8Array [1, -1]
 * @see NumPy enhancement proposal 1, "A simple file format for NumPy arrays"
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const header = readHeader(bytes);
  if (typeof header.descr !== "string")
    throw npyError("E_NPY_STRUCTURED", "", { fields: JSON.stringify(header.descr)?.slice(0, 80) ?? "none" });
  const format = parseDescr(header.descr);
  const content = elementBytes(bytes, header, format.itemBytes, header.descr);
  const data = decodeElements(content, format);
  const ordered = header.fortranOrder ? rowMajor(data, header.shape) : data;
  return { dtype: format.dtype, shape: header.shape, data: ordered };
}

/** The bytes behind the header, exactly as many as the shape takes. */
export function elementBytes(
  bytes: Uint8Array,
  header: NpyHeader,
  itemBytes: number,
  descr: string,
): Uint8Array {
  const count = header.shape.reduce((product, n) => product * n, 1);
  const content = bytes.subarray(header.dataOffset);
  const expected = count * itemBytes;
  if (content.length !== expected)
    throw npyError("E_NPY_SIZE", "", { shape: `[${header.shape}]`, descr, expected, found: content.length });
  return content;
}

/**
 * Writes an array as a little-endian, row-major `.npy` file; the same array gives the same bytes.
 *
 * @throws NpyError E_NPY_LENGTH when shape and data disagree, E_NPY_VALUE when a float16 array holds a value that
 *   half precision cannot
 */
export function writeNpy(array: NpyArray): Uint8Array {
  const expected = array.shape.reduce((product, n) => product * n, 1);
  if (array.data.length !== expected)
    throw npyError("E_NPY_LENGTH", "", { shape: `[${array.shape}]`, expected, found: array.data.length });
  const header = writeHeader(descrOf(array.dtype), array.shape);
  const content = encodeElements(array);
  const file = new Uint8Array(header.length + content.length);
  file.set(header);
  file.set(content, header.length);
  return file;
}
