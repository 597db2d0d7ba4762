/** Times of reading with nirkit, without and with the sum of every array. */
import type { NirGraph, Tensor } from "@nirkit/graph";
import { readNirFile, type TensorReading } from "@nirkit/hdf5/node";
import type { Subject } from "./files.ts";

/** Milliseconds of every reading but the first, which compiles. */
export interface ReadTimes {
  readonly read: readonly number[];
  readonly summed: readonly number[];
}

/** Reads, validates and types a file again and again. */
export async function nirkitTimes({ path, repeats }: Subject, tensors: TensorReading): Promise<ReadTimes> {
  const [read, summed]: number[][] = [[], []];
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    const { graph } = await readNirFile(path, { tensors });
    const { diagnostics } = graph.types();
    read?.push(performance.now() - start);
    for (const { data } of tensorsOf(graph)) if (sumOf(data) === undefined) throw new Error("no sum");
    summed?.push(performance.now() - start);
    if (diagnostics.some((d) => d.level === "error")) throw new Error(`${path} has errors`);
  }
  return { read: read?.slice(1) ?? [], summed: summed?.slice(1) ?? [] };
}

function* tensorsOf(graph: NirGraph): Generator<Tensor> {
  for (const node of graph.nodes().values())
    if (node.type === "NIRGraph" && "graph" in node) yield* tensorsOf(node.graph);
    else
      for (const value of Object.values(node) as unknown[])
        if (typeof value === "object" && value !== null && "dtype" in value) yield value as Tensor;
}

/** As NumPy's `sum`, up to the order of summation. */
function sumOf(data: Tensor["data"]): number | bigint {
  if (data instanceof Float32Array) return sumOf32(data);
  let sum = 0;
  for (const value of data) sum += Number(value);
  return sum;
}

/** Four sums, so that an addition does not wait for the last. */
function sumOf32(data: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = data.length - (data.length % 4);
  for (let i = 0; i < end; i += 4) {
    a += data[i] ?? 0;
    b += data[i + 1] ?? 0;
    c += data[i + 2] ?? 0;
    d += data[i + 3] ?? 0;
  }
  for (let i = end; i < data.length; i++) a += data[i] ?? 0;
  return a + b + c + d;
}
