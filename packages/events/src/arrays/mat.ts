/** MATLAB level 5 files (`save -v6`, `-v7`): numbers, text, structs and cells, in either byte order. */
import { type DType, sizeOf, type Tensor, tensor } from "@nirkit/graph";
import { eventsError } from "../diagnostics.ts";
import { type MatElement, MatView } from "./mat-elements.ts";
import { maxUnpackedBytes, unzlib } from "./unpack.ts";

/** A value of a file: numbers as a row-major tensor, text, a struct's fields by name, or a cell array's values. */
export type MatValue =
  | { readonly kind: "numbers"; readonly value: Tensor; readonly imaginary?: Tensor }
  | { readonly kind: "text"; readonly value: string }
  /** One map per element, in column-major order. */
  | {
      readonly kind: "struct";
      readonly shape: readonly number[];
      readonly value: readonly ReadonlyMap<string, MatValue>[];
    }
  /** In column-major order. */
  | { readonly kind: "cell"; readonly shape: readonly number[]; readonly value: readonly MatValue[] };

/** Options of {@link readMat}. */
export interface ReadMatOptions {
  readonly path?: string;
  /** Variables to read; all when absent. */
  readonly select?: (name: string) => boolean;
  /** Most bytes that packed variables may take, all together; 2^30 when absent. */
  readonly maxBytes?: number;
}

const headerBytes = 128;
const maxDepth = 16;
const packed = 15;
const matrix = 14;

const numeric: ReadonlyMap<number, DType> = new Map([
  [6, "float64"],
  [7, "float32"],
  [8, "int8"],
  [9, "uint8"],
  [10, "int16"],
  [11, "uint16"],
  [12, "int32"],
  [13, "uint32"],
  [14, "int64"],
  [15, "uint64"],
]);

/**
 * Reads the variables of a file, in its order.
 *
 * @throws E_MAT for what is damaged or not read (sparse, objects, v7.3, which is HDF5), E_GZIP, E_EVENTS_LIMIT
 */
export function readMat(bytes: Uint8Array, options: ReadMatOptions = {}): ReadonlyMap<string, MatValue> {
  const { path = "", select = () => true, maxBytes = maxUnpackedBytes } = options;
  const view = openFile(bytes, path);
  const variables = new Map<string, MatValue>();
  let budget = maxBytes;
  for (let at = headerBytes; at < bytes.length; ) {
    const element = view.element(at, bytes.length);
    at = element.next;
    let [inside, from]: [MatView, MatElement] = [view, element];
    if (element.type === packed) {
      const content = unzlib(bytes.subarray(element.start, element.start + element.bytes), path, budget);
      budget -= content.length;
      inside = new MatView(content, view.little, path);
      from = inside.element(0, content.length);
    }
    if (from.type !== matrix)
      throw view.refuse(`an element of type ${from.type} among the variables`, element.start);
    const header = readMatrixHeader(inside, from);
    if (select(header.name)) variables.set(header.name, readMatrix(inside, header, 0));
  }
  return variables;
}

function openFile(bytes: Uint8Array, path: string): MatView {
  const text = String.fromCharCode(...bytes.subarray(0, 20));
  if (text.startsWith("MATLAB 7.3"))
    throw eventsError("E_MAT", path, {
      why: "it is of version 7.3, which is HDF5",
      hint: "Save it with save -v7",
    });
  const [first, second] = [bytes[126], bytes[127]];
  const little = first === 0x49 && second === 0x4d;
  if (bytes.length < headerBytes || !(little || (first === 0x4d && second === 0x49)))
    throw eventsError("E_MAT", path, { why: "there is no byte order mark at byte 126" });
  return new MatView(bytes, little, path);
}

interface MatrixHeader {
  readonly name: string;
  readonly class: number;
  readonly complex: boolean;
  readonly shape: readonly number[];
  /** Where the content starts, and where the matrix ends. */
  readonly at: number;
  readonly end: number;
}

function readMatrixHeader(view: MatView, element: MatElement): MatrixHeader {
  const end = element.start + element.bytes;
  const flags = view.element(element.start, end);
  if (flags.type !== 6 || flags.bytes < 8) throw view.refuse("a matrix without flags", element.start);
  const word = view.uint32(flags.start);
  const dimensions = view.element(flags.next, end);
  if (dimensions.type !== 5) throw view.refuse("a matrix without dimensions", flags.next);
  const shape = [...view.numbers(dimensions)];
  if (
    shape.length === 0 ||
    shape.length > 64 ||
    shape.some((n) => n < 0) ||
    !Number.isSafeInteger(sizeOf(shape))
  )
    throw view.refuse(`dimensions ${shape.slice(0, 8).join(" x ")}`, flags.next);
  const name = view.element(dimensions.next, end);
  return {
    name: view.text(name),
    class: word & 0xff,
    complex: (word & 0x800) !== 0,
    shape,
    at: name.next,
    end,
  };
}

function readMatrix(view: MatView, header: MatrixHeader, depth: number): MatValue {
  if (depth > maxDepth) throw view.refuse(`values nested more than ${maxDepth} deep`, header.at);
  if (header.class === 1) return { kind: "cell", shape: header.shape, value: readCells(view, header, depth) };
  if (header.class === 2)
    return { kind: "struct", shape: header.shape, value: readStruct(view, header, depth) };
  const real = header.at < header.end ? view.element(header.at, header.end) : undefined;
  if (header.class === 4) {
    const characters = real === undefined ? [] : [...view.numbers(real)];
    return { kind: "text", value: characters.map((code) => String.fromCharCode(code)).join("") };
  }
  const dtype = numeric.get(header.class);
  if (dtype === undefined)
    throw view.refuse(`"${header.name}" is of class ${header.class} (sparse, object or function)`, header.at);
  const value = numbersOf(view, header, real, dtype);
  if (!header.complex || real === undefined) return { kind: "numbers", value };
  const imaginary = numbersOf(view, header, view.element(real.next, header.end), dtype);
  return { kind: "numbers", value, imaginary };
}

/** Column-major numbers, stored as any type, as a row-major tensor of the class's type. */
function numbersOf(
  view: MatView,
  header: MatrixHeader,
  element: MatElement | undefined,
  dtype: DType,
): Tensor {
  const stored = element === undefined ? new Float64Array(0) : view.numbers(element);
  const { shape } = header;
  if (stored.length !== sizeOf(shape))
    throw view.refuse(
      `"${header.name}" is ${shape.join(" x ")} and holds ${stored.length} values`,
      header.at,
    );
  return tensor(dtype, shape, rowMajor(stored, shape));
}

function rowMajor(stored: Float64Array, shape: readonly number[]): Float64Array {
  const result = new Float64Array(stored.length);
  const position = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let to = 0, from = 0; to < stored.length; to++) {
    result[to] = stored[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1;
      from += strides[axis] as number;
      if (next < (shape[axis] as number)) {
        position[axis] = next;
        break;
      }
      position[axis] = 0;
      from -= next * (strides[axis] as number);
    }
  }
  return result;
}

function readCells(view: MatView, header: MatrixHeader, depth: number): readonly MatValue[] {
  const values: MatValue[] = [];
  let at = header.at;
  while (values.length < sizeOf(header.shape)) {
    const element = view.element(at, header.end);
    values.push(readInner(view, element, depth));
    at = element.next;
  }
  return values;
}

function readStruct(
  view: MatView,
  header: MatrixHeader,
  depth: number,
): readonly ReadonlyMap<string, MatValue>[] {
  const width = view.element(header.at, header.end);
  const names = view.element(width.next, header.end);
  const bytes = view.numbers(width)[0] ?? 0;
  if (!(bytes > 0 && bytes <= 64) || names.bytes % bytes !== 0)
    throw view.refuse(`field names of ${bytes} bytes each`, header.at);
  const fields = Array.from({ length: names.bytes / bytes }, (_, k) =>
    view.text({ ...names, start: names.start + k * bytes, bytes }),
  );
  const structs: Map<string, MatValue>[] = [];
  let at = names.next;
  while (fields.length > 0 && structs.length < sizeOf(header.shape)) {
    const struct = new Map<string, MatValue>();
    for (const field of fields) {
      const element = view.element(at, header.end);
      struct.set(field, readInner(view, element, depth));
      at = element.next;
    }
    structs.push(struct);
  }
  return structs;
}

function readInner(view: MatView, element: MatElement, depth: number): MatValue {
  if (element.type !== matrix) throw view.refuse(`a value of type ${element.type}`, element.start);
  // MATLAB writes an empty value as a matrix of no bytes.
  if (element.bytes === 0) return { kind: "numbers", value: tensor("float64", [0, 0], []) };
  return readMatrix(view, readMatrixHeader(view, element), depth + 1);
}
