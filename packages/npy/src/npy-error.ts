/** What is wrong with a NumPy file. This package knows no graph, so it carries its own form of a diagnostic. */

/** Codes of this package; the text of each stands in the table below. */
export type NpyCode = keyof typeof table;

/**
 * A refused `.npy` or `.npz` file, or an array that cannot be written.
 *
 * `code`, `path` (member of the archive, or empty), `hint` and `detail` have the meaning they have in a
 * diagnostic of `@nirkit/graph`; `message` says what was found and what was expected.
 */
export class NpyError extends Error {
  override readonly name: string = "NpyError";
  readonly code: NpyCode;
  readonly path: string;
  readonly hint: string;

  constructor(code: NpyCode, path: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.path = path;
    this.hint = hint;
  }

  /** The same refusal, located in a member of an archive. */
  at(path: string): NpyError {
    return new NpyError(this.code, path, this.message, this.hint);
  }
}

type Words = readonly [message: string, hint: string];

const table = {
  E_NPY_MAGIC: (d: { found: string }): Words => [
    `Starts with ${d.found}, a .npy file starts with 93 4e 55 4d 50 59`,
    "Write it with numpy.save; an .npz archive is read with readNpz",
  ],
  E_NPY_VERSION: (d: { major: number; minor: number }): Words => [
    `Format version ${d.major}.${d.minor} is unknown; 1.0, 2.0 and 3.0 are read`,
    "Save it again with a released NumPy",
  ],
  E_NPY_HEADER: (d: { why: string }): Words => [
    `The header is not the Python literal NumPy writes: ${d.why}`,
    "The file is damaged or was not written by NumPy; save it again with numpy.save",
  ],
  E_NPY_DTYPE: (d: { descr: string; why: string }): Words => [
    `Element type ${quote(d.descr)} is not read: ${d.why}`,
    "Convert it in NumPy first, for example with array.astype('float32'); bool, (u)int8 to (u)int64 and float16 to float64 are read",
  ],
  E_NPY_OBJECT: (d: { descr: string }): Words => [
    `Element type ${quote(d.descr)} is a pickled object array; loading it would run code from the file`,
    "Save numbers: convert with array.astype(...) or store ragged lists as one flat array and an array of offsets",
  ],
  E_NPY_STRUCTURED: (d: { fields: string }): Words => [
    `The elements are records (${d.fields}), not numbers`,
    "Read them by field with readNpyRecords",
  ],
  E_NPY_NOT_STRUCTURED: (d: { descr: string }): Words => [
    `The elements are numbers (${quote(d.descr)}), not records`,
    "Read the array with readNpy",
  ],
  E_NPY_SHAPE: (d: { shape: string }): Words => [
    `Shape ${d.shape} is not a list of non-negative integers with a product below 2^53`,
    "The file is damaged; save it again",
  ],
  E_NPY_SIZE: (d: { shape: string; descr: string; expected: number; found: number }): Words => [
    `Shape ${d.shape} of ${quote(d.descr)} takes ${d.expected} bytes, the file holds ${d.found} after its header`,
    d.found < d.expected ? "The file is cut off; copy or save it again" : "Store one array per file",
  ],
  E_NPY_VALUE: (d: { dtype: string; value: number; index: number }): Words => [
    `Element ${d.index} is ${d.value}, which ${d.dtype} cannot hold exactly`,
    "Use float32, or round the values before",
  ],
  E_NPY_LENGTH: (d: { shape: string; expected: number; found: number }): Words => [
    `Shape ${d.shape} holds ${d.expected} elements, the array has ${d.found}`,
    "Make shape and data agree",
  ],
  E_NPZ_FORMAT: (d: { why: string }): Words => [
    `Not a readable zip archive: ${d.why}`,
    "Write it with numpy.savez or numpy.savez_compressed; a single array is read with readNpy",
  ],
  E_NPZ_MEMBER: (d: { name: string; why: string }): Words => [
    `Member ${quote(d.name)} ${d.why}`,
    "An .npz archive holds one stored or deflated .npy file per array, each name once",
  ],
  E_NPZ_SIZE: (d: { bytes: number; limit: number }): Words => [
    `The members declare ${d.bytes} bytes, the limit is ${d.limit}`,
    "Raise maxBytes if the archive comes from a source you trust",
  ],
} as const;

/** Makes the error of a code from the detail that its text names. */
export function npyError<C extends NpyCode>(
  code: C,
  path: string,
  detail: Parameters<(typeof table)[C]>[0],
): NpyError {
  const [message, hint] = (table[code] as (d: typeof detail) => Words)(detail);
  return new NpyError(code, path, message, hint);
}

/** JSON quoting keeps control characters of a hostile file out of a terminal; long texts are cut. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
