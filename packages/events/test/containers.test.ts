/** NumPy, MATLAB, IDX and gzip: containers that hold arrays, not events. */
import { gzipSync } from "node:zlib";
import { type EventStream, gunzip, readEvents, readIdx, readMat } from "@nirkit/events";
import { writeNpy, writeNpz } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { join, matElement, matFile, matMatrix, u16, u32 } from "./made-files.ts";

const text = (s: string) => new TextEncoder().encode(s);
const rows = ({ t, x, y, p }: EventStream) => Array.from(t, (time, i) => [time, x[i], y[i], p[i]]);

test("NumPy: columns x, y, p, t in ms; named columns in us; records; fields of an .npz; seconds floored", () => {
  const columns = writeNpy({ dtype: "int32", shape: [2, 4], data: Int32Array.of(1, 2, 0, 5, 3, 4, 1, 6) });
  expect(rows(readEvents(columns).stream)).toEqual([
    [5000, 1, 2, 0],
    [6000, 3, 4, 1],
  ]);
  const other = readEvents(columns, { columns: "txyp", timeUnit: "us", width: 9, height: 9 }).stream;
  expect(rows(other)).toEqual([
    [1, 2, 0, 1],
    [3, 4, 1, 1],
  ]);
  const npz = writeNpz(
    new Map([
      ["t", { dtype: "float64", shape: [2], data: Float64Array.of(0.2, 0.3000019) }],
      ["x", { dtype: "uint8", shape: [2], data: Uint8Array.of(1, 2) }],
      ["y", { dtype: "uint8", shape: [2], data: Uint8Array.of(0, 0) }],
      ["p", { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) }],
    ]),
  );
  expect(rows(readEvents(npz, { timeUnit: "s" }).stream)).toEqual([
    [200000, 1, 0, 1],
    [300001, 2, 0, 0],
  ]);
  expect(() => readEvents(columns, { columns: "xyt" })).toThrow("E_EVENTS_COLUMNS");
  expect(() => readEvents(columns.slice(0, 100))).toThrow("E_NUMPY");
});

describe("MATLAB files", () => {
  const numbers = (little: boolean) =>
    matMatrix(
      { class: 6, shape: [2, 3], name: "m", little },
      matElement(3, u16([1, 2, 3, 4, 5, 6], little), little),
    );
  test.each([
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ])(
    "little-endian %s, packed %s: doubles stored as int16, column-major 2 x 3, become rows 1 3 5, 2 4 6",
    (little, packed) => {
      const value = readMat(matFile([numbers(little)], { little, packed })).get("m");
      if (value?.kind !== "numbers") throw new Error("numbers");
      expect([value.value.dtype, value.value.shape, [...value.value.data]]).toEqual([
        "float64",
        [2, 3],
        [1, 3, 5, 2, 4, 6],
      ]);
    },
  );

  test("text, cells, structs, empty values and complex numbers; small elements keep content in the tag", () => {
    const small = join(u16([2, 2]), [7, 9, 0, 0]);
    const cell = matMatrix(
      { class: 1, shape: [1, 2], name: "c" },
      matMatrix({ class: 9, shape: [1, 2], name: "" }, small),
      matElement(14, new Uint8Array(0)),
    );
    const word = matMatrix({ class: 4, shape: [1, 2], name: "w" }, matElement(17, u16([0x68, 0x69])));
    const fields = [
      matElement(5, u32([8])),
      matElement(1, join(text("a\0\0\0\0\0\0\0"), text("b\0\0\0\0\0\0\0"))),
    ];
    const struct = matMatrix({ class: 2, shape: [1, 1], name: "s" }, ...fields, word, cell);
    const complex = matMatrix(
      { class: 6 | 0x800, shape: [1, 1], name: "z" },
      matElement(2, Uint8Array.of(3)),
      matElement(2, Uint8Array.of(4)),
    );
    const read = readMat(matFile([cell, word, struct, complex]));
    const cells = read.get("c");
    expect(
      cells?.kind === "cell" && cells.value.map((v) => v.kind === "numbers" && [...v.value.data]),
    ).toEqual([[7, 9], []]);
    expect(read.get("w")).toEqual({ kind: "text", value: "hi" });
    const fieldsRead = read.get("s");
    expect(fieldsRead?.kind === "struct" && [...(fieldsRead.value[0]?.keys() ?? [])]).toEqual(["a", "b"]);
    const z = read.get("z");
    expect(z?.kind === "numbers" && [z.value.data[0], z.imaginary?.data[0]]).toEqual([3, 4]);
  });

  test("v7.3, sparse, wrong counts, 20 nested cells, a packed bomb: refused", () => {
    const head = join(text("MATLAB 7.3 MAT-file"), new Uint8Array(200));
    expect(() => readMat(head)).toThrow("version 7.3");
    expect(() => readMat(matFile([matMatrix({ class: 5, shape: [1, 1], name: "s" })]))).toThrow("class 5");
    const short = matMatrix({ class: 6, shape: [2, 2], name: "m" }, matElement(2, Uint8Array.of(1)));
    expect(() => readMat(matFile([short]))).toThrow("2 x 2 and holds 1 values");
    let deep = matMatrix({ class: 9, shape: [1, 1], name: "" }, matElement(2, Uint8Array.of(1)));
    for (let k = 0; k < 20; k++) deep = matMatrix({ class: 1, shape: [1, 1], name: "" }, deep);
    expect(() => readMat(matFile([deep]))).toThrow("nested more than 16 deep");
    const bomb = matMatrix(
      { class: 9, shape: [1, 500_000], name: "b" },
      matElement(2, new Uint8Array(500_000)),
    );
    expect(() => readMat(matFile([bomb], { packed: true }), { maxBytes: 100_000 })).toThrow("E_EVENTS_LIMIT");
  });
});

test("idx: every element type big-endian; a size that does not fit, an unknown type are E_IDX", () => {
  const file = (type: number, body: Uint8Array, n = 2) => join([0, 0, type, 1], u32([n], false), body);
  const read = (type: number, body: Uint8Array) => [...readIdx(file(type, body)).data];
  expect(read(0x08, Uint8Array.of(255, 1))).toEqual([255, 1]);
  expect(read(0x09, Uint8Array.of(255, 1))).toEqual([-1, 1]);
  expect(read(0x0b, u16([-2, 3], false))).toEqual([-2, 3]);
  expect(read(0x0c, u32([-5, 6], false))).toEqual([-5, 6]);
  const floats = new DataView(new ArrayBuffer(8));
  floats.setFloat32(0, 1.5);
  floats.setFloat32(4, -2);
  expect(read(0x0d, new Uint8Array(floats.buffer))).toEqual([1.5, -2]);
  expect(() => readIdx(file(0x08, Uint8Array.of(1), 3))).toThrow("E_IDX");
  expect(() => readIdx(file(0x08, Uint8Array.of(1), 0xffffffff))).toThrow("E_IDX");
  expect(() => readIdx(file(0x07, Uint8Array.of(1, 2)))).toThrow("element type 7");
});

test("gzip: content and checksum; 20 MB of zeros in 20 kB stop at a limit of 1 MB; a changed byte is E_GZIP", () => {
  const packed = new Uint8Array(gzipSync(text("hello hello hello")));
  expect(new TextDecoder().decode(gunzip(packed))).toBe("hello hello hello");
  const bomb = new Uint8Array(gzipSync(new Uint8Array(20_000_000)));
  expect(bomb.length).toBeLessThan(25_000);
  expect(() => gunzip(bomb, "b.gz", 1_000_000)).toThrow("E_EVENTS_LIMIT b.gz");
  const changed = packed.slice();
  changed[changed.length - 6] = (changed.at(-6) ?? 0) ^ 1;
  expect(() => gunzip(changed)).toThrow("E_GZIP");
});
