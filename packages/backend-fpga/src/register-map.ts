/** The AXI4-Lite registers of a design, as `nk_axil` has them. */
import type { LayerPlan } from "./plan-types.ts";

/** One register, or a row of them, one per layer or class. */
export interface RegisterPlan {
  readonly name: string;
  /** Byte address of the first. */
  readonly offset: number;
  /** How many, 4 bytes apart. */
  readonly count: number;
  readonly access: "read" | "read-write" | "write";
  readonly text: string;
}

/** Layers with counters of their own. */
export const countedLayers = 16;
/** Classes with a register of their own. */
export const readableClasses = 192;

/** Where images are loaded from, and the words that are. */
export const loadRegisters: readonly [RegisterPlan, RegisterPlan] = [
  one("LOAD_ADDRESS", 0x800, "[31:24] image, 16 per layer, [23:0] its first word to load", "write"),
  one(
    "LOAD_DATA",
    0x804,
    "The next 32 bits of a word, low ones first; the next word follows. Not while a sample is in the design",
    "write",
  ),
];

/** What every design has. */
const common: readonly RegisterPlan[] = [
  one("ID", 0x000, "0x4E49524B"),
  one("VERSION", 0x004, "Version of this map, 0x00010000"),
  one("PLAN", 0x008, "The last 8 digits of the plan hash"),
  one("CONFIG", 0x00c, "[15:0] layers, [31:16] lanes of all layers"),
  one(
    "CONTROL",
    0x010,
    "[0] soft reset, [1] clear state, [2] clear counters, [3] interrupt enable",
    "read-write",
  ),
  one(
    "STATUS",
    0x014,
    "[0] busy; until a 1 is written: [1] bad kind, [2] bad address, [3] a state saturated, [4] result valid, [5] bad value, [6] bad TLAST",
    "read-write",
  ),
  one("CYCLES", 0x018, "Cycles with a sample in the design, low word; latches the high word"),
  one("CYCLES_HIGH", 0x01c, "High word latched by CYCLES"),
  one("STEPS", 0x020, "Steps that have left"),
  one("SAMPLES", 0x024, "Samples that have left"),
  one("RESULT_CLASS", 0x028, "Class that wins in the last sample"),
  one("RESULT_SCORE", 0x02c, "Its value, low word"),
  one("VALUE_HIGH", 0x030, "High word of the VALUE read last"),
  one("RESULT_SCORE_HIGH", 0x034, "High word of the value of the class that wins"),
];

function one(
  name: string,
  offset: number,
  text: string,
  access: RegisterPlan["access"] = "read",
): RegisterPlan {
  return { name, offset, count: 1, access, text };
}

/** All registers of a design; `classes` 0 without a readout; `isLoadable` where its weights are. */
export function registerMap(
  layers: readonly Pick<LayerPlan, "name">[],
  classes: number,
  isLoadable = false,
): RegisterPlan[] {
  const count = Math.min(layers.length, countedLayers);
  const rows: RegisterPlan[] = [
    { name: "EVENTS_IN", offset: 0x040, count, access: "read", text: "Events into a layer" },
    { name: "EVENTS_OUT", offset: 0x080, count, access: "read", text: "Events out of a layer" },
    {
      name: "SATURATIONS",
      offset: 0x0c0,
      count,
      access: "read",
      text: "States of a layer that were clamped",
    },
  ];
  if (classes > 0)
    rows.push({
      name: "VALUE",
      offset: 0x100,
      count: Math.min(classes, readableClasses),
      access: "read",
      text: "Value of a class in the last sample, low word; latches the high word",
    });
  return [...common, ...rows, ...(isLoadable ? loadRegisters : [])];
}
