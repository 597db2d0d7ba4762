/** Horizontal bars with their values written at the end: accuracies by engine, rates by layer, bits by layer. */
import { scaleLinear } from "d3-scale";
import { formatNumber, legend } from "./axis.ts";
import { shorten } from "./escape.ts";
import { type FigureText, figure } from "./figure.ts";
import { element, label, type Svg, titled } from "./svg.ts";

/** One row: a label and one value per series. */
export interface BarRow {
  readonly label: string;
  /** One value, or one per entry of `series`; NaN is shown as n/a. */
  readonly value: number | readonly number[];
  /** Written instead of the number, such as `264 / 270`; one per value. */
  readonly text?: string | readonly string[];
  /** Drawn paler: a row that stands on fewer data than the others. */
  readonly faint?: boolean;
}

/** What a bar chart shows. */
export interface BarData extends FigureText {
  readonly rows: readonly BarRow[];
  /** Names of the values of each row, at most four. */
  readonly series?: readonly string[];
  /** Unit written behind each number. */
  readonly unit?: string;
  /** Value at the right end of the plot; the largest value when absent. Bars always start at 0. */
  readonly max?: number;
}

const barHeight = 15;

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/**
 * A bar chart. Bars start at 0 and are not negative (a negative value draws no bar, its number is written).
 *
 * @throws RangeError when a row has another number of values than `series`
 * @example barSvg({ title: "Accuracy", rows: [{ label: "float", value: 264 }, { label: "8 bit", value: 263 }], max: 270 })
 */
export function barSvg(data: BarData): Svg {
  const { rows, series = [], unit = "" } = data;
  const perRow = Math.max(series.length, 1);
  for (const row of rows)
    if (list(row.value).length !== perRow)
      throw new RangeError(
        `barSvg: row ${row.label} has ${list(row.value).length} values, expected ${perRow}`,
      );
  const labels = rows.map((row) => shorten(row.label, 28));
  const left = Math.min(220, 24 + 6.8 * Math.max(0, ...labels.map((text) => text.length)));
  const width = 720;
  const largest = Math.max(0, ...rows.flatMap((row) => list(row.value)).filter(Number.isFinite));
  const x = scaleLinear([0, data.max ?? (largest || 1)], [0, width - left - 130]).clamp(true);
  const top = series.length > 1 ? 32 : 8;
  const rowHeight = perRow * (barHeight + 2) + 10;
  const drawn = rows.flatMap((row, index) => {
    const y = top + index * rowHeight;
    const texts = row.text === undefined ? [] : list(row.text);
    return [
      label(left - 10, y + (perRow * (barHeight + 2)) / 2 + 4, labels[index] ?? "", { class: "end" }),
      ...list(row.value).flatMap((value, k) => {
        const words =
          texts[k] ?? `${formatNumber(value)}${unit === "" || Number.isNaN(value) ? "" : ` ${unit}`}`;
        const length = Number.isFinite(value) ? x(value) : 0;
        const at = y + k * (barHeight + 2);
        const shape = { x: left, y: at, width: length, height: barHeight, rx: 2 };
        const pale = row.faint === true ? { opacity: 0.35 } : {};
        return [
          element("rect", { class: `s${k % 4}`, ...shape, ...pale }, [
            titled(`${row.label}${series[k] === undefined ? "" : `, ${series[k]}`}: ${words}`),
          ]),
          label(left + length + 7, at + 12, words, { class: "strong" }),
        ];
      }),
    ];
  });
  const height = top + rows.length * rowHeight;
  const key = series.map((name, k) => ({
    name,
    swatch: element("rect", { class: `s${k % 4}`, y: -5, width: 12, height: 10, rx: 2 }),
  }));
  return figure(
    width,
    height,
    {
      title: data.title ?? "Bar chart",
      description:
        data.description ??
        rows
          .map(
            (row) =>
              `${row.label}: ${list(row.value)
                .map((v) => formatNumber(v))
                .join(", ")}`,
          )
          .join("; "),
    },
    [
      ...(series.length > 1 ? legend(left, 14, key) : []),
      element("path", { class: "line", d: `M${left} ${top - 2}v${height - top}` }),
      ...drawn,
    ],
  );
}
