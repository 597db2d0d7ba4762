/** What the bench knows of the memory images, so that it sees a changed bit that no spike shows. */
import { arcName } from "../layer-arc.ts";
import type { FpgaPlan, LayerPlan, MemoryPlan, MemoryRole } from "../plan-types.ts";

const offset = 0x811c9dc5;
const prime = 0x01000193;

/** Images that stand in an arc. */
type ArcRole = "weights" | "rowMask" | "rowStart";

/** Blocks of nk_sparse. */
const sparseBlocks = { dense: "", any: "g_any", bitmask: "g_mask", rle: "g_runs" } as const;

/** Where an image stands below its layer's core. */
const places: Readonly<Record<Exclude<MemoryRole, ArcRole | "delay">, string>> = {
  recurrent: "g_replay.weights",
  theta: "neurons.g_fire.g_th.rom",
  sub: "neurons.g_fire.g_subtract.g_sub.rom",
  vReset: "neurons.g_fire.g_vr.rom",
  bias: "neurons.g_bias.rom",
  leak: "neurons.g_state.g_factor.rom",
  synLeak: "neurons.g_state.g_current.g_factor.rom",
};

/** Statements that compare every image, as the design holds it, with its sum; `word` has `imageBits`. */
export function imageChecks(plan: FpgaPlan): string[] {
  const bits = imageBits(plan);
  return plan.layers.flatMap((layer) =>
    layer.memories.flatMap((memory) => [
      `      sum = 32'h${offset.toString(16)};`,
      `      for (i = 0; i < ${memory.depth}; i = i + 1) begin`,
      "        word =",
      `          ${extended(`dut.${placeOf(layer, memory, plan.options.weights)}.mem[i]`, bits - memory.width)};`,
      `        add_word(${chunks(memory)});`,
      "      end",
      `      image = "${layer.name}/${memory.file}";`,
      `      compare_sum(32'h${hex(imageSum(memory))});`,
    ]),
  );
}

/** Images of an arc, and of the layer. */
function placeOf(
  { name, projections }: LayerPlan,
  { role, arc = 0 }: MemoryPlan,
  weights: "rom" | "ram",
): string {
  const block = sparseBlocks[projections[0]?.rows.form ?? "dense"];
  if (role === "delay") return `u_${name}.g_ring.ring.rom`;
  if (role === "rowMask") return `arc_${name}.g_sparse.words.${block}.masks`;
  if (role === "rowStart") return `arc_${name}.g_sparse.words.${block}.starts`;
  const image = role === "weights" ? `${arcName("arc", name, arc)}.weights` : `u_${name}.${places[role]}`;
  return `${image}.${weights === "ram" ? "g_loaded" : "g_fixed"}.words`;
}

function extended(value: string, zeros: number): string {
  return zeros === 0 ? value : `{${zeros}'d0, ${value}}`;
}

/** Bits of the widest word, in whole chunks of 32. */
export function imageBits(plan: FpgaPlan): number {
  return 32 * Math.max(...plan.layers.flatMap((layer) => layer.memories.map(chunks)));
}

function chunks({ width }: MemoryPlan): number {
  return Math.ceil(width / 32);
}

/**
 * FNV-1a over the words, low 32 bits first. Every step is one-to-one, so one changed chunk always changes the sum.
 *
 * @example one word 00000000 gives 050c5d1f
 */
export function imageSum(memory: MemoryPlan): number {
  let sum = offset;
  for (const word of memory.words)
    for (let j = 0; j < chunks(memory); j++) {
      const end = word.length - 8 * j;
      const chunk = Number.parseInt(word.slice(Math.max(0, end - 8), Math.max(0, end)) || "0", 16);
      sum = Math.imul(sum ^ chunk, prime);
    }
  return sum >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
