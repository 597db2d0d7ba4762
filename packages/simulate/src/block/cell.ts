/** One node of a program in chunks: it turns rows of input into rows of output. */
import type { Signal } from "@nirkit/graph";
import type { FloatArray } from "../float-array.ts";
import type { InputFeed } from "../input-feed.ts";
import type { InputRows } from "./input-rows.ts";
import type { Wire } from "./wire.ts";

/** A chunk that is running. */
export interface Chunk {
  readonly feed: InputFeed;
  /** First step, and number of steps. */
  readonly t: number;
  readonly count: number;
}

/** A node. */
export interface Cell {
  readonly wire: Wire;
  readonly input: InputRows;
  /** Rows k … k + count − 1. */
  run(chunk: Chunk, k: number, count: number): void;
  /** Only of nodes whose output does not need the input of the same step: row k, before the others of its loop run … */
  readonly emit?: (chunk: Chunk, k: number) => void;
  /** … and what it takes in, after them. */
  readonly take?: (chunk: Chunk, k: number) => void;
  /** After all rows of a chunk: makes the events of the wire. */
  finish(chunk: Chunk): void;
  /** State besides the output, in the order of the file, whatever the order of the rows. */
  save(t: number): ReadonlyMap<string, FloatArray>;
  load(values: ReadonlyMap<string, FloatArray>): void;
  /** Asks for the rows of a signal other than `out`; undefined where the node has none. Undone by `release`. */
  capture(signal: Signal): (() => Float32Array) | undefined;
  release(): void;
  reset(steps: number): void;
}

/** Members of a node without state. */
export const stateless: Pick<Cell, "save" | "load" | "capture" | "release" | "reset"> = {
  save: () => new Map(),
  load: () => {},
  capture: () => undefined,
  release: () => {},
  reset: () => {},
};
