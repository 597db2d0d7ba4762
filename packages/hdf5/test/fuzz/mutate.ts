/** Damage done to a file, decided by random draws alone: case `index` of a seed is the same everywhere. */
import type { Random } from "@nirkit/integer";

const extremes: readonly bigint[] = [
  0n,
  1n,
  7n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fff0n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];
const signatures = ["TREE", "SNOD", "HEAP", "GCOL", "OHDR", "FRHP", "BTHD", "FADB", "\x89HDF"];

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Changes a copy of `bytes` in one of several ways, one to eight times. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const mutation = mutations[random.integer(mutations.length)] ?? setBytes;
  let mutated: Uint8Array = bytes.slice();
  for (let turns = 1 + random.integer(8); turns > 0 && mutated.length > 16; turns--)
    mutated = mutation(mutated, random);
  return mutated;
}

const setBytes: Mutation = (bytes, random) => {
  bytes[random.integer(bytes.length)] = random.integer(256);
  return bytes;
};

const setHead: Mutation = (bytes, random) => {
  bytes[random.integer(Math.min(2048, bytes.length))] = random.integer(256);
  return bytes;
};

const flipBit: Mutation = (bytes, random) => {
  const at = random.integer(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
  return bytes;
};

/** Sizes, counts and addresses are little-endian fields at even offsets. */
const setField: Mutation = (bytes, random) => {
  const width = 1 << random.integer(4);
  const at = 2 * random.integer(Math.floor((bytes.length - width) / 2));
  writeField(bytes, at, width, extreme(bytes, random));
  return bytes;
};

/** A field of a tree, a table or a heap. */
const setNearSignature: Mutation = (bytes, random) => {
  const place = anySignature(bytes, random);
  const width = 1 << random.integer(4);
  const at = Math.min(place + random.integer(64), bytes.length - width);
  writeField(bytes, at, width, extreme(bytes, random));
  return bytes;
};

/** One address in place of another: groups for datasets, cycles, two links to one object. */
const redirect: Mutation = (bytes, random) => {
  const [from, to] = [anyAddress(bytes, random), anyAddress(bytes, random)];
  bytes.copyWithin(to, from, from + 8);
  return bytes;
};

const swapEntries: Mutation = (bytes, random) => {
  const table = find(bytes, "SNOD", random.integer(bytes.length));
  if (table < 0 || table + 8 + 80 > bytes.length) return flipBit(bytes, random);
  const count = Math.max(1, Math.min(8, bytes[table + 6] ?? 1));
  const [a, b] = [random.integer(count), random.integer(count)].map((entry) => table + 8 + 40 * entry);
  if (a === undefined || b === undefined || Math.max(a, b) + 16 > bytes.length) return bytes;
  const address = bytes.slice(a + 8, a + 16);
  bytes.copyWithin(a + 8, b + 8, b + 16);
  bytes.set(address, b + 8);
  return bytes;
};

/** Letters of names, types and edges. */
const setLetter: Mutation = (bytes, random) => {
  const start = random.integer(bytes.length);
  const at = bytes.findIndex((byte, i) => i >= start && byte >= 0x61 && byte <= 0x7a);
  if (at >= 0) bytes[at] = random.integer(4) === 0 ? 0 : 0x20 + random.integer(0x60);
  return bytes;
};

const copyBlock: Mutation = (bytes, random) => {
  const length = Math.min(8 << random.integer(7), bytes.length);
  const [from, to] = [random.integer(bytes.length), random.integer(bytes.length)];
  bytes.copyWithin(to, from, from + length);
  return bytes;
};

const clearBlock: Mutation = (bytes, random) => {
  const at = random.integer(bytes.length);
  bytes.fill(random.integer(2) * 0xff, at, at + (1 << random.integer(10)));
  return bytes;
};

/** Cut off, with the end-of-file address of superblock 0 set to match every other time. */
const cut: Mutation = (bytes, random) => {
  const shorter = bytes.slice(0, 1 + random.integer(bytes.length));
  if (shorter.length > 48 && random.integer(2) === 0) writeField(shorter, 40, 8, BigInt(shorter.length));
  return shorter;
};

const mutations: readonly Mutation[] = [
  setBytes,
  setHead,
  flipBit,
  setField,
  setNearSignature,
  setNearSignature,
  redirect,
  swapEntries,
  setLetter,
  copyBlock,
  clearBlock,
  cut,
];

function extreme(bytes: Uint8Array, random: Random): bigint {
  const special = [BigInt(bytes.length), BigInt(anyAddress(bytes, random)), BigInt(random.uint32())];
  const all = [...extremes, ...special];
  return all[random.integer(all.length)] ?? 0n;
}

function writeField(bytes: Uint8Array, at: number, width: number, value: bigint): void {
  for (let i = 0; i < width; i++)
    if (at + i >= 0 && at + i < bytes.length) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n);
}

/** Where eight bytes look like an address within the file. */
function anyAddress(bytes: Uint8Array, random: Random): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 * random.integer(Math.ceil(bytes.length / 8));
  for (let at = start; at + 8 <= bytes.length; at += 8) {
    const low = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) === 0 && low >= 96 && low < bytes.length) return at;
  }
  return Math.max(0, Math.min(start, bytes.length - 8));
}

function anySignature(bytes: Uint8Array, random: Random): number {
  const word = signatures[random.integer(signatures.length)] ?? "TREE";
  const start = random.integer(bytes.length);
  const after = find(bytes, word, start);
  return after >= 0 ? after : Math.max(0, find(bytes, word, 0));
}

function find(bytes: Uint8Array, word: string, from: number): number {
  const first = word.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if ([...word].every((letter, i) => bytes[at + i] === letter.charCodeAt(0))) return at;
  return -1;
}
