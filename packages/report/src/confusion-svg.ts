/** Confusion matrices: true class down, predicted class to the right. */
import { formatNumber } from "./axis.ts";
import { shorten } from "./escape.ts";
import { type FigureText, figure } from "./figure.ts";
import { element, label, type Svg, titled } from "./svg.ts";

/** What a confusion matrix shows. */
export interface ConfusionData extends FigureText {
  /** `matrix[truth][predicted]`, counts. */
  readonly matrix: readonly ArrayLike<number>[];
  /** Names of the classes; their indices when absent. */
  readonly classes?: readonly string[];
}

interface Cell {
  readonly size: number;
  readonly left: number;
  readonly top: number;
}

function drawCell(
  cell: Cell,
  truth: number,
  predicted: number,
  count: number,
  total: number,
  words: string,
): readonly Svg[] {
  const [x, y] = [cell.left + predicted * cell.size, cell.top + truth * cell.size];
  const share = total === 0 ? 0 : count / total;
  const hit = truth === predicted;
  // Misses get at least a third of full color: one miss in a hundred has to be seen.
  const opacity = count === 0 ? 0 : hit ? 0.15 + 0.85 * share : 0.33 + 0.67 * share;
  const square = element(
    "rect",
    {
      class: hit ? "s0" : "alert",
      x: x + 1,
      y: y + 1,
      width: cell.size - 2,
      height: cell.size - 2,
      rx: 2,
      "fill-opacity": opacity,
    },
    [titled(words)],
  );
  if (count === 0 || cell.size < 20) return [square];
  const text = formatNumber(count);
  return [
    square,
    label(x + cell.size / 2, y + cell.size / 2 + 4, text, {
      class: "middle strong",
      ...(opacity > 0.6 ? { style: "fill:var(--nk-paper)" } : {}),
      ...(text.length * 7 > cell.size - 4
        ? { "font-size": Math.max(7, (cell.size - 4) / (0.62 * text.length)) }
        : {}),
    }),
  ];
}

/**
 * A confusion matrix; color is the share of the true class, hits in the accent and misses in the alert hue.
 *
 * @throws RangeError when the matrix is not square
 * @example confusionSvg({ matrix: [[9, 1], [0, 10]], classes: ["cat", "dog"] })
 */
export function confusionSvg(data: ConfusionData): Svg {
  const { matrix } = data;
  const count = matrix.length;
  for (const row of matrix)
    if (row.length !== count) throw new RangeError(`confusionSvg: ${count} rows, but a row of ${row.length}`);
  const names = matrix.map((_, index) => shorten(data.classes?.[index] ?? String(index), 16));
  const size = Math.max(6, Math.min(36, 560 / Math.max(count, 1)));
  const longest = Math.max(1, ...names.map((name) => name.length));
  const cell: Cell = { size, left: 48 + 7 * longest, top: longest <= 3 ? 44 : 34 + 5.2 * longest };
  const every = Math.ceil(14 / size);
  const middle = (count * size) / 2;
  let [hits, all] = [0, 0];
  const squares = matrix.flatMap((row, truth) => {
    const counts = Array.from(row);
    const total = counts.reduce((sum, n) => sum + n, 0);
    hits += counts[truth] ?? 0;
    all += total;
    return counts.flatMap((n, predicted) =>
      drawCell(
        cell,
        truth,
        predicted,
        n,
        total,
        `true ${names[truth]}, predicted ${names[predicted]}: ${formatNumber(n)}`,
      ),
    );
  });
  const ticks = names.flatMap((name, index) => {
    if (index % every !== 0) return [];
    const at = (index + 0.5) * size;
    const column =
      longest <= 3
        ? { class: "middle soft" }
        : { class: "soft", transform: `rotate(-45 ${(cell.left + at).toFixed(1)} ${cell.top - 8})` };
    return [
      label(cell.left - 8, cell.top + at + 4, name, { class: "end soft" }),
      label(cell.left + at, cell.top - 8, name, column),
    ];
  });
  const description =
    data.description ?? `${formatNumber(hits)} of ${formatNumber(all)} samples on the diagonal.`;
  return figure(
    cell.left + count * size + 70,
    cell.top + count * size + 10,
    { title: data.title ?? "Confusion matrix", description },
    [
      label(cell.left + middle, 14, "predicted", { class: "middle" }),
      label(0, 0, "true", {
        class: "middle",
        transform: `translate(16 ${(cell.top + middle).toFixed(1)}) rotate(-90)`,
      }),
      element("rect", {
        class: "rule",
        x: cell.left,
        y: cell.top,
        width: count * size,
        height: count * size,
        rx: 3,
      }),
      ...ticks,
      ...squares,
    ],
  );
}
