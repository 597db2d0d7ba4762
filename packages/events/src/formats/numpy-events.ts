/** Events in `.npy` (records, or columns of an [N, 4] array) and `.npz` (one array per field). */
import { type NpyArray, NpyError, readNpy, readNpyRecords, readNpz } from "@nirkit/npy";
import { eventsError } from "../diagnostics.ts";
import type { Decoding } from "./decoding.ts";

type Field = "t" | "x" | "y" | "p";
const fields: readonly Field[] = ["t", "x", "y", "p"];
const aliases: Readonly<Record<Field, readonly string[]>> = {
  t: ["t", "ts", "time", "timestamp", "timestamps"],
  x: ["x"],
  y: ["y"],
  p: ["p", "pol", "polarity", "on"],
};
const scaleUs = { us: 1, ms: 1000, s: 1e6 } as const;

/** A column of numbers: element i is `data[offset + i * stride]`. */
interface Column {
  readonly data: ArrayLike<number | bigint>;
  readonly length: number;
  readonly offset: number;
  readonly stride: number;
}

/** Decodes a whole `.npy` or `.npz` file; both are read in one piece. */
export function decodeNumpy(decoding: Decoding, bytes: Uint8Array, format: "npy" | "npz"): void {
  const { maxEvents = 2 ** 27 } = decoding.options;
  try {
    if (format === "npz") {
      const wanted = new Set(fields.flatMap((field) => aliases[field].map((name) => name)));
      const arrays = readNpz(bytes, { select: (key) => wanted.has(key), maxBytes: maxEvents * 32 });
      takeFields(decoding, arrays, "us");
    } else takeNpy(decoding, bytes);
  } catch (error) {
    if (!(error instanceof NpyError)) throw error;
    const path = `${decoding.options.path ?? ""}${error.path === "" ? "" : `:${error.path}`}`;
    throw eventsError("E_NUMPY", path, { why: `${error.message} (${error.code})`, hint: error.hint });
  }
}

function takeNpy(decoding: Decoding, bytes: Uint8Array): void {
  let array: NpyArray;
  try {
    array = readNpy(bytes);
  } catch (error) {
    if (!(error instanceof NpyError) || error.code !== "E_NPY_STRUCTURED") throw error;
    takeFields(decoding, readNpyRecords(bytes), "us");
    return;
  }
  const [length = 0, width] = array.shape;
  const { columns = "xypt" } = decoding.options;
  const order = [...columns].map((name) => fields.find((field) => field === name));
  if (
    array.shape.length !== 2 ||
    width !== order.length ||
    new Set(order).size !== 4 ||
    order.includes(undefined)
  )
    throw eventsError("E_EVENTS_COLUMNS", decoding.options.path ?? "", {
      why: `shape [${array.shape}] with columns "${columns}"`,
      hint: "Columns are the letters x, y, p and t in the order of the array's last axis",
    });
  const column = (field: Field): Column => ({
    data: array.data,
    length,
    offset: order.indexOf(field),
    stride: 4,
  });
  fill(decoding, { t: column("t"), x: column("x"), y: column("y"), p: column("p") }, "ms");
}

function takeFields(decoding: Decoding, arrays: ReadonlyMap<string, NpyArray>, unit: "us" | "ms"): void {
  const column = (field: Field): Column => {
    const name = [...arrays.keys()].find((key) => aliases[field].includes(key.toLowerCase()));
    const array = name === undefined ? undefined : arrays.get(name);
    if (array === undefined || array.shape.length !== 1)
      throw eventsError("E_EVENTS_COLUMNS", decoding.options.path ?? "", {
        why: `no one-dimensional field ${field} among ${[...arrays.keys()].slice(0, 10).join(", ")}`,
      });
    return { data: array.data, length: array.data.length, offset: 0, stride: 1 };
  };
  fill(decoding, { t: column("t"), x: column("x"), y: column("y"), p: column("p") }, unit);
}

function fill(decoding: Decoding, columns: Readonly<Record<Field, Column>>, usual: "us" | "ms"): void {
  const { t, x, y, p } = columns;
  if (x.length !== t.length || y.length !== t.length || p.length !== t.length)
    throw eventsError("E_EVENTS_COLUMNS", decoding.options.path ?? "", { why: "they are of unequal length" });
  const scale = scaleUs[decoding.options.timeUnit ?? usual];
  const { xEnd, yEnd } = decoding;
  decoding.columns.reserve(t.length);
  const [ts, xs, ys, ps] = [numbersOf(t), numbersOf(x), numbersOf(y), numbersOf(p)];
  for (let i = 0; i < t.length; i++) {
    // Seconds become the microsecond that they lie in, with room for the last bit of a product.
    const time = scale === 1 ? (ts[i] as number) : Math.floor((ts[i] as number) * scale + 1e-6);
    const [xi, yi] = [xs[i] as number, ys[i] as number];
    if (!Number.isSafeInteger(time))
      throw eventsError("E_EVENTS_TIME", decoding.at(0), { index: i, t: time, why: "it is no safe integer" });
    if (!(Number.isInteger(xi) && Number.isInteger(yi) && xi >= 0 && yi >= 0 && xi < xEnd && yi < yEnd)) {
      decoding.outside(xi, yi, 0);
      continue;
    }
    decoding.push(time, xi, yi, (ps[i] as number) > 0 ? 1 : 0);
  }
}

const two32 = 2 ** 32;

/** A column as doubles; 64-bit integers by halves, as a bigint per event costs ten times as much. */
function numbersOf({ data, length, offset, stride }: Column): Float64Array {
  const numbers = new Float64Array(length);
  if (data instanceof BigInt64Array) {
    const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
    const high = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
    for (let i = 0, at = offset * 2; i < length; i++, at += stride * 2)
      numbers[i] = (high[at + 1] as number) * two32 + (low[at] as number);
    return numbers;
  }
  for (let i = 0, at = offset; i < length; i++, at += stride) numbers[i] = Number(data[at]);
  return numbers;
}
