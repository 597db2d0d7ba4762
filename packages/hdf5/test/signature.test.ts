import { graph } from "@nirkit/graph";
import { expect, test } from "vitest";
import { writeNir } from "../src/index.ts";
import { checkSignature, superblockOffset } from "../src/signature.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const message = (bytes: Uint8Array): string => checkSignature(bytes)?.message ?? "";

test("what is no HDF5 file is named: empty, ZIP, gzip, pickle, JSON, text, other", () => {
  expect(message(new Uint8Array(0))).toContain("an empty file");
  expect(message(Uint8Array.of(0x50, 0x4b, 3, 4, 0))).toContain("a ZIP archive");
  expect(checkSignature(Uint8Array.of(0x50, 0x4b, 3, 4, 0))?.hint).toContain("PyTorch");
  expect(message(Uint8Array.of(0x1f, 0x8b, 8))).toContain("a gzip file");
  expect(message(Uint8Array.of(0x80, 4, 0x95))).toContain("a Python pickle");
  expect(message(text(' {"nodes": 1}'))).toContain("JSON text");
  expect(message(text("hello\nworld"))).toContain("but text");
  expect(message(Uint8Array.of(7, 1, 2, 3))).toContain("binary data of another kind (4 bytes)");
});

test("the superblock is found after user blocks of 512, 1024 and 2048 bytes, and nowhere else", async () => {
  const file = await writeNir(graph().input("in", [1]).output("out").build());
  const shifted = (by: number): Uint8Array => {
    const bytes = new Uint8Array(by + file.length);
    bytes.set(file, by);
    return bytes;
  };
  for (const by of [0, 512, 1024, 2048]) expect(superblockOffset(shifted(by))).toBe(by);
  expect(superblockOffset(shifted(600))).toBe(-1);
});

test("a file that lacks its last byte, or all but its signature, is cut off", async () => {
  const file = await writeNir(graph().input("in", [1]).output("out").build());
  expect(checkSignature(file)).toBeUndefined();
  expect(checkSignature(file.subarray(0, -1))?.code).toBe("E_HDF5_CORRUPT");
  expect(checkSignature(file.subarray(0, 8))?.code).toBe("E_HDF5_CORRUPT");
});
