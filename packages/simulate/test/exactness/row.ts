/** One line of the table of exactness. */
import { type Tensor, toFloat64 } from "@nirkit/graph";

/** What was compared with what, and how much of it differs. */
export interface ExactnessRow {
  /** Network and input. */
  readonly what: string;
  /** Whose result it is compared with. */
  readonly reference: string;
  readonly dialect: string;
  /** Entries of spike trains or counts, and those that differ. */
  readonly entries: number;
  readonly differing: number;
  /** Largest |found − reference| of membranes, currents and sums; undefined where none is stored. */
  readonly error?: number;
  /** The rule that the row has to hold, in words. */
  readonly note?: string;
  /** True when the row holds its rule. */
  readonly ok: boolean;
}

/** Entries that are not equal; all of them when the sizes differ. */
export function differing(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Math.max(found.length, expected.length);
  let count = 0;
  for (let i = 0; i < found.length; i++) if (found[i] !== expected[i]) count++;
  return count;
}

/** Largest difference; infinite when the sizes differ. */
export function largestError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < found.length; i++)
    worst = Math.max(worst, Math.abs((found[i] ?? 0) - (expected[i] ?? 0)));
  return worst;
}

/** Sample k of an array `[samples, ...rest]`. */
export function sampleOf(source: Tensor, k: number): Tensor {
  const [samples = 1, ...shape] = source.shape;
  const size = source.data.length / samples;
  return { ...source, shape, data: source.data.subarray(k * size, (k + 1) * size) } as Tensor;
}

/** Row of numbers. */
export function numbers(source: Tensor): Float64Array {
  return toFloat64(source);
}

/** The rows as a Markdown table. */
export function exactnessTable(rows: readonly ExactnessRow[]): string {
  const cells = rows.map(({ what, reference, dialect, entries, differing: off, error, note }) => [
    what,
    reference,
    `\`${dialect}\``,
    entries.toLocaleString("en-US"),
    String(off),
    error === undefined ? "" : error === 0 ? "0" : bound(error),
    note ?? "",
  ]);
  const head = [
    "network, input",
    "reference",
    "dialect",
    "spikes compared",
    "differ",
    "largest error below",
    "note",
  ];
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n")}\n`;
}

/** The next power of ten above an error, so that the table does not change with the last bit of a machine's exp. */
function bound(error: number): string {
  return `1e${Math.floor(Math.log10(error)) + 1}`;
}
