/**
 * The hardware model of one design as plain data: what is printed, simulated and estimated.
 *
 * `manifest.json` is this model with the digests of the memories in place of their words; the words stand in the `.mem`
 * files, and the two together are the whole design.
 */
import type { MapShape } from "./map-address.ts";
import type { FpgaOptions } from "./options.ts";
import type { RegisterPlan } from "./register-map.ts";
import type { RowsPlan } from "./sparse-rows.ts";
import type { WeightCode } from "./weight-code.ts";

/** Integer leak in hardware terms; `mul` null: one factor per neuron, in a memory of `bits` with a leading 0. */
export type LeakPlan =
  | { readonly form: "none" }
  | { readonly form: "shift"; readonly shift: number }
  | {
      readonly form: "mul";
      readonly mul: number | null;
      readonly bits: number;
      readonly shift: number;
      readonly round: "floor" | "zero" | "rne";
    };

/** What a memory image holds. */
export const memoryRoles = [
  "weights",
  "recurrent",
  "rowMask",
  "rowStart",
  "theta",
  "sub",
  "vReset",
  "bias",
  "leak",
  "synLeak",
  "delay",
] as const;

/** One of them. */
export type MemoryRole = (typeof memoryRoles)[number];

/**
 * Form of a memory image: `depth` words of lanes of `laneBits`, lane 0 in the low bits. Weight words of run lengths have
 * the run of the next word of their row above the lanes. A `rowMask` is one bit per word of a row, or a single one for
 * the row; a `rowStart` is the first weight word of a row above its run.
 */
export interface MemoryForm {
  readonly role: MemoryRole;
  /** Of `weights`: which arc into the layer, where it has several; 0 if absent. */
  readonly arc?: number | undefined;
  /** Plain name; the file stands in `mem/`. */
  readonly file: string;
  readonly laneBits: number;
  readonly signed: boolean;
  /** How the values of a weight memory are coded. */
  readonly code: WeightCode;
  /** Largest exponents of its slots, of several shifts. */
  readonly slots?: readonly number[] | undefined;
  readonly width: number;
  readonly depth: number;
}

/** A memory and its words, hexadecimal, ceil(width / 4) digits each. */
export interface MemoryPlan extends MemoryForm {
  readonly words: readonly string[];
}

/** A memory as the manifest names it. */
export interface MemoryManifest extends MemoryForm {
  /** Of the bytes of the file. */
  readonly sha256: string;
}

/** A memory that is written at run time. */
export interface StateMemory {
  readonly role:
    | "accumulator"
    | "membrane"
    | "current"
    | "recurrentSpikes"
    | "lastSpikes"
    | "delayedBeats"
    | "delayedSums";
  readonly width: number;
  readonly depth: number;
}

/** Weights of one layer from one source; `path` joins the nodes whose weights were added up. */
export interface ProjectionPlan {
  readonly path: string;
  readonly role: "feed-forward" | "recurrent";
  readonly weightBits: number;
  /** How its weights are coded: powers of two are shifted and added, integers multiplied where values come in. */
  readonly code: WeightCode;
  /** Largest exponents of its slots, of several shifts. */
  readonly slots?: readonly number[] | undefined;
  /** Left shift of the products. */
  readonly shift: number;
  /** How its rows are stored. */
  readonly rows: RowsPlan;
  readonly nonZero: number;
}

/** Bit widths of one layer; `value` and `output` are 0 for spikes. */
export interface LayerWidths {
  readonly inputAddress: number;
  readonly index: number;
  readonly value: number;
  readonly output: number;
  /** AB of the accumulator. */
  readonly acc: number;
  /** XB of x. */
  readonly x: number;
  /** x, TH, SUB, VR and x − SUB. */
  readonly work: number;
  /** VB of U and J. */
  readonly state: number;
  /** Bits in which they are stored: VB, or on a grid as many as count its levels. */
  readonly stored: number;
  /** F, the fractional bits of all but the accumulator. */
  readonly frac: number;
}

/** A window sum in front of a layer: windows that do not overlap, so that every event has at most one. */
export interface PoolPlan {
  readonly inShape: MapShape;
  readonly outShape: MapShape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** A convolution: geometry of the projection of a layer. */
export interface ConvPlan extends PoolPlan {
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Arithmetic of one layer; a parameter is a common value, or null where a memory holds one per neuron. */
export interface NeuronPlan {
  readonly spiking: boolean;
  readonly hasState: boolean;
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly resetDelay: 0 | 1;
  readonly spikeDelay: 0 | 1;
  readonly cubaOrder: "new" | "old";
  readonly overflow: "sat" | "wrap";
  readonly vMin: number;
  readonly vMax: number;
  /** U and J are stored as multiples of it: 1, or the step of a grid from vMin to vMax. */
  readonly stateStep: number;
  readonly leak: LeakPlan;
  readonly synLeak: LeakPlan;
  /** Fires when x >= threshold: theta + 1 where `compare` is `gt`, theta where it is `ge`. */
  readonly threshold: number | null;
  readonly sub: number | null;
  readonly vReset: number | null;
  readonly bias: number | null;
}

/** What sends beats: a door or a layer, by its place in the plan. */
export interface SourcePlan {
  readonly kind: "input" | "layer";
  readonly index: number;
}

/** An arc into a layer where the layers are no chain. */
export interface ArcPlan {
  readonly source: SourcePlan;
  /** Whole steps. */
  readonly delay: number;
  /** Beats that its buffer holds. */
  readonly depth: number;
  /** It brings ticks alone, for a layer to which everything else comes late. */
  readonly pace: boolean;
  readonly inMap: MapShape | null;
  readonly pool: PoolPlan | null;
  readonly conv: ConvPlan | null;
  /** Addresses of the projection: after the pool. */
  readonly inputs: number;
  /** Bits of such an address. */
  readonly inputAddress: number;
  /** Signed bits of a value; 0 for spikes. */
  readonly value: number;
  readonly projection: ProjectionPlan;
}

/** One layer: a core with its parameters, widths and memories. */
export interface LayerPlan<M = MemoryPlan> {
  /** Identifier in the emitted text. */
  readonly name: string;
  /** Path of the neuron node in the graph. */
  readonly path: string;
  readonly core: "nk_layer";
  readonly kind: "lif" | "cuba" | "threshold" | "sum" | "delay";
  readonly shape: readonly number[];
  /** Map whose packed addresses come in; null: row-major indices. */
  readonly inMap: MapShape | null;
  /** Window sum in front. */
  readonly pool: PoolPlan | null;
  /** The projection is a convolution; null: dense, and a map is flattened in front. */
  readonly conv: ConvPlan | null;
  /** Addresses of the projection: after the pool. */
  readonly inputs: number;
  readonly neurons: number;
  readonly lanes: number;
  /** K, words of neurons: ceil(neurons / lanes), or for every position of a map the words of its channels. */
  readonly words: number;
  /** Consecutive words that an event adds to: K, or those of the channels of a group. */
  readonly rowWords: number;
  /** Words of a parameter that differs between neurons: K, or those of the channels. */
  readonly parameterWords: number;
  readonly projections: readonly ProjectionPlan[];
  /** All arcs, in the order in which they are served; absent in a chain. The first one is also described above. */
  readonly arcs?: readonly ArcPlan[] | undefined;
  readonly widths: LayerWidths;
  readonly neuron: NeuronPlan;
  /** The sums of the input stay until eos. */
  readonly holdInput: boolean;
  readonly memories: readonly M[];
  readonly state: readonly StateMemory[];
}

/** One door of the design: x_int = clamp(rne(x / scale)), or spikes. */
export interface PortPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: number;
  readonly maxEvents: number;
}

/** A door of a design that is no chain. */
export interface DoorPlan extends PortPlan {
  /** The map whose packed addresses it takes; null: row-major indices. */
  readonly map: MapShape | null;
  /** Signed bits of a value inside the design; 0 for spikes. */
  readonly value: number;
}

/** What leaves by one Output. */
interface ExitPlan extends PortPlan {
  /** The map whose packed addresses leave; null: row-major indices. */
  readonly map: MapShape | null;
}

/** How doors, layers and exits are joined where they are no chain. */
export interface GraphPlan {
  readonly inputs: readonly DoorPlan[];
  readonly outputs: readonly ExitPlan[];
  /** What leaves, in the order of a step: beats of a source as beats of an Output. */
  readonly exits: readonly ExitArcPlan[];
}

/** The beats of a source on their way to an Output. */
interface ExitArcPlan {
  readonly source: SourcePlan;
  readonly output: number;
  /** Beats that its buffer holds, where there are several exits. */
  readonly depth: number;
}

/** Several ports in one stream: the address is { port, local address }. */
export interface StreamPorts {
  readonly localBits: number;
  readonly addressing: readonly StreamPlan["addressing"][];
}

/** Word format of one stream; fields from the top: kind, value, address. */
export interface StreamPlan {
  readonly width: 32 | 64;
  readonly kindBits: 2;
  readonly valueBits: number;
  readonly addressBits: number;
  readonly kinds: { readonly event: 0; readonly tick: 1; readonly eos: 2 };
  /** Row-major index in the shape of the port, or the bits of c, y and x of a map. */
  readonly addressing: "linear" | readonly [c: number, y: number, x: number];
  /** `spike`: events carry 1; `value`: integers; `readout`: the state of every neuron in every step. */
  readonly content: "spike" | "value" | "readout";
  readonly signed: boolean;
  /** Where the stream has several ports. */
  readonly ports?: StreamPorts | undefined;
}

interface Design<M> {
  readonly schema: "nirkit-fpga/1";
  readonly generator: string;
  readonly design: string;
  readonly graphHash: string;
  /** SHA-256 of the plan's JSON with this field empty. */
  readonly planHash: string;
  readonly dt: number;
  readonly options: FpgaOptions;
  /** The first Input and the first Output. */
  readonly input: PortPlan;
  readonly output: PortPlan;
  readonly streams: { readonly input: StreamPlan; readonly output: StreamPlan };
  readonly layers: readonly LayerPlan<M>[];
  /** Absent in a chain: one Input, every layer fed by the one before, one Output after the last. */
  readonly graph?: GraphPlan | undefined;
  /** AXI4-Lite registers, where the design has them. */
  readonly registers?: readonly RegisterPlan[] | undefined;
}

/** The whole design; JSON-able. */
export interface FpgaPlan extends Design<MemoryPlan> {
  /** The files of `rtl/` and `mem/` that it was loaded from, if it was: these are what an outside tool gets. */
  readonly artefacts?: readonly { readonly path: string; readonly content: string }[];
}

/** Content of `manifest.json`. */
export interface FpgaManifest extends Design<MemoryManifest> {}
