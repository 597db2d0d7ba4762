/** The register writes that load the images of a design. */
import {
  type FpgaPlan,
  type LayerPlan,
  type MemoryPlan,
  type MemoryRole,
  memoryRoles,
} from "./plan-types.ts";
import { loadRegisters } from "./register-map.ts";

/** A write to a register. */
export interface RegisterWrite {
  readonly offset: number;
  readonly word: number;
}

/** Writes that put the images of a plan into its design. */
export function imageWrites(plan: FpgaPlan): readonly RegisterWrite[] {
  const [address, data] = loadRegisters;
  return plan.layers.flatMap((layer, l) =>
    loadedImages(layer).flatMap((memory) => {
      const image = imageNumber(l, memory.role, memory.arc ?? 0);
      const chunks = memory.words.flatMap((word) => chunksOf(word, memory.width));
      return [
        { offset: address.offset, word: image * 2 ** 24 },
        ...chunks.map((word) => ({ offset: data.offset, word })),
      ];
    }),
  );
}

/** Arcs of a layer whose weights have a number. */
export const mostArcs: number = 16 - memoryRoles.length + 1;

/** Number of an image: 16 per layer, by role, then the weights of the arcs beside the first. */
export function imageNumber(layer: number, role: MemoryRole, arc: number): number {
  return 16 * layer + (arc === 0 ? memoryRoles.indexOf(role) : memoryRoles.length + arc - 1);
}

function loadedImages({ memories }: LayerPlan): readonly MemoryPlan[] {
  return memories.filter(({ role }) => !["rowMask", "rowStart", "delay"].includes(role));
}

/** 32 bits each, the low ones first. */
function chunksOf(word: string, width: number): number[] {
  const bits = BigInt(`0x${word}`);
  return Array.from({ length: Math.ceil(width / 32) }, (_, k) =>
    Number((bits >> BigInt(32 * k)) & 0xffffffffn),
  );
}
