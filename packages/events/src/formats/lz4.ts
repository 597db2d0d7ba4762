/** LZ4 frames (LZ4 frame format 1.6.4, block format 1.5): sizes bounded, checksums checked. */
import { xxh32 } from "./xxh32.ts";

const magic = 0x184d2204;
const blockBytes = [0, 0, 0, 0, 65536, 262144, 1048576, 4194304];

/** Why packed data cannot be unpacked. */
export class UnpackError extends Error {}

interface Frame {
  readonly blockChecksum: boolean;
  readonly contentChecksum: boolean;
  readonly contentBytes: number | undefined;
  readonly maxBlockBytes: number;
  /** Where the blocks start. */
  readonly at: number;
}

/**
 * Unpacks one frame.
 *
 * @param limit most bytes of content
 * @throws UnpackError
 */
export function unpackLz4Frame(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return unpack(bytes, limit);
  } catch (error) {
    if (error instanceof RangeError) throw new UnpackError("it ends within a frame");
    throw error;
  }
}

function unpack(bytes: Uint8Array, limit: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = readFrame(view, bytes);
  if ((frame.contentBytes ?? 0) > limit) throw new UnpackError(`it declares ${frame.contentBytes} bytes`);
  const out = new Output(limit, frame.contentBytes ?? Math.min(limit, bytes.length * 4));
  let at = frame.at;
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const length = size & 0x7fffffff;
    if (length > frame.maxBlockBytes) throw new UnpackError(`a block of ${length} bytes`);
    if (at + length > bytes.length) throw new UnpackError("it ends within a block");
    const block = bytes.subarray(at, at + length);
    at += length;
    if (frame.blockChecksum) {
      if (view.getUint32(at, true) !== xxh32(block))
        throw new UnpackError("a block does not match its checksum");
      at += 4;
    }
    if (size >>> 31 === 1) out.append(block);
    else out.appendPacked(block, frame.maxBlockBytes);
  }
  const content = out.content();
  if (frame.contentBytes !== undefined && frame.contentBytes !== content.length)
    throw new UnpackError(`it declares ${frame.contentBytes} bytes and holds ${content.length}`);
  if (frame.contentChecksum && view.getUint32(at, true) !== xxh32(content))
    throw new UnpackError("it does not match its checksum");
  return content;
}

function readFrame(view: DataView, bytes: Uint8Array): Frame {
  if (view.getUint32(0, true) !== magic) throw new UnpackError("it does not start as a frame");
  const flags = view.getUint8(4);
  if (flags >>> 6 !== 1) throw new UnpackError(`frame version ${flags >>> 6}`);
  const maxBlockBytes = blockBytes[(view.getUint8(5) >>> 4) & 7] ?? 0;
  if (maxBlockBytes === 0) throw new UnpackError("an unknown block size");
  if ((flags & 1) !== 0) throw new UnpackError("it needs a dictionary");
  const sized = (flags & 8) !== 0;
  const end = sized ? 14 : 6;
  const contentBytes = sized ? Number(view.getBigUint64(6, true)) : undefined;
  if (view.getUint8(end) !== ((xxh32(bytes.subarray(4, end)) >>> 8) & 255))
    throw new UnpackError("its header does not match its checksum");
  return {
    blockChecksum: (flags & 16) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentBytes,
    maxBlockBytes,
    at: end + 1,
  };
}

/** Unpacked content, growing up to a limit; matches may reach back over blocks. */
class Output {
  #bytes: Uint8Array;
  #length = 0;
  readonly #limit: number;

  constructor(limit: number, expected: number) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(expected);
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  append(block: Uint8Array): void {
    this.#reserve(block.length);
    this.#bytes.set(block, this.#length);
    this.#length += block.length;
  }

  appendPacked(block: Uint8Array, most: number): void {
    // A byte of packed data gives at most 255 of content.
    this.#reserve(Math.min(most, block.length * 255), true);
    this.#length = unpackBlock(block, this.#bytes, this.#length);
    if (this.#length > this.#limit) throw new UnpackError(`more than ${this.#limit} bytes`);
  }

  /** Room beyond the limit is allowed for a block whose size is only an upper bound. */
  #reserve(more: number, bound = false): void {
    const wanted = this.#length + more;
    if (wanted > this.#limit && !bound) throw new UnpackError(`more than ${this.#limit} bytes`);
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, Math.min(this.#limit, this.#bytes.length * 2)));
    larger.set(this.content());
    this.#bytes = larger;
  }
}

/** Unpacks a block behind the first `at` bytes of `out`; gives where its content ends. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let [from, at] = [0, start];
  while (from < block.length) {
    const token = block[from++] as number;
    let literals = token >>> 4;
    if (literals === 15) [literals, from] = longLength(block, from, literals);
    if (from + literals > block.length || at + literals > out.length)
      throw new UnpackError("literals reach beyond a block");
    if (literals > 32) {
      out.set(block.subarray(from, from + literals), at);
      from += literals;
      at += literals;
    } else for (const end = from + literals; from < end; ) out[at++] = block[from++] as number;
    if (from === block.length) return at;
    const distance = (block[from] as number) | ((block[from + 1] ?? 0) << 8);
    from += 2;
    let length = token & 15;
    if (length === 15) [length, from] = longLength(block, from, length);
    length += 4;
    if (distance === 0 || distance > at || from > block.length || at + length > out.length)
      throw new UnpackError("a match reaches outside the content");
    for (let source = at - distance, end = at + length; at < end; ) out[at++] = out[source++] as number;
  }
  throw new UnpackError("a block without its last literals");
}

function longLength(block: Uint8Array, at: number, start: number): [length: number, at: number] {
  let [length, next] = [start, at];
  for (;;) {
    const byte = block[next++];
    if (byte === undefined) throw new UnpackError("it ends within a length");
    length += byte;
    if (byte !== 255) return [length, next];
  }
}
