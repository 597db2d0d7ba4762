import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NpyArray, type NpyDType, NpyError, readNpy, writeNpy } from "../src/index.ts";

/** A version 1.0 file from its header text and bytes. */
function file(dictionary: string, data: readonly number[], major = 1): Uint8Array {
  const text = new TextEncoder().encode(`${dictionary}\n`);
  const length =
    major === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0, ...length, ...text, ...data);
}
const simple = (descr: string, shape: string, data: readonly number[], fortran = "False"): Uint8Array =>
  file(`{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`, data);

function refusal(read: () => unknown): NpyError {
  try {
    read();
  } catch (error) {
    if (error instanceof NpyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("readNpy", () => {
  test("the bytes 00 00 80 3f of '<f4' are 1, those of '>f4' 3f 80 00 00 as well", () => {
    expect(readNpy(simple("<f4", "(1,)", [0, 0, 0x80, 0x3f])).data).toEqual(Float32Array.of(1));
    expect(readNpy(simple(">f4", "(1,)", [0x3f, 0x80, 0, 0])).data).toEqual(Float32Array.of(1));
  });

  test("big-endian int64 and uint16 are swapped, uint8 is not", () => {
    expect(readNpy(simple(">i8", "(1,)", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe])).data).toEqual(
      BigInt64Array.of(-2n),
    );
    expect(readNpy(simple(">u2", "(2,)", [1, 0, 0, 2])).data).toEqual(Uint16Array.of(256, 2));
    expect(readNpy(simple("|u1", "(2,)", [1, 2])).data).toEqual(Uint8Array.of(1, 2));
  });

  test("half precision 3555 is 0.333251953125 and stays float16 by name", () => {
    const array = readNpy(simple("<f2", "(3,)", [0x55, 0x35, 0x01, 0x00, 0x00, 0xfc]));
    expect(array.dtype).toBe("float16");
    expect([...array.data]).toEqual([0.333251953125, 2 ** -24, Number.NEGATIVE_INFINITY]);
  });

  test("a Fortran-ordered [2, 3] file 1 4 2 5 3 6 becomes 1 2 3 4 5 6", () => {
    const array = readNpy(simple("|i1", "(2, 3)", [1, 4, 2, 5, 3, 6], "True"));
    expect(array).toEqual({ dtype: "int8", shape: [2, 3], data: Int8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test("a scalar has shape [], an empty array keeps [3, 0]", () => {
    expect(readNpy(simple("|b1", "()", [7]))).toEqual({ dtype: "bool", shape: [], data: Uint8Array.of(1) });
    expect(readNpy(simple("<f8", "(3, 0)", [])).shape).toEqual([3, 0]);
  });

  test("versions 2 and 3 and Python 2's long integers are read", () => {
    const dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }";
    for (const major of [1, 2, 3]) expect(readNpy(file(dictionary, [5, 6], major)).shape).toEqual([2]);
  });

  test("a view into a larger buffer is read from its own start, and the array does not alias it", () => {
    const inner = simple("<i4", "(1,)", [1, 0, 0, 0]);
    const outer = new Uint8Array(inner.length + 3);
    outer.set(inner, 3);
    const array = readNpy(outer.subarray(3));
    outer.fill(0);
    expect(array.data).toEqual(Int32Array.of(1));
  });

  test("a Node Buffer, whose slice() is a view into a pool, is read as its own bytes", () => {
    const buffer = Buffer.from(simple("<i2", "(2,)", [1, 0, 2, 0]));
    expect(readNpy(buffer).data).toEqual(Int16Array.of(1, 2));
  });

  test.each([
    ["E_NPY_MAGIC", Uint8Array.of(0x50, 0x4b, 3, 4), /50 4b 03 04/],
    ["E_NPY_MAGIC", new Uint8Array(0), /nothing/],
    ["E_NPY_VERSION", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 9, 0, 0, 0), /9\.0/],
    [
      "E_NPY_HEADER",
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 255, 255),
      /declares 65535 bytes/,
    ],
    ["E_NPY_HEADER", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 4), /ends inside/],
    ["E_NPY_HEADER", file("{'descr': __import__('os')}", []), /character/],
    ["E_NPY_HEADER", file("[1]", []), /no dictionary/],
    ["E_NPY_HEADER", file("{1: 2}", []), /key that is no text/],
    ["E_NPY_HEADER", file("{'a': 1, 'a': 2}", []), /twice/],
    ["E_NPY_HEADER", file("{'descr': 'x", []), /without end/],
    ["E_NPY_HEADER", file("{'descr': '\\x41'}", []), /escape/],
    ["E_NPY_HEADER", file("{'descr': '<f4'} 1", []), /after the end/],
    ["E_NPY_HEADER", file("{'descr': '<f4' 1", []), /expected ,/],
    ["E_NPY_HEADER", file(`{'shape': ${"(".repeat(40)}`, []), /deeper than 16/],
    ["E_NPY_HEADER", file("{'descr': '<f4', 'shape': (1,)}", []), /missing: \[fortran_order\]/],
    ["E_NPY_HEADER", file("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", []), /no boolean/],
    ["E_NPY_SHAPE", simple("<f4", "(-1,)", []), /\[-1\]/],
    ["E_NPY_SHAPE", simple("<f4", "(9007199254740991, 4)", []), /2\^53/],
    ["E_NPY_SHAPE", simple("<f4", "3", []), /3/],
    ["E_NPY_SIZE", simple("<f4", "(1000000000000,)", [1, 2]), /takes 4000000000000 bytes, the file holds 2/],
    ["E_NPY_SIZE", simple("|u1", "(1,)", [1, 2]), /takes 1 bytes, the file holds 2/],
    ["E_NPY_OBJECT", simple("|O", "(1,)", [0x80]), /run code/],
    ["E_NPY_DTYPE", simple("<U3", "(1,)", []), /text/],
    ["E_NPY_DTYPE", simple("|S3", "(1,)", []), /byte strings/],
    ["E_NPY_DTYPE", simple("<c8", "(1,)", []), /complex/],
    ["E_NPY_DTYPE", simple("<M8[ns]", "(1,)", []), /dates/],
    ["E_NPY_DTYPE", simple("<f16", "(1,)", []), /portable/],
    ["E_NPY_STRUCTURED", file("{'descr': [('t', '<i8')], 'fortran_order': False, 'shape': (0,)}", []), /"t"/],
  ])("%s refuses the file (%#)", (code, bytes, message) => {
    const error = refusal(() => readNpy(bytes));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint.length).toBeGreaterThan(10);
  });

  test("control characters of a hostile type name are quoted in the message", () => {
    expect(refusal(() => readNpy(simple("\u001b[2J", "(1,)", []))).message).not.toContain("\u001b");
  });
});

describe("writeNpy", () => {
  test("the data starts at a multiple of 64 and the header reads as NumPy writes it", () => {
    const bytes = writeNpy({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
    expect(bytes.length).toBe(128 + 8);
    expect(new TextDecoder("latin1").decode(bytes.subarray(10, 70))).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2,\), \} +/,
    );
    expect(bytes[127]).toBe(0x0a);
  });

  test("a float16 array with 0.1 is refused, with 0.5 written", () => {
    const half = (value: number): NpyArray => ({
      dtype: "float16",
      shape: [1],
      data: Float32Array.of(value),
    });
    expect(refusal(() => writeNpy(half(0.1))).code).toBe("E_NPY_VALUE");
    expect(refusal(() => writeNpy(half(65536))).code).toBe("E_NPY_VALUE");
    expect(readNpy(writeNpy(half(0.5)))).toEqual(half(0.5));
  });

  test("shape [3] over 2 elements is refused", () => {
    const error = refusal(() => writeNpy({ dtype: "int8", shape: [3], data: Int8Array.of(1, 2) }));
    expect(error.code).toBe("E_NPY_LENGTH");
  });
});

const arrays: fc.Arbitrary<NpyArray> = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    dtype: fc.constantFrom<NpyDType>(
      "bool",
      "int8",
      "int16",
      "int32",
      "int64",
      "uint8",
      "uint16",
      "uint32",
      "uint64",
      "float16",
      "float32",
      "float64",
    ),
    seed: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ shape, dtype, seed }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from(
      { length: size },
      (_, i) => ((i * 37 + seed) % 200) - (dtype.startsWith("u") ? 0 : 100),
    );
    return { dtype, shape, data: fill(dtype, values) };
  });

function fill(dtype: NpyDType, values: readonly number[]): NpyArray["data"] {
  if (dtype === "int64") return BigInt64Array.from(values, BigInt);
  if (dtype === "uint64") return BigUint64Array.from(values, (v) => BigInt(Math.abs(v)));
  if (dtype === "bool") return Uint8Array.from(values, (v) => v & 1);
  const types = {
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
    float16: Float32Array,
    float32: Float32Array,
    float64: Float64Array,
  } as const;
  return types[dtype].from(values);
}

describe("round trip", () => {
  test("every dtype and shape survives writeNpy and readNpy, and the source is not changed", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const before = structuredClone(array);
        expect(readNpy(writeNpy(array))).toEqual(array);
        expect(array).toEqual(before);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("any damage to a file is read or refused with a code, never another exception", () => {
    const source = writeNpy({ dtype: "int16", shape: [2, 2], data: Int16Array.of(1, 2, 3, 4) });
    fc.assert(
      fc.property(fc.nat(source.length - 1), fc.nat(255), fc.nat(source.length), (at, byte, end) => {
        const damaged = source.slice(0, Math.max(end, 1));
        damaged[at % damaged.length] = byte;
        try {
          readNpy(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(NpyError);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});
