/** What a comparison of designs says; plain data, as `comparison.json` holds it. */
import type { NetToggles, ToggleShare } from "./weighted-toggles.ts";
import type { SynthesizedArea } from "./yosys-stat.ts";

/** Resources of one design from one tool and flow. */
export interface ComparedArea extends SynthesizedArea {
  readonly family: "xc7" | "ice40";
  readonly tool: string;
  readonly flow: string;
  /** From nextpnr, where it ran. */
  readonly fmaxMhz?: number;
  /** Of the layers with multi-bit input and of those with spikes; doors, buffers and registers are in neither. */
  readonly classes: { readonly multiBitLayers: ClassArea; readonly spikeLayers: ClassArea };
}

/** Cells of one kind of layers, by the names that synthesis keeps or makes: shared logic counts for one of its users. */
export interface ClassArea {
  readonly lut: number;
  readonly ff: number;
}

/** Weighted toggles per sample: relative, in units of one toggle of a net without load. */
export interface ComparedToggles {
  /** Data nets, by part; `clock` and the accesses to memories stand apart. */
  readonly shares: { readonly [K in ToggleShare]: number };
  /** Data nets of the layers with multi-bit input, of those with spikes, and of the rest of the design. */
  readonly multiBitLayers: number;
  readonly spikeLayers: number;
  readonly outside: number;
  /** Sum of the data nets. */
  readonly nets: number;
  /** Clock edges and accesses to memories, and the layers' part of the accesses. */
  readonly clock: number;
  readonly memoryAccesses: number;
  readonly multiBitMemoryAccesses: number;
  /** Everything. */
  readonly whole: number;
  readonly window: { readonly warmUp: number; readonly cycles: number; readonly glitches: boolean };
  readonly dumped: NetToggles["dumped"];
  readonly unmapped: NetToggles["unmapped"];
  /** Words that left the netlist in the simulated cycles, all as expected. */
  readonly beats: number;
}

/** Energy from a report of a tool or a measurement; the only tier in watts. */
export interface ImportedPower {
  readonly tool: string;
  readonly device: string;
  readonly totalW: number;
  readonly dynamicW: number;
}

/** One design of the comparison. */
export interface ComparedDesign {
  readonly label: string;
  /** Stored bits per weight and code of every layer. */
  readonly weights: readonly { readonly layer: string; readonly bits: number; readonly code: string }[];
  readonly lanes: readonly number[];
  /** Share of right answers, as given. */
  readonly accuracy?: number;
  /** Share of weights that are 0. */
  readonly zeroWeights: number;
  readonly weightBits: number;
  readonly memoryBits: number;
  /** Mean over the vectors, of the exact cycle model. */
  readonly cyclesPerSample: number;
  readonly area: readonly ComparedArea[];
  /** Tier 0: operations times a 45 nm table, which is no FPGA. pJ per sample. */
  readonly operations: { readonly multiBitLayers: number; readonly whole: number };
  /** Tier 1. */
  readonly toggles?: ComparedToggles;
  /** Tier 2. */
  readonly imported?: ImportedPower;
}

/** How much more another design takes than the first one. */
export interface ComparedRatio {
  readonly label: string;
  /** Xilinx LUTs. */
  readonly lut?: number;
  readonly operations: number;
  /** Weighted toggles: multi-bit layers and whole design, data nets alone and with clock and memories. */
  readonly multiBitNets?: number;
  readonly multiBitAll?: number;
  readonly wholeNets?: number;
  readonly wholeAll?: number;
}

/** Designs of one network side by side. */
export interface ComparisonReport {
  readonly schema: "nirkit-comparison/1";
  /** What the three tiers of energy are, and are not. */
  readonly tiers: {
    readonly operations: string;
    readonly toggles: string;
    readonly imported: string;
  };
  readonly samples: number;
  readonly designs: readonly ComparedDesign[];
  /** Of every design to the first. */
  readonly ratios: readonly ComparedRatio[];
}

/** What each tier may claim. */
export const energyTiers: ComparisonReport["tiers"] = {
  operations: "tier 0: operations x 45 nm energy per operation; not this FPGA, no memory, clock or wiring",
  toggles:
    "tier 1: toggles of the synthesised iCE40 netlist x (1 + fan-out), real data; relative, no joules, wiring not known",
  imported: "tier 2: report of the vendor's tool or a measurement, as imported; the only tier in watts",
};
