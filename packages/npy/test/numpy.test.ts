import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type NpyArray, readNpy, readNpyRecords, readNpz, writeNpz } from "../src/index.ts";

const python = process.env.NIRKIT_PYTHON ?? "python3";

function numpyVersion(): string | undefined {
  try {
    return execFileSync(python, ["-c", "import numpy; print(numpy.__version__)"], {
      encoding: "utf8",
    }).trim();
  } catch {
    return undefined;
  }
}

const version = numpyVersion();
if (version === undefined && process.env.NIRKIT_STRICT === "1") throw new Error("NumPy is not installed");
const title = version === undefined ? "NumPy agrees (skipped: no NumPy; set NIRKIT_PYTHON)" : "NumPy agrees";

const program = `
import sys, numpy as np
folder = sys.argv[1]
a = {}
for d in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    v = np.arange(-6 if d[0] in "if" else 0, 6 if d[0] in "if" else 12).reshape(3, 4)
    for order in "<>":
        a[order + d] = v.astype(np.dtype(order + d))
    a["F" + d] = np.asfortranarray(v.astype(d))
a["scalar"] = np.float64(2.5); a["empty"] = np.zeros((0, 3)); a["deep"] = np.asfortranarray(np.arange(24.).reshape(2, 3, 4))
np.savez(folder + "/stored.npz", **a)
np.savez_compressed(folder + "/packed.npz", **a)
e = np.zeros(3, dtype=np.dtype([("t", "<i8"), ("x", "<i2"), ("p", "|u1")], align=True)); e["t"] = [5, 6, 7]; e["x"] = [-1, 2, 3]; e["p"] = [1, 0, 1]
np.save(folder + "/records.npy", e)
np.save(folder + "/objects.npy", np.array([{}], dtype=object), allow_pickle=True)
`;

test.skipIf(version === undefined)(
  `${title} in both directions on 39 arrays, stored, deflated and as records`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "nirkit-npy-"));
    try {
      execFileSync(python, ["-c", program, folder]);
      const read = (name: string): Uint8Array => readFileSync(join(folder, name));
      const stored = readNpz(read("stored.npz"));
      expect(stored.size).toBe(39);
      expect(readNpz(read("packed.npz"))).toEqual(stored);
      for (const kind of ["i2", "u4", "f2", "f8"])
        for (const order of [">", "F"]) expect(stored.get(order + kind)).toEqual(stored.get(`<${kind}`));
      expect([...(stored.get("<i8")?.data ?? [])].map(Number)).toEqual([
        -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5,
      ]);
      expect([...(stored.get("deep")?.data ?? [])]).toEqual(Array.from({ length: 24 }, (_, i) => i));
      const events = readNpyRecords(read("records.npy"));
      expect([...(events.get("x")?.data ?? [])]).toEqual([-1, 2, 3]);
      expect(() => readNpy(read("objects.npy"))).toThrow(/pickled object array/);
      checkPythonReads(folder, stored);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

function checkPythonReads(folder: string, arrays: ReadonlyMap<string, NpyArray>): void {
  writeFileSync(join(folder, "ours.npz"), writeNpz(arrays));
  const compare = `
import sys, numpy as np
a, b = np.load(sys.argv[1] + "/stored.npz"), np.load(sys.argv[1] + "/ours.npz")
assert a.files == b.files
for k in a.files:
    assert a[k].shape == b[k].shape and a[k].dtype.newbyteorder("=") == b[k].dtype and (a[k] == b[k]).all(), k
print("equal", len(a.files))`;
  expect(execFileSync(python, ["-c", compare, folder], { encoding: "utf8" })).toBe("equal 39\n");
}
