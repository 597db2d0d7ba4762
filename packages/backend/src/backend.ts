/** The back end plugin contract (architecture.md section 4). */
import type { Activity, Diagnostic, Sample, SpikeInput, Tensor } from "@nirkit/graph";
import type { LowerOptions, Network } from "@nirkit/network";
import type { z } from "zod";
import type { VirtualFile } from "./virtual-file.ts";

/** The mapping of one network onto one target: plain data. */
export interface Deployment<M> {
  readonly backend: string;
  /** Version of the back end. */
  readonly version: string;
  readonly graphHash: string;
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
  write(files: readonly VirtualFile[]): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  run(
    command: string,
    args: readonly string[],
    options?: { readonly timeoutSeconds?: number },
  ): Promise<ToolResult>;
  dispose(): Promise<void>;
}

/** Starts outside programs for a back end, which starts none itself. */
export interface ToolRunner {
  /** Version line of a tool, or undefined where it is not installed. */
  version(command: string): Promise<string | undefined>;
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
  progress?(done: number, total: number, what: string): void;
}

/** A back end. Pure but for `verify`, which acts through `tools` alone. */
export interface Backend<O, M> {
  readonly contract: 1;
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** How a graph has to be lowered for this target. */
  readonly lowering: LowerOptions;
  /** Capability, before any work; every refusal has a hint. */
  check(network: Network, options: O): readonly Diagnostic[];
  compile(network: Network, options: O): Deployment<M>;
  /** Relative path to text or bytes; same deployment, same bytes. */
  emit(deployment: Deployment<M>): readonly VirtualFile[];
  /** From the emitted files alone, weights decoded from the images: proves the packing. */
  load(files: readonly VirtualFile[]): Deployment<M>;
  simulate(deployment: Deployment<M>, input: SpikeInput, options?: BackendSimulateOptions): BackendTrace;
  estimate(deployment: Deployment<M>, activity: Activity): CostReport;
  verify?(deployment: Deployment<M>, vectors: VerifyVectors, tools: ToolRunner): Promise<VerifyReport>;
}

/** Declares a back end; only there to infer its types. */
export function defineBackend<O, M>(backend: Backend<O, M>): Backend<O, M> {
  return backend;
}
