/**
 * Object headers of version 1, as the library writes them in its oldest format: found and touched up afterwards.
 *
 * h5wasm can neither leave out modification times (which would make two writes of one graph differ), nor make
 * null-terminated UTF-8 text, booleans or 16-bit floats. All of these are a few bytes of a header.
 *
 * @see HDF5 File Format Specification 3.0, IV.A.1.a and IV.A.2.d
 */

const continuation = 0x10;
const datatype = 0x03;
const modificationTime = 0x12;

interface Message {
  readonly type: number;
  readonly at: number;
  readonly start: number;
  readonly size: number;
}

/** Element types that h5wasm cannot create; their datasets are written under a compound of the same size. */
export type StandIn = "float16" | "bool";

/** Drops the modification time, makes text null-terminated, and puts the true type in a stand-in's place. */
export function touchUpHeader(file: Uint8Array, address: number, standIn?: StandIn): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (const message of messages(view, address)) {
    if (message.type === modificationTime) {
      view.setUint16(message.start, 0, true);
      file.fill(0, message.at, message.at + message.size);
    } else if (message.type === datatype) {
      if (standIn !== undefined) replaceDatatype(file, message, encodedTypes[standIn]);
      else if ((file[message.at] ?? 0) === variableLength) file[message.at + 1] = variableText;
    }
  }
}

/** Class 9 in version 1. */
const variableLength = 0x19;
/** Type 1 (text) with padding 0 (null-terminated); the byte before the character set. */
const variableText = 0x01;

function messages(view: DataView, address: number): Message[] {
  const found: Message[] = [];
  const blocks = [{ at: address + 16, end: address + 16 + view.getUint32(address + 8, true) }];
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    for (let start = block.at; start + 8 <= block.end; ) {
      const type = view.getUint16(start, true);
      const size = view.getUint16(start + 2, true);
      const at = start + 8;
      found.push({ type, at, start, size });
      if (type === continuation) {
        const target = Number(view.getBigUint64(at, true));
        blocks.push({ at: target, end: target + Number(view.getBigUint64(at + 8, true)) });
      }
      start = at + size;
    }
  }
  return found;
}

function replaceDatatype(file: Uint8Array, { at, size }: Message, encoded: readonly number[]): void {
  file.fill(0, at, at + size);
  file.set(encoded, at);
}

const text = (word: string): number[] => [...new TextEncoder().encode(word.padEnd(8, "\0"))];

/** Datatype messages, version 1, little endian. */
const encodedTypes: Readonly<Record<StandIn, readonly number[]>> = {
  // Class 1; implied leading one, sign in bit 15; 2 bytes; exponent 5 bits from 10, mantissa 10 bits from 0, bias 15.
  float16: [0x11, 0x20, 15, 0, 2, 0, 0, 0, 0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0],
  // Class 8 with 2 members over a signed byte, as h5py stores booleans.
  bool: [
    ...[0x18, 2, 0, 0, 1, 0, 0, 0],
    ...[0x10, 0x08, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0],
    ...text("FALSE"),
    ...text("TRUE"),
    ...[0, 1],
  ],
};
