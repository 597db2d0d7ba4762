/**
 * Object headers of version 1: what a group or a dataset is, and where its data lies.
 *
 * @see HDF5 File Format Specification 3.0, IV.A
 */
import type { DType } from "@nirkit/graph";
import { type FileBytes, giveUp } from "./file-bytes.ts";

/** An array in chunks of one shape, found by a B-tree. */
export interface ChunkedLayout {
  readonly kind: "chunked";
  readonly tree: number;
  readonly chunk: readonly number[];
  /** What chunks went through: nothing, deflate, or whatever the library knows. */
  readonly filters: "none" | "deflate" | "any";
}

/** Where the elements of a dataset lie. */
type Layout = { readonly kind: "contiguous"; readonly at: number; readonly bytes: number } | ChunkedLayout;

/** A group by its B-tree and name heap, or a dataset. */
export type HeaderObject =
  | { readonly kind: "group"; readonly tree: number; readonly heap: number }
  | {
      readonly kind: "dataset";
      readonly element: DType | "string";
      readonly elementBytes: number;
      readonly shape: readonly number[];
      readonly layout: Layout;
    };

interface Message {
  readonly at: number;
  readonly size: number;
}

const known = {
  dataspace: 0x01,
  datatype: 0x03,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;
/** Padding, fill values (all chunks have to be there), times, comments. */
const ignored: ReadonlySet<number> = new Set([0x00, 0x04, 0x05, 0x0d, 0x0e, 0x12]);

/** Parses the header at `address`; gives up what is not a plain group or dataset. */
export function headerObject(file: FileBytes, address: number): HeaderObject {
  const messages = messagesOf(file, address);
  const table = messages.get(known.symbolTable);
  if (table !== undefined) {
    if (messages.has(known.layout)) giveUp("a group with data");
    return { kind: "group", tree: file.u64(table.at), heap: file.u64(table.at + 8) };
  }
  const required = (type: number): Message => messages.get(type) ?? giveUp("no dataset");
  const shape = shapeOf(file, required(known.dataspace));
  const { element, elementBytes } = elementOf(file, required(known.datatype));
  const layout = layoutOf(
    file,
    required(known.layout),
    messages.get(known.filters),
    shape.length,
    elementBytes,
  );
  return { kind: "dataset", element, elementBytes, shape, layout };
}

function messagesOf(file: FileBytes, address: number): Map<number, Message> {
  if (file.u8(address) !== 1) giveUp("a newer header");
  const found = new Map<number, Message>();
  let continued = 0;
  const blocks = [{ at: address + 16, end: address + 16 + file.u32(address + 8) }];
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    for (let start = block.at; start + 8 <= block.end; ) {
      const type = file.u16(start);
      const size = file.u16(start + 2);
      const at = start + 8;
      // Bit 1: the message is shared and stands elsewhere.
      if ((file.u8(start + 4) & 2) !== 0 || at + size > block.end) giveUp("a shared or cut message");
      if (type === known.continuation) {
        // They may go round in circles; no writer needs so many.
        if (++continued > 64) giveUp("a long header");
        const next = file.u64(at);
        blocks.push({ at: next, end: next + file.u64(at + 8) });
      } else if (Object.values<number>(known).includes(type)) {
        if (found.has(type)) giveUp("a message twice");
        found.set(type, { at, size });
      } else if (!ignored.has(type)) giveUp(`message ${type}`);
      start = at + size;
    }
  }
  return found;
}

function shapeOf(file: FileBytes, { at }: Message): number[] {
  const version = file.u8(at);
  const rank = file.u8(at + 1);
  if ((version !== 1 && version !== 2) || rank > 32) giveUp("a dataspace");
  const kind = version === 2 ? file.u8(at + 3) : rank > 0 ? 1 : 0;
  if (kind !== (rank > 0 ? 1 : 0)) giveUp("a null dataspace");
  const dims = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => file.u64(dims + 8 * axis));
}

interface Element {
  readonly element: DType | "string";
  readonly elementBytes: number;
}

const integers: Readonly<Record<number, readonly [unsigned: DType, signed: DType]>> = {
  1: ["uint8", "int8"],
  2: ["uint16", "int16"],
  4: ["uint32", "int32"],
  8: ["uint64", "int64"],
};
/** Sign bit; then precision, exponent's place and width, mantissa's width, bias. */
const floats: Readonly<Record<number, readonly [DType, ...number[]]>> = {
  2: ["float16", 15, 16, 10, 5, 10, 15],
  4: ["float32", 31, 32, 23, 8, 23, 127],
  8: ["float64", 63, 64, 52, 11, 52, 1023],
};

function elementOf(file: FileBytes, { at }: Message): Element {
  const elementBytes = file.u32(at + 4);
  const [low, middle] = [file.u8(at + 1), file.u8(at + 2)];
  switch (file.u8(at) & 15) {
    case 0: {
      const pair = integers[elementBytes];
      // Bit 0: big endian.
      if (pair === undefined || (low & 1) !== 0) return giveUp("an integer");
      if (file.u16(at + 8) !== 0 || file.u16(at + 10) !== 8 * elementBytes) return giveUp("a packed integer");
      return { element: pair[(low & 8) === 0 ? 0 : 1], elementBytes };
    }
    case 1: {
      const [element, ...layout] = floats[elementBytes] ?? giveUp("a float");
      const found = [
        middle,
        file.u16(at + 10),
        file.u8(at + 12),
        file.u8(at + 13),
        file.u8(at + 15),
        file.u32(at + 16),
      ];
      // Little endian, and the leading one of the mantissa is implied.
      if (low !== 0x20 || file.u16(at + 8) !== 0 || file.u8(at + 14) !== 0) return giveUp("another float");
      return layout.every((value, i) => value === found[i])
        ? { element, elementBytes }
        : giveUp("another float");
    }
    case 8:
      return isBoolean(file, at) ? { element: "bool", elementBytes: 1 } : giveUp("an enumeration");
    case 9:
      // Type 1: text; a length, an address and an index.
      return (low & 15) === 1 && elementBytes === 16 ? { element: "string", elementBytes } : giveUp("a list");
    default:
      return giveUp("another class");
  }
}

/** h5py's boolean: FALSE = 0 and TRUE = 1 over a signed byte, names padded to 8 bytes up to version 2. */
function isBoolean(file: FileBytes, at: number): boolean {
  const version = file.u8(at) >> 4;
  const base = at + 8;
  if (file.u32(at + 4) !== 1 || file.u16(at + 1) !== 2 || (file.u8(base) & 15) !== 0) return false;
  const [first, second] = version < 3 ? [8, 8] : [6, 5];
  const names = base + 12;
  const word = (from: number, length: number): string =>
    String.fromCharCode(...file.part(from, length)).replace(/\0+$/, "");
  const values = names + first + second;
  return (
    word(names, first) === "FALSE" &&
    word(names + first, second) === "TRUE" &&
    file.u8(values) === 0 &&
    file.u8(values + 1) === 1
  );
}

function layoutOf(
  file: FileBytes,
  { at, size }: Message,
  filters: Message | undefined,
  rank: number,
  elementBytes: number,
): Layout {
  if (file.u8(at) !== 3) giveUp("another layout version");
  const kind = file.u8(at + 1);
  if (kind === 1) {
    // An empty array has no address.
    const bytes = file.u64(at + 10);
    return { kind: "contiguous", at: bytes === 0 ? 0 : file.u64(at + 2), bytes };
  }
  if (kind === 0) {
    const bytes = file.u16(at + 2);
    return 4 + bytes <= size ? { kind: "contiguous", at: at + 4, bytes } : giveUp("cut off");
  }
  if (kind !== 2 || rank === 0 || file.u8(at + 2) !== rank + 1) return giveUp("another layout");
  const chunk = Array.from({ length: rank }, (_, axis) => file.u32(at + 11 + 4 * axis));
  if (file.u32(at + 11 + 4 * rank) !== elementBytes || chunk.includes(0)) giveUp("a chunk of nothing");
  return {
    kind: "chunked",
    tree: file.u64(at + 3),
    chunk,
    filters: filters !== undefined && isDeflate(file, filters) ? "deflate" : "none",
  };
}

/** Whether the only filter is deflate; any other pipeline is given up. */
function isDeflate(file: FileBytes, { at }: Message): boolean {
  const version = file.u8(at);
  if (file.u8(at + 1) !== 1 || (version !== 1 && version !== 2)) giveUp("several filters");
  return file.u16(at + (version === 1 ? 8 : 2)) === 1 || giveUp("another filter");
}
