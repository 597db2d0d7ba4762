import { expect, test } from "vitest";
import { NpyError, readNpyRecords, writeNpy } from "../src/index.ts";

function records(descr: string, shape: string, data: readonly number[], fortran = "False"): Uint8Array {
  const text = new TextEncoder().encode(
    `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}}\n`,
  );
  return Uint8Array.of(
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...data,
  );
}

test("packed events t, x, p come apart by field", () => {
  const descr = "[('t', '<i4'), ('x', '>u2'), ('p', '|b1')]";
  const fields = readNpyRecords(records(descr, "(2,)", [9, 0, 0, 0, 1, 0, 1, 10, 0, 0, 0, 0, 2, 0]));
  expect([...fields.keys()]).toEqual(["t", "x", "p"]);
  expect(fields.get("t")).toEqual({ dtype: "int32", shape: [2], data: Int32Array.of(9, 10) });
  expect(fields.get("x")?.data).toEqual(Uint16Array.of(256, 2));
  expect(fields.get("p")?.data).toEqual(Uint8Array.of(1, 0));
});

test("aligned records skip their gaps, in both spellings", () => {
  const gaps = "[('p', '|u1'), ('', '|V3'), ('t', '<i4')]";
  const dictionary = "{'names': ['p', 't'], 'formats': ['|u1', '<i4'], 'offsets': [0, 4], 'itemsize': 8}";
  for (const descr of [gaps, dictionary]) {
    const fields = readNpyRecords(records(descr, "(1,)", [1, 7, 7, 7, 5, 0, 0, 0]));
    expect([...fields].map(([name, array]) => [name, [...array.data]])).toEqual([
      ["p", [1]],
      ["t", [5]],
    ]);
  }
});

test("an array field adds its axis", () => {
  const fields = readNpyRecords(records("[('xy', '|i1', (2,))]", "(2,)", [1, 2, 3, 4]));
  expect(fields.get("xy")).toEqual({ dtype: "int8", shape: [2, 2], data: Int8Array.of(1, 2, 3, 4) });
});

test.each([
  ["E_NPY_NOT_STRUCTURED", writeNpy({ dtype: "int8", shape: [], data: Int8Array.of(1) })],
  ["E_NPY_HEADER", records("5", "(1,)", [])],
  ["E_NPY_HEADER", records("[('a', 5)]", "(1,)", [])],
  ["E_NPY_HEADER", records("[('a', '|u1'), ('a', '|u1')]", "(1,)", [1, 1])],
  [
    "E_NPY_HEADER",
    records("{'names': ['p'], 'formats': ['|u1'], 'offsets': [9], 'itemsize': 2}", "(1,)", [1, 1]),
  ],
  ["E_NPY_HEADER", records("{'names': ['p'], 'formats': ['|u1'], 'offsets': [0]}", "(1,)", [1])],
  ["E_NPY_HEADER", records("{'names': ['p'], 'formats': [], 'offsets': [0], 'itemsize': 1}", "(1,)", [1])],
  ["E_NPY_HEADER", records("{'formats': [], 'offsets': [0], 'itemsize': 1}", "(1,)", [1])],
  ["E_NPY_HEADER", records("[('xy', '|i1', (2,))]", "(1, 1)", [1, 2], "True")],
  ["E_NPY_OBJECT", records("[('a', '|O')]", "(1,)", [])],
  ["E_NPY_SIZE", records("[('a', '|u1')]", "(3,)", [1])],
])("%s refuses the records (%#)", (code, bytes) => {
  try {
    readNpyRecords(bytes);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(NpyError);
    expect((error as NpyError).code).toBe(code);
  }
});
