/** The exact integer network that back ends compile and the golden simulator runs. */
import type { Diagnostic, ExtensionNodeType, Shape } from "@nirkit/graph";
import type { NeuronArithmetic, QuantTensor } from "@nirkit/quantize";

/** A door of the network. Integers at the door: bits 1 unsigned for spikes, else x_int = clamp(rne(x / scale)). */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: number;
  /** Most events that one address may receive in one step. */
  readonly maxEvents: number;
}

/** An exit: the per-step sum of its source populations' outputs. */
export interface OutputPort extends Port {
  readonly sources: readonly string[];
  /** Real value of 1 per element, where elements differ (`scale` is then that of element 0). */
  readonly elementScale?: Float64Array;
}

/** Integer dynamics, as in `population-step.ts`. Arrays have one entry (whole population) or one per neuron. */
export interface IntegerNeuron extends NeuronArithmetic {
  readonly arithmetic: "integer";
  readonly kind: "lif" | "cuba" | "threshold" | "delay" | "sum";
  /** False for LI, I, CubaLI and sum: the state is the output. */
  readonly spiking: boolean;
  /** Compared with: fires when x > theta (gt) or x >= theta (ge); finest LSB. */
  readonly theta: Int32Array;
  /** Amount of a subtract reset; finest LSB. */
  readonly sub: Int32Array;
  /** State after a value reset; finest LSB. */
  readonly vReset: Int32Array;
  /** Real value of one LSB of the state before the fractional bits: v = U · 2^-fracBits · stateScale (+ offset). */
  readonly stateScale: Float64Array;
  /** Added to turn a state back into volts: v_leak of the node. */
  readonly stateOffset: Float64Array;
  /** Steps of a `delay` population, one per neuron. */
  readonly delaySteps?: Int32Array;
}

/** Parameters of a population with float state, named as on the target. */
export type Float32Parameter =
  | "threshold"
  | "alpha_decay"
  | "i_offset"
  | "v_init"
  | "v_reset"
  | "exc_decay"
  | "inh_decay";

/** Float state with integer weights and integer input sums; the step is `stepFloat32`. */
export interface Float32Neuron {
  readonly arithmetic: "float32";
  readonly model: "lif" | "lif_curr_exp";
  /** Rounding of every product and sum, fused multiply-add, or float64 state. */
  readonly fp: "separate" | "fused" | "float64";
  /** False for a readout: it never fires, and its membrane is the result. */
  readonly spiking: boolean;
  readonly reset: "value" | "subtract";
  /** One entry (whole population) or one per neuron, each a float32 value, in units of the integer weights. */
  readonly params: ReadonlyMap<Float32Parameter, Float64Array>;
  /** The part of `i_offset` that stands for the biases of weights; one entry or one per neuron. */
  readonly biasOffset: Float64Array;
  /** Factor of the membrane: v of the node = v here · stateScale; one entry or one per neuron. */
  readonly stateScale: Float64Array;
}

/** What a population computes. */
export type NeuronModel = IntegerNeuron | Float32Neuron;

/** A group of neurons. `name` is the path of the neuron node; indices are row-major over `shape`. */
export interface Population {
  readonly name: string;
  readonly shape: Shape;
  readonly neuron: NeuronModel;
  /** Added every step, finest LSB; one entry per neuron. */
  readonly bias: Int32Array;
}

/** Full matrix `[targets, sources]`. */
export interface DenseOp {
  readonly kind: "dense";
}
/** Cross-correlation over `[C, H, W]`; Conv1d is height 1. */
export interface Conv2dOp {
  readonly kind: "conv2d";
  readonly inShape: readonly [number, number, number];
  readonly outShape: readonly [number, number, number];
  readonly stride: readonly [number, number];
  /** Zeros before each axis: top, left. */
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}
/** Cross-correlation over `[C, D, H, W]`. */
export interface Conv3dOp {
  readonly kind: "conv3d";
  readonly inShape: readonly [number, number, number, number];
  readonly outShape: readonly [number, number, number, number];
  readonly stride: readonly [number, number, number];
  readonly padding: readonly [number, number, number];
  readonly dilation: readonly [number, number, number];
  readonly groups: number;
}
/** Window sum. */
export interface PoolOp {
  readonly kind: "pool";
  readonly inShape: readonly [number, number, number];
  readonly outShape: readonly [number, number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}
/** Entries of a matrix by target row: columns `columns[rowStart[i] … rowStart[i+1] − 1]`, weights in that order. */
export interface SparseOp {
  readonly kind: "sparse";
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
}
/** Source i to target i with one common weight. */
export interface IdentityOp {
  readonly kind: "identity";
}
/** How the entries of a projection connect sources to targets. */
export type ProjectionOp = DenseOp | Conv2dOp | Conv3dOp | PoolOp | SparseOp | IdentityOp;

/** Dynamic pruning mask, evaluated in float32; back ends refuse it or need it baked. */
export interface MaskGate {
  readonly node: string;
}

/** Weighted connections of one source (Port or Population name) into one Population. */
export interface Projection {
  /** Path of the weight node. */
  readonly name: string;
  readonly source: string;
  readonly target: string;
  /**
   * Window sum over the source in front of `op`, whose sources are then the cells of `pool.outShape`: SumPool2d, or
   * AvgPool2d with its 1/(KH·KW) in the scale. `projectionMatrix` multiplies the two out where a target has no such stage.
   */
  readonly pool?: PoolOp;
  readonly op: ProjectionOp;
  readonly weights: QuantTensor;
  /** Left shift of the products: power-of-two difference between projections into one population. */
  readonly shift?: number;
  /** Whole steps: 0 = same step; a feedback edge has 1; Delay nodes are added in. */
  readonly delay: number;
  readonly gate?: MaskGate;
}

/** A lowered network. There is never a cycle of delay 0; populations stand in step order. */
export interface Network {
  readonly inputs: readonly Port[];
  readonly outputs: readonly OutputPort[];
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
  /** Seconds (the unit of tau). */
  readonly dt: number;
  /** Steps between an input and the first output it can cause. */
  readonly latency: number;
  readonly meta: NetworkMeta;
}

/** Where a network comes from. */
export interface NetworkMeta {
  /** SHA-256 of the canonical JSON of the graph that was lowered. */
  readonly graphHash: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** How a target wants its graph lowered. */
export interface LowerOptions {
  readonly links: "same-step" | "one-step";
  readonly neuron: "integer" | "float32";
  /** A `nirkit:Conv3d` stays one, or becomes a two-dimensional convolution over channels times depth with zeros between. */
  readonly conv3d: "keep" | "lower";
  /** Extension types that are written with plain nodes before anything is read; Conv3d is known without. */
  readonly extensions?: readonly ExtensionNodeType[];
}
