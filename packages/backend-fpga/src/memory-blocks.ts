/** Block memories of the families: how many a memory takes. */
import type { Board } from "./boards.ts";
import type { FpgaOptions } from "./options.ts";

/** Shapes of one block, width x depth. */
export interface BlockFamily {
  readonly unit: string;
  readonly shapes: readonly (readonly [width: number, depth: number])[];
  /** Whether shallow memories go into LUTs instead. */
  readonly hasLutRam: boolean;
}

const ramb36: BlockFamily = {
  unit: "RAMB36",
  shapes: [
    [72, 512],
    [36, 1024],
    [18, 2048],
    [9, 4096],
    [4, 8192],
    [2, 16384],
    [1, 32768],
  ],
  hasLutRam: true,
};

const families: Readonly<Record<Board["family"], BlockFamily>> = {
  generic: ramb36,
  xc7: ramb36,
  xcup: ramb36,
  ice40: {
    unit: "4 kbit blocks",
    shapes: [
      [16, 256],
      [8, 512],
      [4, 1024],
      [2, 2048],
    ],
    hasLutRam: false,
  },
  ecp5: {
    unit: "18 kbit blocks",
    shapes: [
      [36, 512],
      [18, 1024],
      [9, 2048],
      [4, 4096],
      [2, 8192],
      [1, 16384],
    ],
    hasLutRam: true,
  },
};

/** The block memory of a family. */
export function memoryBlocks(family: Board["family"]): BlockFamily {
  return families[family];
}

/**
 * Blocks that a memory takes: min over shapes of ceil(width / w) · ceil(depth / d); none where it goes into LUTs
 * (depth up to 64 and the family has LUT RAM, or `memStyle` says so) or registers.
 *
 * @example blockCount({ width: 160, depth: 16 }, "ice40", "auto") // 10
 */
export function blockCount(
  { width, depth }: { readonly width: number; readonly depth: number },
  family: Board["family"],
  style: FpgaOptions["memStyle"],
): number {
  const { shapes, hasLutRam } = families[family];
  if (style === "registers" || style === "distributed") return 0;
  if (style === "auto" && hasLutRam && depth <= 64) return 0;
  return Math.min(...shapes.map(([w, d]) => Math.ceil(width / w) * Math.ceil(depth / d)));
}

/** Where images go: into block memory where that is asked for, else as synthesis chooses. */
export function romStyle(style: FpgaOptions["memStyle"]): "block" | "auto" {
  return style === "block" ? "block" : "auto";
}
