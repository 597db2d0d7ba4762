/** What a node of the fused path is to the one who runs it. */
import type * as tf from "@tensorflow/tfjs-core";
import type { NodeState } from "../../model/trainable-model.ts";
import type { Boundary } from "./boundary.ts";
import type { Buffer } from "./buffer-pool.ts";
import type { Flow } from "./flow.ts";

/** One forward pass: the flows of all nodes, and what cells keep for the way back. */
export interface Run {
  readonly steps: number;
  readonly batch: number;
  readonly flows: readonly Flow[];
  readonly state: ReadonlyMap<string, NodeState>;
  /** Buffers by cell and purpose. */
  readonly kept: Map<string, Buffer>;
  /** Buffers of `kept` that belong to a flow. */
  readonly borrowed: Set<Buffer>;
  /** Flows whose values are asked for beside the outputs. */
  readonly recorded: ReadonlySet<number>;
  /** By flow: true where a gradient is needed. */
  readonly needs: readonly boolean[];
  /** Gradients of recorded membranes by node, in the order of the flow. */
  readonly membraneGradients: Map<string, Buffer>;
  /** Gradients of the states around a segment of time; undefined for a whole sequence. */
  readonly boundary: Boundary | undefined;
}

/** A node, or a sum, or a change of layout. Steps are given as the first of them and how many. */
export interface FusedCell {
  forward(run: Run, from: number, steps: number): void;
  /** Adds to the gradients of what the cell reads. */
  backward(run: Run, from: number, steps: number): void;
  /** Adds up the gradients of parameters once all steps are done. */
  parameters?(run: Run): void;
  /** Takes over values of this pass, by key. */
  load?(values: ReadonlyMap<string, tf.Tensor>): void;
  /** Zeroes the sums of parameter gradients. */
  clear?(): void;
  /** Gradient of a value, in its shape. */
  gradient?(key: string): Float32Array | undefined;
  /** Takes the gradient of the state after the last step, before any step goes back. */
  receive?(run: Run): void;
  /** Hands the gradient of the state before the first step to the segment before. */
  carryBack?(run: Run): void;
  /** State after the last step, read once. */
  takeState?(run: Run): NodeState | undefined;
}
