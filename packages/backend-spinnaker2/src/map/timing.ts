/**
 * Time of a PE per step.
 *
 *     cycles = fixed + perNeuron·n + perPacket·packets + perSynapse·synaptic operations
 *
 * 60 per neuron and 19.9 per synaptic operation meet one published point: 1,024 neurons and 12 M events/s fill 1 ms at
 * 300 MHz (SpiNNaker2, arXiv 2401.04491). The fixed part and that per packet are assumptions; fit all four to what a
 * chip recorded with {@link calibrateTiming}.
 */

/** Cycles of the four parts. */
export interface TimingModel {
  readonly fixed: number;
  readonly perNeuron: number;
  readonly perPacket: number;
  readonly perSynapse: number;
}

/** The model of the documentation. */
export const defaultTiming: TimingModel = { fixed: 2000, perNeuron: 60, perPacket: 120, perSynapse: 19.9 };

/** Clock of the operating points, hertz. */
export const clockHz: { readonly low: number; readonly high: number } = { low: 150e6, high: 300e6 };

/** Cycles of one PE, summed over `steps` steps. */
export function cyclesOf(
  work: {
    readonly steps: number;
    readonly neurons: number;
    readonly packets: number;
    readonly synapticOps: number;
  },
  timing: TimingModel = defaultTiming,
): number {
  return (
    work.steps * (timing.fixed + timing.perNeuron * work.neurons) +
    timing.perPacket * work.packets +
    timing.perSynapse * work.synapticOps
  );
}

/** One step of one PE as the chip recorded it. */
export interface TimingSample {
  /** `time_done` of the step, seconds. */
  readonly seconds: number;
  readonly neurons: number;
  /** `n_packets` of the step. */
  readonly packets: number;
  readonly synapticOps: number;
}

/**
 * Fits the four constants to recordings by least squares.
 *
 * @param samples from at least four steps that differ in neurons, packets and synaptic operations
 * @param hertz clock of the PEs while recording
 * @returns undefined where the samples do not determine all four
 * @example four samples that follow the default model give it back to 1e-6
 */
export function calibrateTiming(samples: readonly TimingSample[], hertz: number): TimingModel | undefined {
  // Columns are scaled to their largest value, or the normal equations lose what they need.
  const rows = samples.map((s) => [1, s.neurons, s.packets, s.synapticOps]);
  const scale = [0, 1, 2, 3].map((k) => Math.max(1, ...rows.map((row) => Math.abs(row[k] ?? 0))));
  const normal = [0, 1, 2, 3].map((a) => [
    ...[0, 1, 2, 3].map((b) => sumOf(rows, (row) => scaled(row, scale, a) * scaled(row, scale, b))),
    sumOf(rows, (row, k) => scaled(row, scale, a) * (samples[k]?.seconds ?? 0) * hertz),
  ]);
  const solved = solve(normal);
  if (solved === undefined) return undefined;
  const [fixed = 0, perNeuron = 0, perPacket = 0, perSynapse = 0] = solved.map((x, k) => x / (scale[k] ?? 1));
  return { fixed, perNeuron, perPacket, perSynapse };
}

function scaled(row: readonly number[], scale: readonly number[], k: number): number {
  return (row[k] ?? 0) / (scale[k] ?? 1);
}

function sumOf(rows: readonly number[][], value: (row: number[], k: number) => number): number {
  return rows.reduce((sum, row, k) => sum + value(row, k), 0);
}

/** Gauss elimination with the largest pivot of each column. */
function solve(augmented: readonly number[][]): number[] | undefined {
  const m = augmented.map((row) => [...row]);
  const n = m.length;
  const at = (i: number, j: number): number => m[i]?.[j] ?? 0;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column; i < n; i++) if (Math.abs(at(i, column)) > Math.abs(at(pivot, column))) pivot = i;
    if (Math.abs(at(pivot, column)) < 1e-9) return undefined;
    [m[column], m[pivot]] = [m[pivot] as number[], m[column] as number[]];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = at(i, column) / at(column, column);
      m[i] = (m[i] ?? []).map((value, j) => value - factor * at(column, j));
    }
  }
  return m.map((row, i) => (row[n] ?? 0) / at(i, i));
}
