/**
 * The chip's grid and the board's chips.
 *
 * Facts of the machine description in SpiNNMachine (`version_spin2.py`, `version_248.py`), which calls the core counts
 * of the board provisional; every chip there has at least the 148 PEs that py-spinnaker2 uses.
 */

/** QPEs `[x, y]` in the order of their core ids: 1 … 4 lie in the first, 5 … 8 in the second, and so on. */
export const qpes: readonly (readonly [x: number, y: number])[] = [
  [7, 6],
  [7, 5],
  [6, 6],
  [6, 5],
  [6, 4],
  [5, 4],
  [5, 6],
  [3, 6],
  [4, 6],
  [5, 5],
  [3, 5],
  [4, 5],
  [1, 6],
  [2, 6],
  [1, 5],
  [2, 5],
  [1, 4],
  [2, 4],
  [3, 4],
  [1, 1],
  [2, 1],
  [1, 2],
  [2, 2],
  [1, 3],
  [2, 3],
  [3, 3],
  [5, 1],
  [3, 1],
  [4, 1],
  [5, 2],
  [3, 2],
  [4, 2],
  [7, 1],
  [6, 1],
  [7, 2],
  [6, 2],
  [6, 3],
  [5, 3],
];

/** PEs of a chip that py-spinnaker2 gives to applications: core ids 1 … 148. */
export const pesPerChip = 148;

/** Columns of the board: the chips of column x have rows first … last. */
const columns: readonly (readonly [first: number, last: number])[] = [
  [0, 3],
  [0, 4],
  [0, 5],
  [0, 6],
  [0, 7],
  [1, 7],
  [2, 7],
  [3, 7],
];

/** Chips of the 48-chip board, `[x, y]`, column by column. */
export const boardChips: readonly (readonly [x: number, y: number])[] = columns.flatMap(([first, last], x) =>
  Array.from({ length: last - first + 1 }, (_, k) => [x, first + k] as const),
);

/**
 * QPE and number in it of a core.
 *
 * @param core 1 … 152
 * @example qpeOf(6) // [7, 5, 1]
 */
export function qpeOf(core: number): readonly [x: number, y: number, pe: number] {
  const [x, y] = qpes[Math.floor((core - 1) / 4)] ?? [0, 0];
  return [x, y, (core - 1) % 4];
}

/** PEs of a machine. */
export function pesOf(board: "chip" | "board48"): number {
  return board === "chip" ? pesPerChip : pesPerChip * boardChips.length;
}

/** Hops between two QPEs of one chip: |Δx| + |Δy|, x first. */
export function hopsBetween(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
): number {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
}
