import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DType, NirGraph, NirkitError, type NirNode, sizeOf, tensor } from "@nirkit/graph";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { FiniteScan } from "../src/direct/finite-scan.ts";
import { sidecar, writeNir } from "../src/index.ts";
import { inspectNirFile, readNirFile, type TensorReading } from "../src/node/index.ts";
import { LoadedArrays } from "../src/node/loaded-arrays.ts";

const folder = mkdtempSync(join(tmpdir(), "nirkit-lazy-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two nodes of 1.2 and 2.4 MB that do not shrink much, one small one. */
function wide(dtype: DType = "float32"): NirGraph {
  const fill = (shape: readonly number[]) =>
    tensor(
      dtype,
      shape,
      Array.from(
        { length: sizeOf(shape) },
        (_, i) => (Math.imul(i, 0x9e3779b1) >>> 7) / (dtype.startsWith("float") ? 64 : 1),
      ),
    );
  const width = { float64: 1, int64: 1, int16: 4, uint8: 8 }[dtype as string] ?? 2;
  const rows = 600 * width;
  const nodes: [string, NirNode][] = [
    ["a", { type: "Linear", weight: fill([rows, 253]) }],
    ["b", { type: "Linear", weight: fill([500, rows]) }],
    ["c", { type: "Scale", scale: fill([500]) }],
    ["in", { type: "Input", shape: [253] }],
    ["out", { type: "Output", shape: [500] }],
  ];
  const edges: [string, string][] = [
    ["in", "a"],
    ["a", "b"],
    ["b", "c"],
    ["c", "out"],
  ];
  return NirGraph.from({ nodes, edges });
}

async function file(name: string, graph: NirGraph, compression: "none" | { gzip: number }): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await writeNir(graph, { compression }));
  return path;
}

const both: readonly TensorReading[] = ["eager", "lazy"];
const weightOf = (graph: NirGraph | undefined, name: string) => {
  const node = graph?.nodes().get(name);
  if (node === undefined || !("weight" in node)) throw new TypeError(`${name} has no weight`);
  return node.weight;
};
const codesOf = (error: unknown): string[] =>
  error instanceof NirkitError ? error.diagnostics.map((d) => d.code) : [String(error)];

describe("large arrays", () => {
  test.each([
    ["float32", "none"],
    ["float32", { gzip: 1 }],
    ["float64", { gzip: 1 }],
    ["int64", "none"],
    ["int16", { gzip: 1 }],
    ["uint8", "none"],
  ] as const)(
    "of %s, compression %j, are equal lazily, eagerly and as written",
    async (dtype, compression) => {
      const graph = wide(dtype);
      const path = await file(`${dtype}.nir`, graph, compression);
      for (const tensors of both) {
        const { graph: read, diagnostics } = await readNirFile(path, { tensors });
        expect(diagnostics).toEqual([]);
        expect(read.equals(graph)).toBe(true);
        expect(read.hash()).toBe(graph.hash());
        expect(Buffer.compare(await writeNir(read, { compression }), readFileSync(path))).toBe(0);
        expect(structuredClone(weightOf(read, "b"))).toEqual(weightOf(graph, "b"));
      }
    },
  );

  test("have the same sidecar lazily as in memory: sums, extremes, hashes of 0.3 million values", async () => {
    const graph = wide("float64");
    const path = await file("sidecar.nir", graph, { gzip: 1 });
    expect(sidecar((await readNirFile(path, { tensors: "lazy" })).graph)).toEqual(sidecar(graph));
  });

  test("are not in memory lazily: types are known without the file, elements are not", async () => {
    const path = await file("gone.nir", wide(), "none");
    const [eager, lazy] = [await readNirFile(path), await readNirFile(path, { tensors: "lazy" })];
    rmSync(path);
    expect(lazy.graph.types().outputShape("b")).toEqual([500]);
    expect(weightOf(eager.graph, "b").data.length).toBe(500 * 1200);
    expect(() => weightOf(lazy.graph, "b").data).toThrow(
      expect.objectContaining({ diagnostics: [expect.objectContaining({ code: "E_FILE_CHANGED" })] }),
    );
  });

  test("of a file that was written again are refused, also when its size is the same", async () => {
    const path = await file("again.nir", wide(), "none");
    const { graph } = await readNirFile(path, { tensors: "lazy" });
    writeFileSync(path, readFileSync(path));
    utimesSync(path, 1, 1);
    expect(() => graph.hash()).toThrow(NirkitError);
    // What was loaded before is still there.
    const { graph: fresh } = await readNirFile(path, { tensors: "lazy" });
    const { data } = weightOf(fresh, "a");
    rmSync(path);
    expect(weightOf(fresh, "a").data).toBe(data);
  });

  test("with a NaN in the last place are refused when the file is opened, at that place", async () => {
    const graph = wide("float64");
    (weightOf(graph, "b").data as Float64Array)[500 * 600 - 1] = Number.NaN;
    const path = join(folder, "nan.nir");
    for (const compression of ["none", { gzip: 1 }] as const) {
      writeFileSync(path, await writeNir(graph, { compression, nonFinite: "warn" }));
      for (const tensors of both) {
        const { diagnostics } = await inspectNirFile(path, { tensors });
        expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_NON_FINITE /node/nodes/b/weight"]);
        expect(diagnostics[0]?.detail).toMatchObject({ index: [499, 599], count: 1 });
        const { graph: accepted } = await inspectNirFile(path, { tensors, nonFinite: "warn" });
        expect(accepted?.equals(graph)).toBe(true);
      }
    }
  });

  test("with one changed byte in the last chunk are refused when the file is opened", async () => {
    const path = await file("damaged.nir", wide(), { gzip: 1 });
    const bytes = readFileSync(path);
    const before = await readNirFile(path);
    // The largest stretch of high entropy is the chunks of b; its checksum stands at the end of each.
    bytes[statSync(path).size - 40_000] = (bytes[statSync(path).size - 40_000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    for (const tensors of both) {
      const { graph, diagnostics } = await inspectNirFile(path, { tensors });
      expect(graph).toBeUndefined();
      expect(diagnostics.map((d) => d.code)).toEqual(["E_HDF5_CORRUPT"]);
      expect(diagnostics[0]?.path).toMatch(/^\/node\/nodes\/[ab]\/weight$/);
    }
    expect(weightOf(before.graph, "b").data.length).toBe(500 * 1200);
  });

  test("beyond maxBytes are refused before they are read: 1.2 + 2.4 MB in 3 MB", async () => {
    const path = await file("limit.nir", wide(), "none");
    for (const tensors of both)
      await expect(readNirFile(path, { tensors, maxBytes: 3_000_000 })).rejects.toSatisfy((error) =>
        codesOf(error).includes("E_TOO_LARGE"),
      );
  });

  test("of a file that was cut are refused: 100 bytes short", async () => {
    const path = await file("cut.nir", wide(), "none");
    writeFileSync(path, readFileSync(path).subarray(0, -100));
    for (const tensors of both)
      await expect(readNirFile(path, { tensors })).rejects.toSatisfy((error) =>
        codesOf(error).includes("E_HDF5_CORRUPT"),
      );
  });
});

describe("memory of loaded arrays", () => {
  const mebibytes = (n: number) => new Uint8Array(n * 2 ** 20);

  test("the last used 128 MiB are kept, and the last one whatever its size", () => {
    const loaded = new LoadedArrays();
    const loads: number[] = [];
    const get = (key: number, size: number): number =>
      loaded.get(key, () => {
        loads.push(key);
        return mebibytes(size);
      }).length;
    for (const key of [1, 2, 1, 3, 1, 2]) get(key, 60);
    // 2 went when 3 came, since 1 was used after it.
    expect(loads).toEqual([1, 2, 3, 2]);
    get(4, 200);
    get(4, 200);
    expect(loads).toEqual([1, 2, 3, 2, 4]);
    get(1, 60);
    expect(loads).toEqual([1, 2, 3, 2, 4, 1]);
  });
});

describe("the search for what is not finite", () => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const extreme = [0, -0, 5e-324, 1e-40, 3.4028234663852886e38, -3.4028234663852886e38, 1, -1];

  test.each(["float32", "float64"] as const)(
    "finds one in any place of %s, and none in extremes",
    (dtype) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 300 }),
          fc.nat(),
          fc.constantFrom(undefined, ...odd),
          (length, at, value) => {
            const { data } = tensor(
              dtype,
              [length],
              Array.from({ length }, (_, i) => extreme[i % extreme.length] ?? 0),
            );
            if (value !== undefined) data[at % length] = value;
            const scan = new FiniteScan(dtype);
            scan.see(new Uint8Array(data.buffer));
            expect(scan.finite).toBe(value === undefined);
          },
        ),
        { seed: 5, numRuns: 400 },
      );
    },
  );

  test("goes on over several windows, and does not see what was there before", () => {
    const data = new Float32Array(200_001);
    const scan = new FiniteScan("float32");
    scan.see(new Uint8Array(data.buffer));
    expect(scan.finite).toBe(true);
    data[200_000] = Number.NaN;
    scan.see(new Uint8Array(data.buffer));
    expect(scan.finite).toBe(false);
    const short = new FiniteScan("float32");
    short.see(new Uint8Array(Float32Array.of(1).buffer));
    expect(short.finite).toBe(true);
  });

  test("finds nothing in integers, whatever their bits", () => {
    const scan = new FiniteScan("int32");
    scan.see(new Uint8Array(1000).fill(0x7f));
    expect(scan.finite).toBe(true);
  });
});
