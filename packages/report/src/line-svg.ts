/** Line charts: membranes over steps, accuracy over a parameter. */
import { scaleLinear } from "d3-scale";
import { axisBelow, axisLeft, formatNumber, legend, type PlotArea } from "./axis.ts";
import { type FigureText, figure } from "./figure.ts";
import { coordinate, element, type Svg, titled } from "./svg.ts";

/** One line. */
export interface LineSeries {
  readonly name: string;
  readonly y: ArrayLike<number>;
  /** Position of each value; its index when absent. */
  readonly x?: ArrayLike<number>;
}

/** What a line chart shows. */
export interface LineData extends FigureText {
  readonly series: readonly LineSeries[];
  readonly xName: string;
  readonly yName: string;
  /** Horizontal line across the plot, such as a threshold. */
  readonly level?: { readonly name: string; readonly value: number };
  /** `hold` draws a step per value, for signals that change once per time step. */
  readonly shape?: "straight" | "hold";
}

// Lines are told apart by dash as well as by color.
const dashPatterns: readonly (string | undefined)[] = [undefined, "7 3", "2 3", "9 3 2 3"];

function extent(lists: readonly ArrayLike<number>[]): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  if (least > most) return [0, 1];
  return least === most ? [least - 0.5, most + 0.5] : [least, most];
}

/** Path of one line; a value that is not finite interrupts it. */
function linePath(
  series: LineSeries,
  x: (v: number) => number,
  y: (v: number) => number,
  hold: boolean,
): string {
  let [path, pen] = ["", "M"];
  for (let i = 0; i < series.y.length; i++) {
    const value = series.y[i] ?? Number.NaN;
    const at = series.x === undefined ? i : (series.x[i] ?? Number.NaN);
    if (!Number.isFinite(value) || !Number.isFinite(at)) {
      pen = "M";
      continue;
    }
    path +=
      hold && pen === "L"
        ? `H${coordinate(x(at))}V${coordinate(y(value))}`
        : `${pen}${coordinate(x(at))} ${coordinate(y(value))}`;
    pen = "L";
  }
  return path;
}

/**
 * A line chart of at most four series with a common scale.
 *
 * @throws RangeError when `x` and `y` of a series differ in length
 * @example lineSvg({ title: "Membrane", xName: "step", yName: "v", series: [{ name: "v", y: [0, 0.5, 0.25] }] })
 */
export function lineSvg(data: LineData): Svg {
  const { series, level } = data;
  for (const { name, x, y } of series)
    if (x !== undefined && x.length !== y.length)
      throw new RangeError(`lineSvg: series ${name} has ${x.length} positions for ${y.length} values`);
  const area: PlotArea = {
    left: 76,
    top: series.length > 1 || level !== undefined ? 34 : 14,
    width: 628,
    height: 220,
  };
  const xs = series.map((s) => s.x ?? [0, Math.max(s.y.length - 1, 0)]);
  const x = scaleLinear(extent(xs), [area.left, area.left + area.width]);
  const ys = level === undefined ? series.map((s) => s.y) : [...series.map((s) => s.y), [level.value]];
  const y = scaleLinear(extent(ys), [area.top + area.height, area.top]).nice(5);
  const lines = series.map((s, k) =>
    element(
      "path",
      {
        class: `l${k % 4}`,
        d: linePath(s, x, y, data.shape === "hold"),
        fill: "none",
        "stroke-width": 1.6,
        "stroke-linejoin": "round",
        "stroke-dasharray": dashPatterns[k % 4],
      },
      [titled(s.name)],
    ),
  );
  const levelLine =
    level === undefined
      ? []
      : [
          element("path", {
            class: "ink-line",
            d: `M${area.left} ${coordinate(y(level.value))}h${area.width}`,
            "stroke-dasharray": "1 4",
            "stroke-linecap": "round",
            "stroke-width": 1.4,
          }),
        ];
  const swatch = (look: string, pattern: string | undefined): Svg =>
    element("path", {
      class: look,
      d: "M0 0h13",
      fill: "none",
      "stroke-width": 2,
      "stroke-dasharray": pattern,
    });
  const key = [
    ...series.map((s, k) => ({ name: s.name, swatch: swatch(`l${k % 4}`, dashPatterns[k % 4]) })),
    ...(level === undefined
      ? []
      : [{ name: `${level.name} (${formatNumber(level.value)})`, swatch: swatch("ink-line", "1 4") }]),
  ];
  const described = series.map((s) => {
    const [least, most] = extent([s.y]);
    return `${s.name}: ${s.y.length} values from ${formatNumber(least)} to ${formatNumber(most)}`;
  });
  return figure(
    720,
    area.top + area.height + 44,
    { title: data.title ?? "Line chart", description: data.description ?? `${described.join("; ")}.` },
    [
      ...axisLeft(y, area, data.yName, y.ticks(5), true),
      ...axisBelow(x, area, data.xName, x.ticks(8)),
      ...(key.length > 1 ? legend(area.left, 16, key) : []),
      ...levelLine,
      ...lines,
    ],
  );
}
