/**
 * Looks for NaN and infinity at the speed of the cache: pieces of a tensor go through a small window of WebAssembly memory,
 * 64 bytes a step. A float is finite unless all bits of its exponent are set.
 */
import { type DType, InternalError } from "@nirkit/graph";

const windowBytes = 2 ** 18;
const pageBytes = 2 ** 16;

/** Whether (word & mask) equals target in a 32-bit lane of the bytes `at` to `end`, which are whole steps of 64. */
type Found = (at: number, end: number, mask: bigint, target: bigint) => number;

/** Bits of two lanes: those of the exponent, and what they are in a number that is not finite. */
interface Pattern {
  readonly mask: bigint;
  readonly target: bigint;
}

const patterns: Partial<Record<DType, Pattern>> = {
  float32: { mask: 0x7f80_0000_7f80_0000n, target: 0x7f80_0000_7f80_0000n },
  // The lower half of a float64 holds no exponent: masked to 0, it never equals all ones.
  float64: { mask: 0x7ff0_0000_0000_0000n, target: 0x7ff0_0000_ffff_ffffn },
};

/** One window; use one per tensor that is read, they may be read at the same time. */
export class FiniteScan {
  /** False once something not finite was seen. */
  finite = true;
  readonly #pattern: Pattern | undefined;

  /** @param dtype whose bytes come, little endian; integers are always finite, and float16 is not looked at here */
  constructor(dtype: DType) {
    this.#pattern = patterns[dtype];
  }

  /** Where bytes may be put for {@link seeWindow} without a copy; a multiple of every element's size long. */
  get window(): Uint8Array {
    return engine().bytes;
  }

  /** Looks at the first `length` bytes of the window. */
  seeWindow(length: number): void {
    if (this.#pattern === undefined || !this.finite) return;
    const { bytes, found } = engine();
    const end = Math.ceil(length / 64) * 64;
    bytes.fill(0, length, end);
    this.finite = found(0, end, this.#pattern.mask, this.#pattern.target) === 0;
  }

  /** Looks at whole elements that stand somewhere else. */
  see(elements: Uint8Array): void {
    if (this.#pattern === undefined) return;
    for (let at = 0; at < elements.length && this.finite; at += windowBytes) {
      const part = elements.subarray(at, at + windowBytes);
      this.window.set(part);
      this.seeWindow(part.length);
    }
  }
}

let started: { readonly bytes: Uint8Array; readonly found: Found } | undefined;

function engine(): NonNullable<typeof started> {
  if (started === undefined) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()));
    const { window, found } = exports;
    if (!(window instanceof WebAssembly.Memory) || typeof found !== "function")
      throw new InternalError("the scan for values that are not finite lacks an export");
    started = { bytes: new Uint8Array(window.buffer, 0, windowBytes), found: found as Found };
  }
  return started;
}

/** The module, instruction by instruction. @see WebAssembly Core Specification 2.0, 5.4 and 5.5 */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [i32, i64, v128] = [0x7f, 0x7e, 0x7b];
  const [at, end, mask, target, masks, targets, seen] = [0, 1, 2, 3, 4, 5, 6];
  const get = (local: number): number[] => [0x20, local];
  const set = (local: number): number[] => [0x21, local];
  const tee = (local: number): number[] => [0x22, local];
  const simd = (operation: number, ...rest: readonly number[]): number[] => [0xfd, operation, ...rest];
  const [load, splat64, equal32, and, or, anyTrue] = [0x00, 0x12, 0x37, 0x4e, 0x50, 0x53];
  // seen |= (bytes[at + offset] & masks) == targets
  const look = (offset: number): number[] => [
    ...[...get(at), ...simd(load, 4, offset), ...get(masks), ...simd(and)],
    ...[...get(targets), ...simd(equal32), ...simd(or)],
  ];
  const body = [
    ...[1, 3, v128],
    ...[...get(mask), ...simd(splat64), ...set(masks), ...get(target), ...simd(splat64), ...set(targets)],
    ...[0x03, 0x40, ...get(seen), ...[0, 16, 32, 48].flatMap(look), ...set(seen)],
    // at += 64; once more while at < end
    ...[...get(at), 0x41, 0xc0, 0x00, 0x6a, ...tee(at), ...get(end), 0x49, 0x0d, 0x00, 0x0b],
    ...[...get(seen), ...simd(anyTrue), 0x0b],
  ];
  const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 4, i32, i32, i64, i64, 1, i32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, windowBytes / pageBytes]),
    ...section(7, [2, ...name("window"), 2, 0, ...name("found"), 0, 0]),
    ...section(10, [1, body.length, ...body]),
  ]);
}
