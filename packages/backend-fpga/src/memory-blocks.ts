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

/** Half blocks of the same family, and what Yosys weighs: block memory only where it is cheaper than LUTs. */
const ramb18: BlockFamily["shapes"] = [
  [36, 512],
  [18, 1024],
  [9, 2048],
  [4, 4096],
  [2, 8192],
  [1, 16384],
];
const [halfCost, fullCost] = [513, 1025];

/** A memory to place; an image is read only, and may stand in LUTs at any depth. */
export interface PlacedMemory {
  readonly width: number;
  readonly depth: number;
  readonly isImage?: boolean;
}

/**
 * Blocks that a memory takes: min over shapes of ceil(width / w) · ceil(depth / d), for AMD in whole and half RAMB36;
 * none where it goes into LUTs or registers: `memStyle` says so, or it is left to synthesis and the state is at most 64
 * deep, or the image costs less in LUTs (bits / 16, as Yosys weighs it).
 *
 * @example blockCount({ width: 160, depth: 16 }, "ice40", "auto") // 10
 * @example blockCount({ width: 8, depth: 2048, isImage: true }, "xc7", "auto") // 0.5
 */
export function blockCount(
  { width, depth, isImage = false }: PlacedMemory,
  family: Board["family"],
  style: FpgaOptions["memStyle"],
): number {
  const { shapes, hasLutRam } = families[family];
  if (style === "registers" || style === "distributed") return 0;
  if (!isImage && style === "auto" && hasLutRam && depth <= 64) return 0;
  const least = (of: BlockFamily["shapes"]): number =>
    Math.min(...of.map(([w, d]) => Math.ceil(width / w) * Math.ceil(depth / d)));
  if (shapes !== ramb36.shapes) return least(shapes);
  const [half, full] = [least(ramb18), least(shapes)];
  const isHalf = half * halfCost < full * fullCost;
  const cost = isHalf ? half * halfCost : full * fullCost;
  if (isImage && style === "auto" && (width * depth) / 16 <= cost) return 0;
  return isHalf ? half / 2 : full;
}

/** Where images go: into block memory where that is asked for, else as synthesis chooses. */
export function romStyle(style: FpgaOptions["memStyle"]): "block" | "auto" {
  return style === "block" ? "block" : "auto";
}
