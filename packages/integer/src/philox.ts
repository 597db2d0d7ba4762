/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * Number i of a stream depends on the seed, the stream's name and i alone, so that results do not depend on the
 * order of evaluation or on the number of workers.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/**
 * One block of four 32-bit words from a 128-bit counter and a 64-bit key.
 *
 * @example philoxBlock([0, 0, 0, 0], [0, 0]) // [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
 */
export function philoxBlock(counter: readonly number[], key: readonly number[]): Uint32Array {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
  let [k0 = 0, k1 = 0] = key;
  for (let turn = 0; turn < 10; turn++) {
    const low0 = Math.imul(M0, c0);
    const low1 = Math.imul(M1, c2);
    const high0 = highWord(M0, c0);
    const high1 = highWord(M1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/** High 32 bits of an unsigned 32 × 32 bit product, in halves of 16 bits so that nothing passes 2^53. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // < 2^32
  const cross = aLow * bHigh + (middle & 0xffff); // < 2^32
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** A stream of random numbers; a position in an endless, addressable sequence. */
export interface Random {
  /** Word `index` of the stream, 0 … 2^32 − 1, without moving the position. */
  at(index: number): number;
  /** Next word. */
  uint32(): number;
  /** Next number of [0, 1), a multiple of 2^-53; takes two words. */
  uniform(): number;
  /** Next integer of [0, n), without bias, 1 <= n <= 2^32. */
  integer(n: number): number;
  /** Next standard normal number (Box-Muller); takes four words. */
  normal(): number;
}

/**
 * The named stream of a seed.
 *
 * @param seed integer, taken modulo 2^64
 * @param stream any text; different names give independent streams
 */
export function philox(seed: number | bigint, stream: string): Random {
  const wide = BigInt.asUintN(64, BigInt(seed));
  const key = [Number(wide & 0xffffffffn), Number(wide >> 32n)];
  const [nameLow, nameHigh] = hashName(stream);
  let blockIndex = -1;
  let block: Uint32Array = new Uint32Array(4);
  let position = 0;

  const at = (index: number): number => {
    const wanted = Math.floor(index / 4);
    if (wanted !== blockIndex) {
      block = philoxBlock([wanted >>> 0, Math.floor(wanted / 4294967296) >>> 0, nameLow, nameHigh], key);
      blockIndex = wanted;
    }
    return block[index % 4] ?? 0;
  };
  const uint32 = (): number => at(position++);
  const uniform = (): number => {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
  const integer = (n: number): number => {
    const limit = 4294967296 - (4294967296 % n);
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % n;
  };
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { at, uint32, uniform, integer, normal };
}

/** Two 32-bit FNV-1a hashes of the name's UTF-16 units, forward and backward. */
function hashName(name: string): [number, number] {
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    forward = Math.imul(forward ^ name.charCodeAt(i), 0x01000193);
    backward = Math.imul(backward ^ name.charCodeAt(name.length - 1 - i), 0x01000193);
  }
  return [forward >>> 0, backward >>> 0];
}
