/** Zstandard frames: sizes are bounded by a walk over the blocks before anything is unpacked (RFC 8878). */
import { decompress } from "fzstd";
import { UnpackError } from "./lz4.ts";

const magic = 0xfd2fb528;
const maxBlockBytes = 131072;

/**
 * Unpacks one frame.
 *
 * @param limit most bytes of content, and of window
 * @throws UnpackError
 */
export function unpackZstdFrame(bytes: Uint8Array, limit: number): Uint8Array {
  const declared = boundFrame(bytes, limit);
  let content: Uint8Array;
  try {
    content = decompress(bytes);
  } catch (error) {
    // The library throws its own errors, and range errors on damaged tables.
    throw new UnpackError(error instanceof Error ? error.message : "it is damaged");
  }
  if (declared !== undefined && declared !== content.length)
    throw new UnpackError(`it declares ${declared} bytes and holds ${content.length}`);
  return content;
}

/** Checks header and block sizes; gives the declared size of the content. */
function boundFrame(bytes: Uint8Array, limit: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { declared, at } = readHeader(view, limit);
    const end = walkBlocks(view, at, limit);
    const checksum = (view.getUint8(4) & 4) !== 0 ? 4 : 0;
    if (end + checksum !== bytes.length) throw new UnpackError("bytes behind its frame");
    return declared;
  } catch (error) {
    if (error instanceof RangeError) throw new UnpackError("it ends within a frame");
    throw error;
  }
}

function readHeader(view: DataView, limit: number): { declared: number | undefined; at: number } {
  if (view.getUint32(0, true) !== magic) throw new UnpackError("it does not start as a frame");
  const flags = view.getUint8(4);
  if ((flags & 3) !== 0) throw new UnpackError("it needs a dictionary");
  const single = (flags & 32) !== 0;
  let at = 5;
  if (!single) {
    const window = view.getUint8(at++);
    if (2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8) > Math.max(limit, 2 ** 23))
      throw new UnpackError("its window is larger than the limit");
  }
  const size = flags >>> 6;
  const sizeBytes = size === 0 ? (single ? 1 : 0) : 1 << size;
  if (sizeBytes === 0) return { declared: undefined, at };
  const declared =
    sizeBytes === 1
      ? view.getUint8(at)
      : sizeBytes === 2
        ? view.getUint16(at, true) + 256
        : sizeBytes === 4
          ? view.getUint32(at, true)
          : Number(view.getBigUint64(at, true));
  if (declared > limit) throw new UnpackError(`it declares ${declared} bytes`);
  return { declared, at: at + sizeBytes };
}

/** A run of one byte takes four bytes in the file, whatever its length: the sum is bounded, not the parts alone. */
function walkBlocks(view: DataView, start: number, limit: number): number {
  let [at, content] = [start, 0];
  for (;;) {
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const [type, size] = [(head >>> 1) & 3, head >>> 3];
    if (type === 3) throw new UnpackError("a block of an unknown type");
    // Compressed blocks are at least checked one by one: their content is at most 128 KiB.
    if (size > maxBlockBytes) throw new UnpackError(`a block of ${size} bytes`);
    content += type === 2 ? 0 : size;
    if (content > limit + maxBlockBytes) throw new UnpackError(`more than ${limit} bytes`);
    at += 3 + (type === 1 ? 1 : size);
    if (at > view.byteLength) throw new UnpackError("it ends within a block");
    if ((head & 1) !== 0) return at;
  }
}
