/** The back end plugin contract: what a target must say of itself, and what it must do. */
import type { Activity, Diagnostic, Sample, SpikeInput, Tensor } from "@nirkit/graph";
import type { LowerOptions, Network } from "@nirkit/network";
import type { z } from "zod";
import type { VirtualFile } from "./virtual-file.ts";

/** The mapping of one network onto one target: plain data. */
export interface Deployment<M> {
  /** Name of the back end. */
  readonly backend: string;
  /** Version of the back end. */
  readonly version: string;
  /** SHA-256 of the graph that was lowered. */
  readonly graphHash: string;
  /** Options as given to `compile`, plain JSON. */
  readonly options: unknown;
  readonly mapping: M;
}

/** What a back end's simulator returns for one sample; integers equal `simulateNetwork`'s. */
export interface BackendTrace {
  readonly steps: number;
  /** By output port: `[T, ...shape]` int32. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** By `population/signal`: `[T, ...shape]`. */
  readonly records: ReadonlyMap<string, Tensor>;
  readonly activity: Activity;
  /** Clock cycles of the whole sample, where the target has a clock. */
  readonly cycles?: number;
}

/** What to record in a back end's simulation. */
export interface BackendSimulateOptions {
  readonly record?: {
    readonly populations: "all" | readonly string[];
    readonly signals: readonly ("out" | "v" | "vpre" | "i")[];
  };
}

/** One figure of a cost report, never without unit, method and source. */
export interface CostFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly method: string;
  readonly source: string;
  /** Part of the design it belongs to; the whole when absent. */
  readonly part?: string;
}

/** Energy, latency, memory and area of a deployment. */
export interface CostReport {
  readonly figures: readonly CostFigure[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Result of one outside program. */
export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A throw-away folder in which outside tools run. */
export interface ToolWorkspace {
  /** Writes files below the folder; paths as in {@link VirtualFile}. */
  write(files: readonly VirtualFile[]): Promise<void>;
  /** Bytes of one file that a tool wrote. */
  read(path: string): Promise<Uint8Array>;
  /** Starts one program in the folder, without a shell, and waits for its end. */
  run(
    command: string,
    args: readonly string[],
    options?: { readonly timeoutSeconds?: number },
  ): Promise<ToolResult>;
  /** Removes the folder. */
  dispose(): Promise<void>;
}

/** Starts outside programs for a back end, which starts none itself. */
export interface ToolRunner {
  /** Version line of a tool, or undefined where it is not installed. */
  version(command: string): Promise<string | undefined>;
  /** A fresh, empty folder. */
  workspace(): Promise<ToolWorkspace>;
}

/** Where an emitted artefact first differs from the golden network. */
export interface Mismatch {
  readonly sample: number;
  readonly layer: string;
  readonly step: number;
  readonly neuron: number;
  readonly signal: string;
  readonly expected: number;
  readonly got: number;
}

/** One engine's part of a verification. */
export interface VerifyRun {
  /** `load` (the emitted files simulated in TypeScript), or the name of an outside tool. */
  readonly engine: string;
  readonly version?: string;
  readonly ok: boolean;
  readonly samples: number;
  /** Beats compared at the output, where the target has a stream. */
  readonly beats?: number;
  readonly cycles?: number;
  readonly seconds: number;
  /** Why it did not run. */
  readonly skipped?: string;
}

/** What `verify` found. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly runs: readonly VerifyRun[];
  readonly mismatch?: Mismatch;
  readonly diagnostics: readonly Diagnostic[];
}

/** Samples to verify with, and how many of them each outside tool gets. */
export interface VerifyVectors {
  readonly samples: readonly Sample[];
  /** Samples per engine name; an engine that is not named gets all, 0 leaves it out. */
  readonly limits?: ReadonlyMap<string, number>;
  /** The network the deployment must equal; lowered again from the compiled graph. */
  readonly network: Network;
  readonly seed?: number;
  /** Called as samples are done; `what` names the engine. */
  progress?(done: number, total: number, what: string): void;
}

/**
 * A back end. Everything but `verify` is a pure function of its arguments, and `verify` acts through `tools` alone.
 *
 * A network is either run exactly or refused; nothing is approximated. `O` are the options (`options.parse({})` gives
 * the defaults), `M` is the mapping.
 */
export interface Backend<O, M> {
  /** Version of this contract. */
  readonly contract: 1;
  /** Kebab-case; the word of `--target`. */
  readonly name: string;
  /** Version of the back end, x.y.z. */
  readonly version: string;
  /** One line for lists. */
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** How a graph has to be lowered for this target. */
  readonly lowering: LowerOptions;
  /** What the target cannot do with this network, all of it, before any work; every error has a hint. */
  check(network: Network, options: O): readonly Diagnostic[];
  /**
   * Maps a network onto the target.
   *
   * @throws NirkitError with the diagnostics of `check` when any of them is an error
   */
  compile(network: Network, options: O): Deployment<M>;
  /** Files with relative paths that `assertSafePaths` takes; same deployment, same bytes in the same order. */
  emit(deployment: Deployment<M>): readonly VirtualFile[];
  /**
   * The deployment back from its emitted files alone, in any order, weights decoded from the images: what proves the
   * packing. Files that `emit` did not make are ignored.
   */
  load(files: readonly VirtualFile[]): Deployment<M>;
  /** Runs one sample from zero state; outputs, spikes and the events of `activity` equal `simulateNetwork`'s. */
  simulate(deployment: Deployment<M>, input: SpikeInput, options?: BackendSimulateOptions): BackendTrace;
  /** Costs of a deployment under an activity, of one sample or of many. */
  estimate(deployment: Deployment<M>, activity: Activity): CostReport;
  /** Runs the emitted artefact in an outside tool and compares it with the golden network. */
  verify?(deployment: Deployment<M>, vectors: VerifyVectors, tools: ToolRunner): Promise<VerifyReport>;
}

/**
 * Declares a back end; only there to infer its types.
 *
 * @example export default defineBackend({ contract: 1, name: "json", version: "1.0.0", ... })
 */
export function defineBackend<O, M>(backend: Backend<O, M>): Backend<O, M> {
  return backend;
}
