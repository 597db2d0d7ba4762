/** The mapping of a network onto the machine: plain JSON, the `mapping` of `deployment.json`. */
import type { Diagnostic } from "@nirkit/graph";
import type { Float32Neuron } from "@nirkit/network";
import type { ModelName } from "../application-models.ts";
import type { ConvParams } from "../engine/convolution.ts";
import type { S2Options } from "../options.ts";

/** Bytes of one purpose in the memory of a PE. */
export interface MemoryRegion {
  readonly name: RegionName;
  /** Local address. */
  readonly address: number;
  readonly bytes: number;
}

/** Purposes, in the order of their addresses. */
export type RegionName =
  | "parameters"
  | "specification"
  | "state"
  | "input buffers"
  | "source table"
  | "row offsets"
  | "synapses"
  | "conv weights"
  | "spike input"
  | "spike record"
  | "voltage record";

/** Neurons `start … stop − 1` of a population on one PE. */
export interface S2Slice {
  /** Number of the slice in the machine; its spikes carry the key `id << 10 | local index`. */
  readonly id: number;
  /** Index of the chip: 0, or that of `boardChips`. */
  readonly chip: number;
  /** 1 … 148. */
  readonly core: number;
  readonly qpe: readonly [x: number, y: number, pe: number];
  readonly start: number;
  readonly stop: number;
  /** Output channels `[first, last + 1]` of a convolution. */
  readonly channels?: readonly [number, number] | undefined;
  readonly regions: readonly MemoryRegion[];
  /** Free bytes of the data area. */
  readonly freeBytes: number;
}

/** Neurons of one application model, or a list of input spikes. */
export interface S2Population {
  /** Path of the neuron node or name of the port; relays are named after what they delay. */
  readonly name: string;
  /** Identifier for programs and files. */
  readonly id: string;
  readonly role: "input" | "neurons" | "relay";
  readonly model: ModelName | "spike_list";
  readonly shape: readonly number[];
  readonly size: number;
  /** Float32 values, one or one per neuron. */
  readonly params: Readonly<Record<string, number | readonly number[]>>;
  readonly reset: "reset_by_subtraction" | "reset_to_v_reset";
  /** Never fires; its membrane is the result. */
  readonly readout: boolean;
  /** Integers per real weight: the S of the population. */
  readonly weightScale: number;
  /** Volts of the node per unit of the membrane, one or one per neuron. */
  readonly vScale: readonly number[];
  readonly record: boolean;
  readonly recordVoltage: boolean;
  readonly slices: readonly S2Slice[];
}

/**
 * Synapses by source, little-endian base64: `start` uint32 [sources + 1], `target` uint32, `weight` int8; `delay`
 * (uint8 fields) only in changed images, where synapses of one projection differ.
 */
export interface S2Synapses {
  readonly delay?: string | undefined;
  readonly start: string;
  readonly target: string;
  readonly weight: string;
}

/** A convolution, `weights` int8 `[c_in][c_out][k_h][k_w]` in base64. */
export interface S2Convolution {
  readonly shape: readonly [number, number, number, number];
  readonly params: ConvParams;
  readonly weights: string;
}

/** A projection between two populations, by index. */
export interface S2Projection {
  /** Path of the weight node. */
  readonly name: string;
  readonly id: string;
  readonly pre: number;
  readonly post: number;
  readonly kind: "dense" | "conv2d";
  /** Delay field: a synapse takes one step more. */
  readonly delay: number;
  /** Its weights in the emitted folder. */
  readonly file: string;
  /** Non-zero weights. */
  readonly synapses: number;
  /** What it was made of: `conv2d, expanded`, `pool and dense`. */
  readonly origin: string;
  /** The weights; left out of `mapping.json`, where the images hold them. */
  readonly list?: S2Synapses | undefined;
  readonly conv?: S2Convolution | undefined;
}

/** One entry of the routing tables: keys that match go to the cores. */
export interface S2Route {
  readonly key: number;
  readonly mask: number;
  /** Slices that hold synapses from it. */
  readonly destinations: readonly number[];
}

/** What quantisation did to the weights into one population. */
export interface S2Quantization {
  readonly population: string;
  /** Integers per real weight. */
  readonly scale: number;
  /** Largest real weight that is not clipped: q_max / scale. */
  readonly clip: number;
  readonly clippedShare: number;
  readonly zeroShare: number;
  readonly weights: number;
  readonly bits: number;
}

/** Joules of a run: chip with PEs off, used PEs asleep, cycles at work. */
export interface S2Energy {
  readonly baseline: number;
  readonly sleep: number;
  readonly dynamic: number;
}

/** What is known before any sample: the work of a step without spikes, and the times that do not depend on them. */
export interface S2Estimates {
  /** Cycles of a silent step on every PE, against those of a tick. */
  readonly perPe: readonly {
    readonly slice: number;
    readonly restCycles: number;
    readonly tickCycles: number;
  }[];
  /** `steps` steps without spikes at 0.5 V and at 0.8 V; `estimateS2` adds the spikes of an activity. */
  readonly energy: { readonly low: S2Energy; readonly high: S2Energy };
  /** Seconds from an input to the first output, and from the first input of `steps` steps to the last output. */
  readonly latency: { readonly first: number; readonly decision: number };
}

/** A port of the network: an input population, or populations whose outputs are added. */
export interface S2Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly populations: readonly number[];
}

/** The whole mapping. */
export interface S2Mapping {
  readonly schema: "nirkit-s2-mapping/1";
  readonly generator: string;
  readonly graphHash: string;
  /** Seconds, the unit of tau. */
  readonly dt: number;
  readonly steps: number;
  /** Steps between an input and the first output it can cause. */
  readonly latency: number;
  readonly profile: S2Options["profile"];
  readonly fp: Float32Neuron["fp"];
  readonly options: S2Options;
  readonly inputs: readonly S2Port[];
  readonly outputs: readonly S2Port[];
  readonly populations: readonly S2Population[];
  readonly projections: readonly S2Projection[];
  readonly routing: readonly S2Route[];
  readonly quantization: readonly S2Quantization[];
  readonly estimates: S2Estimates;
  readonly warnings: readonly Diagnostic[];
}
