/** How often each integer level of a quantised tensor occurs. */
import { scaleLinear } from "d3-scale";
import { axisBelow, axisLeft, formatNumber, integerTicks, type PlotArea } from "./axis.ts";
import { type FigureText, figure } from "./figure.ts";
import { element, type Svg, titled } from "./svg.ts";

/** What a weight histogram shows: `levels` and `levelHistogram` of a quantised tensor. */
export interface WeightHistogramData extends FigureText {
  /** Integers of the scheme, ascending. */
  readonly levels: ArrayLike<number>;
  /** Count per level. */
  readonly counts: ArrayLike<number>;
}

/** Largest distance between a bar and the next: powers of two lie apart, uniform levels touch. */
function smallestGap(levels: readonly number[]): number {
  return Math.min(...levels.slice(1).map((level, index) => level - (levels[index] ?? 0)), Infinity);
}

/**
 * A histogram of integer weights. The zero level is drawn in the lighter color, as it costs no operation.
 *
 * @throws RangeError when `levels` and `counts` differ in length
 * @example weightHistogramSvg({ levels: [-1, 0, 1], counts: [20, 60, 20] })
 */
export function weightHistogramSvg(data: WeightHistogramData): Svg {
  const [levels, counts] = [Array.from(data.levels), Array.from(data.counts)];
  if (levels.length !== counts.length)
    throw new RangeError(`weightHistogramSvg: ${levels.length} levels, ${counts.length} counts`);
  const area: PlotArea = { left: 76, top: 12, width: 628, height: 150 };
  const [first, last] = [levels[0] ?? 0, levels.at(-1) ?? 0];
  const gap = Number.isFinite(smallestGap(levels)) ? smallestGap(levels) : 1;
  const x = scaleLinear([first - gap, last + gap], [area.left, area.left + area.width]);
  const most = Math.max(1, ...counts);
  const y = scaleLinear([0, most], [area.top + area.height, area.top]).nice(4);
  const step = x(gap) - x(0);
  const width = Math.min(28, Math.max(1, step > 3 ? step - 1.5 : step * 0.8));
  const bars = levels.flatMap((level, index) => {
    const count = counts[index] ?? 0;
    if (count === 0) return [];
    return [
      element(
        "rect",
        {
          class: level === 0 ? "s1" : "s0",
          x: x(level) - width / 2,
          y: y(count),
          width,
          height: area.top + area.height - y(count),
        },
        [titled(`${formatNumber(level)}: ${formatNumber(count)}`)],
      ),
    ];
  });
  const ticks = integerTicks(x, levels.length < 20 ? levels.length : 12).filter(
    (t) => t >= first && t <= last,
  );
  const total = counts.reduce((sum, n) => sum + n, 0);
  const zero = counts[levels.indexOf(0)] ?? 0;
  const description = `${formatNumber(total)} weights on ${levels.length} levels from ${formatNumber(first)} to ${formatNumber(last)}; ${formatNumber(zero)} are zero.`;
  return figure(
    720,
    area.top + area.height + 44,
    { title: data.title ?? "Weight histogram", description: data.description ?? description },
    [
      ...axisLeft(y, area, "weights", integerTicks(y, 4), true),
      ...bars,
      ...axisBelow(x, area, "integer weight", ticks),
    ],
  );
}
