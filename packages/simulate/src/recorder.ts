/** Probes: which signals of which nodes are kept, how densely, and where they go. */
import {
  type Diagnostic,
  NirkitError,
  type RecordSpec,
  type Signal,
  sizeOf,
  type Tensor,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import { type Engine, tensorOf } from "./engine.ts";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import type { RecordableNode, SignalRows } from "./signal-rows.ts";

/** Signals of nodes over a window of time. A signal that a node does not have (`v` of an Affine) is left out. */
export interface ProbeSpec extends RecordSpec {
  /** First step; 0 when absent. */
  readonly from?: number;
  /** Step before which it ends; all steps when absent. */
  readonly to?: number;
  /** Every how many steps; 1 when absent. */
  readonly every?: number;
  /** Row-major positions in the shape of each node; all when absent. */
  readonly neurons?: readonly number[];
  /** Takes the rows as they come instead of the trace. */
  readonly sink?: ProbeSink;
}

/** A stream of recorded rows, as a sink learns of it before its first row. */
export interface ProbeStream {
  /** `path/signal` */
  readonly key: string;
  /** Shape of one row: that of the node, or `[neurons]`. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float64";
  readonly from: number;
  readonly every: number;
}

/** Where rows of long runs go. A promise is waited for by `runAsync`, and refused by the runs that do not wait. */
export interface ProbeSink {
  /**
   * Takes rows of one stream.
   *
   * @param step step of the first row; the next are `every` apart
   * @param rows `[count, ...shape]`, the sink's to keep
   */
  write(stream: ProbeStream, step: number, rows: Float32Array | Float64Array): void | Promise<void>;
  /** Called once when the run is over, also when it was cancelled. */
  close?(): void | Promise<void>;
}

/** Takes chunks of an engine apart. */
export interface Recorder {
  /** Takes the rows of steps t … t + count − 1; the promise of a sink, where there is one. */
  take(t: number, count: number): Promise<void> | undefined;
  records(): ReadonlyMap<string, Tensor>;
}

/**
 * Asks the engine for all signals of the probes.
 *
 * @param steps steps of the whole run
 * @param chunk most steps of one chunk
 * @throws E_RECORD_NODE, E_RECORD_SIGNAL, E_RECORD_WINDOW, E_RECORD_NEURON
 */
export function createRecorder(
  engine: Engine,
  probes: readonly ProbeSpec[],
  steps: number,
  chunk: number,
  precision: Precision,
): Recorder {
  assertProbes(engine.nodes, probes);
  const tracks = probes.flatMap((probe) => tracksOf(engine, probe, steps, chunk, precision));
  return {
    take: (t, count) => {
      const waits = tracks.flatMap((track) => {
        const wait = track(t, count);
        return wait === undefined ? [] : [wait];
      });
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
    },
    records: () => new Map(tracks.flatMap(({ kept }) => (kept === undefined ? [] : [kept]))),
  };
}

/** One signal of one node under one probe. */
interface Track {
  (t: number, count: number): Promise<void> | undefined;
  kept?: readonly [key: string, tensor: Tensor];
}

function tracksOf(
  engine: Engine,
  probe: ProbeSpec,
  steps: number,
  chunk: number,
  precision: Precision,
): readonly Track[] {
  const wanted = probe.nodes === "all" ? undefined : new Set(probe.nodes);
  const nodes = engine.nodes.filter(({ name }) => wanted?.has(name) ?? true);
  return nodes.flatMap((node) =>
    [...new Set(probe.signals)]
      .filter((signal) => node.signals.has(signal))
      .map((signal) =>
        trackOf(node, signal, engine.capture(node.name, signal, chunk), probe, steps, precision),
      ),
  );
}

function trackOf(
  node: RecordableNode,
  signal: Signal,
  source: SignalRows,
  probe: ProbeSpec,
  steps: number,
  precision: Precision,
): Track {
  const { from = 0, every = 1, neurons, sink } = probe;
  const to = Math.min(probe.to ?? steps, steps);
  const shape = neurons === undefined ? node.shape : [neurons.length];
  const size = sizeOf(shape);
  const rowsTo = (end: number): number => Math.max(0, Math.ceil((Math.min(end, to) - from) / every));
  const copy = (t: number, count: number, into: FloatArray): void => {
    const rows = source.rows();
    for (let row = rowsTo(t), end = rowsTo(t + count), at = 0; row < end; row++, at += size) {
      const start = (from + row * every - t) * source.size;
      if (neurons === undefined) into.set(rows.subarray(start, start + size), at);
      else for (let n = 0; n < size; n++) into[at + n] = rows[start + (neurons[n] ?? 0)] ?? 0;
    }
  };
  const key = `${node.name}/${signal}`;
  if (sink !== undefined) {
    const dtype = precision === "f32" ? "float32" : "float64";
    const stream: ProbeStream = { key, shape, dtype, from, every };
    return (t, count) => {
      const [first, end] = [rowsTo(t), rowsTo(t + count)];
      if (end <= first) return undefined;
      const rows = floats(precision, (end - first) * size);
      copy(t, count, rows);
      return sink.write(stream, from + first * every, rows) ?? undefined;
    };
  }
  const kept = floats(precision, rowsTo(steps) * size);
  const track: Track = (t, count) => {
    copy(t, count, kept.subarray(rowsTo(t) * size, rowsTo(t + count) * size));
    return undefined;
  };
  track.kept = [key, tensorOf(kept, [rowsTo(steps), ...shape])];
  return track;
}

const signalNames: readonly Signal[] = ["out", "v", "vpre", "i"];

function assertProbes(nodes: readonly RecordableNode[], probes: readonly ProbeSpec[]): void {
  const found: Diagnostic[] = [];
  const sizes = new Map(nodes.map(({ name, shape }) => [name, sizeOf(shape)]));
  const known = [...sizes.keys()];
  for (const { nodes: names, signals, from = 0, to, every = 1, neurons = [] } of probes) {
    for (const signal of signals)
      if (!signalNames.includes(signal))
        found.push(simulateDiagnostic("E_RECORD_SIGNAL", "record.signals", { signal, known: signalNames }));
    const wanted = names === "all" ? known : names;
    for (const name of wanted) {
      const size = sizes.get(name);
      if (size === undefined) found.push(simulateDiagnostic("E_RECORD_NODE", `record.${name}`, { known }));
      const outside = neurons.find((n) => !(Number.isInteger(n) && n >= 0 && n < (size ?? 0)));
      if (size !== undefined && outside !== undefined)
        found.push(simulateDiagnostic("E_RECORD_NEURON", `record.${name}`, { neuron: outside, size }));
    }
    const whole = [from, every, to ?? 0].every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!whole || every < 1 || (to !== undefined && to < from))
      found.push(simulateDiagnostic("E_RECORD_WINDOW", "record", { from, to: to ?? "the end", every }));
  }
  if (found.length > 0) throw new NirkitError(found);
}
