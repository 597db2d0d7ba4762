/** A convolution's geometry, read back from memory. */

import { shapeWord } from "../conv-shape.ts";
import type { HeapViews } from "../heap.ts";

/** The words of a shape by name. */
export type Shape = Readonly<Record<keyof typeof shapeWord, number>>;

/** Reads the sixteen words at `ptr`. */
export function readShape({ i32 }: HeapViews, ptr: number): Shape {
  const at = ptr >>> 2;
  const word = (name: keyof typeof shapeWord): number => i32[at + shapeWord[name]] as number;
  return {
    h: word("h"),
    w: word("w"),
    c: word("c"),
    outH: word("outH"),
    outW: word("outW"),
    outC: word("outC"),
    kernelH: word("kernelH"),
    kernelW: word("kernelW"),
    strideH: word("strideH"),
    strideW: word("strideW"),
    padTop: word("padTop"),
    padLeft: word("padLeft"),
    dilationH: word("dilationH"),
    dilationW: word("dilationW"),
    groups: word("groups"),
    chw: word("chw"),
  };
}
