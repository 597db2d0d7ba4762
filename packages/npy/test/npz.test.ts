import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { crc32 } from "../src/crc32.ts";
import { type NpyArray, NpyError, readNpz, writeNpy, writeNpz } from "../src/index.ts";

const x: NpyArray = { dtype: "uint8", shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const y: NpyArray = { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n) };

function refusal(read: () => unknown): NpyError {
  try {
    read();
  } catch (error) {
    if (error instanceof NpyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Overwrites a little-endian field of the first central directory entry. */
function patchEntry(archive: Uint8Array, offset: number, value: number, bytes: 2 | 4): Uint8Array {
  const copy = archive.slice();
  const view = new DataView(copy.buffer);
  const end = copy.length - 22;
  const at = view.getUint32(end + 16, true) + offset;
  if (bytes === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
}

test("CRC-32 of 123456789 is cbf43926", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("a member that is not selected is not read: text beside numbers does no harm", () => {
  const text = new TextEncoder().encode("this is no .npy file");
  const archive = zipSync({ "letters.npy": text, "x.npy": writeNpy(x) });
  expect(refusal(() => readNpz(archive)).path).toBe("letters.npy");
  expect([...readNpz(archive, { select: (key) => key === "x" })]).toEqual([["x", x]]);
});

describe("writeNpz", () => {
  test("arrays come back in order under their names, also those with a slash or a hostile name", () => {
    const arrays = new Map([
      ["lif1/out", x],
      ["__proto__", y],
      ["10", x],
      ["../up", y],
    ]);
    expect([...readNpz(writeNpz(arrays))]).toEqual([...arrays]);
  });

  test("the same arrays give the same bytes in any time zone, stamped 1980-01-01", () => {
    const zone = process.env.TZ;
    process.env.TZ = "Pacific/Kiritimati";
    const there = writeNpz(new Map([["x", x]]));
    process.env.TZ = "America/Los_Angeles";
    const elsewhere = writeNpz(new Map([["x", x]]));
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(there).toEqual(elsewhere);
    expect(new DataView(there.buffer).getUint32(10, true)).toBe(0x00210000);
  });

  test("an empty name and a wrong array are refused with the member's name", () => {
    expect(refusal(() => writeNpz(new Map([["", x]]))).code).toBe("E_NPZ_MEMBER");
    const wrong = refusal(() => writeNpz(new Map([["x", { ...x, shape: [7] }]])));
    expect([wrong.code, wrong.path]).toEqual(["E_NPY_LENGTH", "x.npy"]);
  });

  test("no arrays give an archive without members", () => {
    expect(readNpz(writeNpz(new Map())).size).toBe(0);
  });
});

describe("readNpz", () => {
  const archive = writeNpz(new Map([["x", x]]));
  const zeros = writeNpz(new Map([["z", { dtype: "uint8", shape: [100000], data: new Uint8Array(100000) }]]));

  test("stored members are read like deflated ones", () => {
    const stored = zipSync({ "x.npy": writeNpy(x), "y.npy": writeNpy(y) }, { level: 0 });
    expect([...readNpz(stored)]).toEqual([
      ["x", x],
      ["y", y],
    ]);
  });

  test("an archive behind other bytes in the same buffer is read", () => {
    const outer = new Uint8Array(archive.length + 5);
    outer.set(archive, 5);
    expect(readNpz(outer.subarray(5)).get("x")).toEqual(x);
  });

  test("100128 declared bytes pass a limit of 100128 and are refused at 100127, before inflating", () => {
    expect(readNpz(zeros, { maxBytes: 100128 }).get("z")?.data.length).toBe(100000);
    const error = refusal(() => readNpz(zeros, { maxBytes: 100127 }));
    expect([error.code, error.message]).toEqual([
      "E_NPZ_SIZE",
      "The members declare 100128 bytes, the limit is 100127",
    ]);
  });

  test.each([
    [
      "a member that inflates to more than it declares",
      patchEntry(zeros, 24, 5000, 4),
      /does not inflate to the 5000/,
    ],
    [
      "a member that inflates to less than it declares",
      patchEntry(zeros, 24, 100200, 4),
      /does not inflate to the 100200/,
    ],
    ["a claim beyond what deflate can expand", patchEntry(archive, 24, 2000000, 4), /claims 2000000 bytes/],
    ["a wrong checksum", patchEntry(archive, 16, 1, 4), /checksum/],
    ["an unknown packing method", patchEntry(archive, 10, 12, 2), /method 12/],
    ["an encrypted member", patchEntry(archive, 8, 1, 2), /encrypted/],
    ["a stored member with two sizes", patchEntry(archive, 10, 0, 2), /two different sizes/],
    ["a member that is no array", zipSync({ "run.sh": new Uint8Array(3) }), /no \.npy file/],
  ])("%s is refused", (_, bytes, message) => {
    const error = refusal(() => readNpz(bytes));
    expect(error.code).toBe("E_NPZ_MEMBER");
    expect(error.message).toMatch(message);
  });

  test("a name that stands twice is refused", () => {
    const two = writeNpz(
      new Map([
        ["x", x],
        ["y", y],
      ]),
    );
    const view = new DataView(two.buffer);
    const first = view.getUint32(two.length - 22 + 16, true);
    const second = first + 46 + view.getUint16(first + 28, true) + view.getUint16(first + 30, true);
    two[second + 46] = "x".charCodeAt(0);
    expect(refusal(() => readNpz(two)).message).toMatch(/occurs twice/);
  });

  test.each([
    ["no zip at all", new Uint8Array(100), /no end-of-directory/],
    ["a directory outside the file", patchEntry(archive, 42, 1 << 30, 4), /outside itself/],
    ["a packed size outside the file", patchEntry(archive, 20, 1 << 30, 4), /outside itself/],
    ["a local header that is none", patchEntry(archive, 42, 4, 4), /no local header/],
    ["a damaged directory", patchEntry(archive, 0, 0, 4), /entry 0/],
  ])("%s is refused", (_, bytes, message) => {
    const error = refusal(() => readNpz(bytes));
    expect(error.code).toBe("E_NPZ_FORMAT");
    expect(error.message).toMatch(message);
  });

  test("the member is named when its array is refused", () => {
    const error = refusal(() => readNpz(zipSync({ "weights.npy": new Uint8Array(9) })));
    expect([error.code, error.path]).toEqual(["E_NPY_MAGIC", "weights.npy"]);
  });

  test("any damage is read or refused with a code, never another exception", () => {
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(255), (at, byte) => {
        const damaged = archive.slice();
        damaged[at] = byte;
        try {
          readNpz(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(NpyError);
        }
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});
