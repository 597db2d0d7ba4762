/**
 * Toggles of a netlist weighted by what they charge: an energy that is relative only.
 *
 *     wt = sum over nets toggles * (1 + fan-out) + 0.3 * FF clock edges
 *        + sum over memories (reads + writes) * (20 + 2 * width)
 */
import type { LayerCycles } from "../cycle-model.ts";
import type { FpgaPlan, LayerPlan } from "../plan-types.ts";
import type { Net, Netlist } from "./netlist.ts";
import type { VcdVariable } from "./vcd.ts";

/** Parts that the weighted toggles are split into. */
export const toggleShares = ["lanes", "adders", "neuron update", "memories", "control", "clock"] as const;

/** One of them. */
export type ToggleShare = (typeof toggleShares)[number];

/** Weight of a clock edge at a flip-flop, and of an access to a memory: `base + perBit * width`. */
const clockWeight = 0.3;
const accessWeight = { base: 20, perBit: 2 };

/** Nets of a part of the design: toggles times 1 + fan-out, whole window. */
type ShareSums = { readonly [K in ToggleShare]: number };

/** Weighted toggles of the data nets, by layer name; "" is what belongs to no layer. */
export interface NetToggles {
  readonly byLayer: ReadonlyMap<string, ShareSums>;
  /** Bits of the dump, and those without a net in the netlist. */
  readonly dumped: number;
  readonly unmapped: number;
}

/**
 * Sums a dump over the nets of a netlist. A net with several names counts once; the clock is left to its own term.
 *
 * @param layers names of the layers, as in the instances `u_<name>` and `arc_<name>`
 */
export function weighNets(
  variables: readonly VcdVariable[],
  netlist: Netlist,
  layers: readonly string[],
): NetToggles {
  const sums = new Map(["", ...layers].map((name) => [name, emptyShares()] as const));
  const seen = new Set<number>();
  let dumped = 0;
  let unmapped = 0;
  for (const { name, toggles } of variables) {
    const bits = netlist.bitsOf.get(name);
    toggles.forEach((count, k) => {
      dumped++;
      const bit = bits?.[k];
      if (bit === undefined) unmapped++;
      if (typeof bit !== "number" || seen.has(bit)) return;
      seen.add(bit);
      const net = netlist.nets.get(bit) as Net;
      if (net.isClock) return;
      const layer = layerOf(net.names, layers);
      const shares = sums.get(layer) as Record<ToggleShare, number>;
      shares[shareOf(net)] += count * (1 + net.fanOut);
    });
  }
  return { byLayer: sums, dumped, unmapped };
}

function emptyShares(): Record<ToggleShare, number> {
  return { lanes: 0, adders: 0, "neuron update": 0, memories: 0, control: 0, clock: 0 };
}

function layerOf(names: readonly string[], layers: readonly string[]): string {
  for (const name of names) {
    const layer = /^(?:u|arc)_(.*?)\./.exec(name)?.[1];
    if (layer !== undefined && layers.includes(layer)) return layer;
  }
  return "";
}

/** Parts by the names of `nk_layer`, most telling first; names of nets that synthesis made begin with that of a neighbour. */
const nameShares: readonly (readonly [ToggleShare, RegExp])[] = [
  ["lanes", /^[^.]+\.(g_lane\[\d+\]\.lane\.|(terms|ones|word|weights\.)|g_replay\.)/],
  ["adders", /^[^.]+\.(g_lane\[\d+\]\.g_sum|a_new|a_old|a_ram|addends|carries|accumulators\.|g_forward\.)/],
  ["neuron update", /^[^.]+\.neurons\./],
];

function shareOf({ names, driver }: Net): ToggleShare {
  if (driver !== undefined && /RAM/.test(driver)) return "memories";
  for (const [share, pattern] of nameShares) if (names.some((name) => pattern.test(name))) return share;
  return "control";
}

/** Accesses to the memories of one layer in one sample, weighted. */
export function weighMemories(layer: LayerPlan, cycles: LayerCycles): number {
  const { events, eventWords, replayWords, sweptWords } = cycles;
  const access = (count: number, width: number): number =>
    count * (accessWeight.base + accessWeight.perBit * width);
  const images = layer.memories.reduce((sum, { role, width }) => {
    const counts = { weights: eventWords, recurrent: replayWords, rowMask: events, rowStart: events };
    const reads = role in counts ? counts[role as keyof typeof counts] : sweptWords;
    return sum + access(reads, width);
  }, 0);
  // Sums are read and written for every event; all states once per update.
  return layer.state.reduce((sum, { role, width }) => {
    const extra = role === "accumulator" ? eventWords + replayWords : 0;
    return sum + access(2 * (sweptWords + extra), width);
  }, images);
}

/** Weighted clock edges of `cycles` cycles. */
export function weighClock(flipFlops: number, cycles: number): number {
  return clockWeight * flipFlops * cycles;
}

/** Layers whose input has several bits: the only ones in which the two kinds of weights compute differently. */
export function isMultiBit(layer: LayerPlan): boolean {
  return layer.widths.value > 0;
}

/** Bits of weight images, and of all memories. */
export function memoryBits(plan: FpgaPlan): { readonly weights: number; readonly all: number } {
  const bits = ({ width, depth }: { readonly width: number; readonly depth: number }): number =>
    width * depth;
  let weights = 0;
  let all = 0;
  for (const layer of plan.layers) {
    for (const memory of layer.memories) {
      all += bits(memory);
      if (["weights", "recurrent", "rowMask", "rowStart"].includes(memory.role)) weights += bits(memory);
    }
    for (const memory of layer.state) all += bits(memory);
  }
  return { weights, all };
}
