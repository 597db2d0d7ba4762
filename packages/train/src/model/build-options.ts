/** What a trainable model is built with. */
import type { TrainableNode } from "../extension/trainable-node.ts";
import type { MembraneLevels } from "../neuron/membrane-levels.ts";
import type { Surrogate } from "../surrogate/surrogate.ts";
import type { DialectRequest, TrainDialect } from "./train-dialect.ts";
import type { ParamTransform } from "./trainable-model.ts";

/** How many values are learned: one, one per channel (first axis), one per neuron; `none` keeps the constants. */
export type Granularity = "none" | "layer" | "channel" | "neuron";

/**
 * Raw parameter w to decay β:
 *
 *     logit   β = σ(w)                          default (PLIF)
 *     clamp   β = clip(w, 0, 1)
 *     log     τ = e^w >= dt(1 + 1e-3), then β by the dialect's leak
 *     pot     β = 1 − 2^−n, n = clip(round(w), 1, 12), straight-through
 */
export type LeakParametrization = "logit" | "clamp" | "log" | "pot";

/** Raw parameter w to threshold: `softplus` θ = θmin + ln(1 + e^w), `clamp` θ = max(θmin, w); θmin = 1e-3·initial. */
export type ThresholdParametrization = "softplus" | "clamp";

/** A learned leak. */
export interface LeakOptions {
  readonly granularity?: Granularity;
  readonly param?: LeakParametrization;
  /** True (default): the input gain R(1 − β) moves with β, as the NIR equation says; false keeps the gain. */
  readonly coupleGain?: boolean;
}

/** A learned threshold. */
export interface ThresholdOptions {
  readonly granularity?: Granularity;
  readonly param?: ThresholdParametrization;
}

/** What is trained where no node says otherwise. */
export interface TrainableOptions {
  /** Default true. */
  readonly weight?: boolean;
  /** Default true. */
  readonly bias?: boolean;
  /** Scale nodes. Default false. */
  readonly gain?: boolean;
  readonly leak?: Granularity | LeakOptions;
  /** Leak of the synaptic current. */
  readonly synLeak?: Granularity | LeakOptions;
  readonly threshold?: Granularity | ThresholdOptions;
  /** Value that `reset: value` sets; as it is, without parametrization. */
  readonly reset?: Granularity;
}

/** Options of one node, by its path. */
export interface NodeOptions extends TrainableOptions {
  readonly surrogate?: Surrogate;
  readonly detachReset?: boolean;
  /** Step options that differ from the dialect's in this neuron. */
  readonly dialect?: Partial<Pick<TrainDialect, "compare" | "reset" | "resetDelay" | "cubaOrder">>;
  /** Levels of the stored membrane, for membranes of few bits; the network runs on the composite path then. */
  readonly membrane?: MembraneLevels;
  /** Transforms by role of the parameter. */
  readonly transforms?: Readonly<Partial<Record<"weight" | "bias", readonly ParamTransform[]>>>;
}

/**
 * New weights: normal with deviation k·θ·√((1 − β²)/(fanIn·density·g²)) of the neuron that follows (1 − β² = 1/steps
 * for IF), so that the stationary membrane deviates by about θ.
 */
export interface Initializer {
  /** Share of inputs that spike in a step. Default 0.1. */
  readonly density?: number;
  /** Default 1. */
  readonly k?: number;
  /** Steps of a sequence, for neurons without leak. Default 25. */
  readonly steps?: number;
}

/** Options of `buildTrainable`. */
export interface BuildOptions {
  /** Time step in the unit of tau; needed unless the graph carries one. */
  readonly dt?: number;
  readonly dialect?: DialectRequest;
  /** Default atan with α 2. */
  readonly surrogate?: Surrogate;
  /** No gradient through the reset. Default true. */
  readonly detachReset?: boolean;
  readonly trainable?: TrainableOptions;
  readonly nodes?: Readonly<Record<string, NodeOptions>> | ReadonlyMap<string, NodeOptions>;
  /**
   * `fused`: kernels of `@nirkit/kernels`; `composite`: tfjs operations. `auto` (default) is fused on the backends
   * cpu and wasm where the network allows it.
   */
  readonly execution?: "auto" | "fused" | "composite";
  /** Kernels of the fused path; `portable` (default) gives the same bits everywhere, `relaxed` may be faster. */
  readonly kernels?: "portable" | "relaxed" | "plain";
  /** Share of spikes above which products are dense. Default 0.3. */
  readonly denseAbove?: number;
  readonly init?: "keep" | Initializer;
  /** Seed of `init`. Default 0. */
  readonly seed?: number;
  /** False replaces the spike by its smooth primitive, for gradient checks; composite only. */
  readonly spiking?: boolean;
  /** Node types of third parties; networks with them run on the composite path. */
  readonly extensions?: readonly TrainableNode[];
  /** Prefix of the names of variables; unique per model in a program. */
  readonly name?: string;
}
