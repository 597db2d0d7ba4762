/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * Number i of a stream depends on the seed, the stream's name and i alone, so that results do not depend on the
 * order of evaluation or on the number of workers.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

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

/**
 * A stream of draws, each addressed by its number. Draw i is word i mod 4 of block floor(i / 4), or, as a normal
 * number, normal i mod 4 of that block (words 0, 1 give the first two, words 2, 3 the others).
 */
export interface Random {
  /** Draw `index` as a word, 0 … 2^32 − 1, without moving the position. */
  at(index: number): number;
  /** Draw `index` as a standard normal number, without moving the position. */
  normalAt(index: number): number;
  /** Next draw as a word. */
  uint32(): number;
  /** Next draw as a number of [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Integer of [0, n), without bias, 1 <= n <= 2^32; takes one draw, rarely more. */
  integer(n: number): number;
  /** Next draw as a standard normal number (Box-Muller). */
  normal(): number;
}

/** Counter words of a stream but the first, and its key. */
export interface PhiloxAddress {
  readonly key: readonly [low: number, high: number];
  readonly counter: readonly [op: number, tile: number, stream: number];
}

/** The stream at an explicit address: block i has the counter (i, op, tile, stream). */
export function philoxAt(address: PhiloxAddress): Random {
  let blockIndex = -1;
  let block: Uint32Array = new Uint32Array(4);
  let position = 0;

  const blockOf = (index: number): Uint32Array => {
    const wanted = Math.floor(index / 4);
    if (wanted !== blockIndex) {
      block = philoxBlock([wanted >>> 0, ...address.counter], address.key);
      blockIndex = wanted;
    }
    return block;
  };
  const at = (index: number): number => blockOf(index)[index % 4] ?? 0;
  const normalAt = (index: number): number => {
    const words = blockOf(index);
    const first = index % 4 < 2 ? 0 : 2;
    // a + 1 keeps the logarithm finite; both quotients are below 1.
    const radius = Math.sqrt(-2 * Math.log(((words[first] ?? 0) + 1) / 4294967297));
    const angle = 2 * Math.PI * ((words[first + 1] ?? 0) / 4294967296);
    return radius * (index % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  };
  const uint32 = (): number => at(position++);
  const integer = (n: number): number => {
    const limit = 4294967296 - (4294967296 % n);
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % n;
  };
  return {
    at,
    normalAt,
    uint32,
    uniform: () => uint32() / 4294967296,
    integer,
    normal: () => normalAt(position++),
  };
}

/**
 * The named stream of a seed: key = seed xor the first 8 bytes (little-endian) of the SHA-256 of the name in UTF-8.
 *
 * @param seed integer, taken modulo 2^64
 * @param stream any text; different names give independent streams
 */
export function philox(seed: number | bigint, stream: string): Random {
  const name = sha256(utf8ToBytes(stream));
  const view = new DataView(name.buffer, name.byteOffset, 8);
  const key = BigInt.asUintN(64, BigInt(seed)) ^ view.getBigUint64(0, true);
  return philoxAt({
    key: [Number(key & 0xffffffffn), Number(key >> 32n)],
    counter: [0, 0, 0x6e616d65],
  });
}
