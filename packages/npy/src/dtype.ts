/** Element types and how NumPy spells them (`<f4`, `>i8`, `|b1`). */
import { npyError } from "./npy-error.ts";

interface TypedArrays {
  float16: Float32Array;
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

/** Element type of an {@link NpyArray}; the NumPy name. */
export type NpyDType = keyof TypedArrays;

/** A row-major array: `bool` as 0/1 bytes, `float16` widened exactly to float32, `int64` as BigInt64Array. */
export interface NpyArray<D extends NpyDType = NpyDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrays[D];
}

/** Any array that stores elements. */
export type NpyData = TypedArrays[NpyDType];

/** The bytes of one element as they stand in the file. */
export interface ElementFormat {
  readonly dtype: NpyDType;
  readonly itemBytes: number;
  readonly bigEndian: boolean;
}

const codes: ReadonlyMap<string, NpyDType> = new Map([
  ["b1", "bool"],
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
]);

const foreignKinds: ReadonlyMap<string, string> = new Map([
  ["U", "it is text"],
  ["S", "it is byte strings"],
  ["a", "it is byte strings"],
  ["c", "it is complex"],
  ["M", "it is dates"],
  ["m", "it is time differences"],
  ["V", "it is raw bytes"],
  ["f", "this width of float is not portable"],
]);

/**
 * Reads a descr string.
 *
 * @example parseDescr(">f4") // { dtype: "float32", itemBytes: 4, bigEndian: true }
 * @throws E_NPY_OBJECT, E_NPY_DTYPE
 */
export function parseDescr(descr: string): ElementFormat {
  const match = /^([<>|=]?)([A-Za-z?])([0-9]*)(.*)$/s.exec(descr);
  const [, order = "", kind = "", width = "", rest = ""] = match ?? [];
  if (kind === "O") throw npyError("E_NPY_OBJECT", "", { descr });
  const dtype = kind === "?" ? "bool" : codes.get(kind + width);
  if (dtype === undefined || rest !== "")
    throw npyError("E_NPY_DTYPE", "", {
      descr,
      why: foreignKinds.get(kind) ?? "it is not a known number type",
    });
  return { dtype, itemBytes: kind === "?" ? 1 : Number(width), bigEndian: order === ">" };
}

/** The descr string of a dtype, little-endian. */
export function descrOf(dtype: NpyDType): string {
  for (const [code, name] of codes) if (name === dtype) return `${code.endsWith("1") ? "|" : "<"}${code}`;
  throw npyError("E_NPY_DTYPE", "", { descr: String(dtype), why: "it is not a known number type" });
}

/** True where typed arrays store the low byte last; nirkit's bytes are little-endian everywhere. */
export const hostIsBigEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
