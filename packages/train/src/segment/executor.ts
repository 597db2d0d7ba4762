/** What the fused and the composite implementation have in common: the contract between model and execution. */
import type { EventBatch } from "@nirkit/events";
import type { NodeActivity } from "@nirkit/graph";
import type * as tf from "@tensorflow/tfjs-core";
import type { NetworkState, RecordSpec } from "../model/trainable-model.ts";

/** A checked batch. */
export interface ExecutorInput {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: ReadonlyMap<string, tf.Tensor | EventBatch>;
  readonly state: NetworkState;
  readonly record: RecordSpec;
  readonly training: boolean;
  readonly step: number;
  readonly inputGradient: boolean;
  /** Steps of a segment of which only the state is kept; undefined keeps everything. */
  readonly segment: number | undefined;
}

/** Dense results `[T, B, ...shape]`; differentiable but for the state. */
export interface ExecutorResult {
  readonly outputs: ReadonlyMap<string, tf.Tensor>;
  readonly recorded: ReadonlyMap<string, tf.Tensor>;
  readonly state: NetworkState;
  readonly activity: ReadonlyMap<string, NodeActivity>;
  /** Pending while state and activity are still empty; absent where they are there. */
  readonly settled?: Promise<void>;
}

/** Runs a network over whole sequences. */
export interface Executor {
  readonly kind: "fused" | "composite";
  /** Bytes of the kernels' memory that were in use at most. */
  readonly memoryBytes: number;
  run(input: ExecutorInput): ExecutorResult;
  dispose(): void;
}

/** True where a signal of a node is asked for. */
export function wantsRecord(
  record: RecordSpec,
  node: string,
  signal: RecordSpec["signals"][number],
): boolean {
  return record.signals.includes(signal) && (record.nodes === "all" || record.nodes.includes(node));
}
