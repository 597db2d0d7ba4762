/** Signals of nodes over the steps of one chunk, row by row. */
import type { Shape, Signal } from "@nirkit/graph";
import type { FloatArray } from "./float-array.ts";

/** What can be recorded of a node. */
export interface RecordableNode {
  readonly name: string;
  readonly shape: Shape;
  readonly signals: ReadonlySet<Signal>;
}

/** One signal of one node; `rows` holds the steps that ran last, `[count, size]` from its start. */
export interface SignalRows {
  readonly size: number;
  rows(): FloatArray;
}
