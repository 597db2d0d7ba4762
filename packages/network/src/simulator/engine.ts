/** What runs a network: the plain TypeScript reference, or the kernels. Both give the same integers. */
import type { IntegerEvents } from "../input-events.ts";
import type { OutputCollector } from "./output-collector.ts";
import type { Recorder } from "./recorder.ts";

/** Input of some steps by port. */
export type PortEvents = ReadonlyMap<string, IntegerEvents>;

/** What a projection did since the last `begin`. */
interface ProjectionCount {
  readonly name: string;
  readonly eventsIn: number;
  readonly synapticOps: number;
}

/** What an engine counted since the last `begin`. */
export interface EngineCounts {
  /** Events out of every port and population. */
  readonly eventsOut: ReadonlyMap<string, number>;
  readonly projections: readonly ProjectionCount[];
  /** Stored states that a clamp, wrap or grid changed, by population. */
  readonly saturations: ReadonlyMap<string, number>;
}

/** A network with its state, advanced some steps at a time. */
export interface Engine {
  /** Most steps of one `advance`. */
  readonly chunk: number;
  /** Back to rest: the start of a sample. */
  reset(): void;
  /** Says what to keep of the steps to come, and starts counting anew. */
  begin(recorders: readonly Recorder[], collectors: readonly OutputCollector[]): void;
  /**
   * Runs steps `from … from + count − 1` of the given input; they are the next ones of the sample.
   *
   * @param count at most `chunk`
   */
  advance(ports: PortEvents, from: number, count: number): void;
  counts(): EngineCounts;
}
